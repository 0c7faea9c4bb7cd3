"""Profiles by name, and the choice of profiles for results."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from benchmarks.scoring.profiles import (
    GOT10K,
    LASOT,
    OTB,
    PYSOT,
    PYTRACKING,
    TC128,
    TRACKINGNET,
    UAV,
    ScoringProfile,
)
from benchmarks.scoring.vot_profiles import VOT2017, VOT2019, VOT2019_STRICT, VOT2020, VOT_LT, VOT_TOOLKIT
from trackers.errors import UserError
from trackers.registry import Entry, Registry

ALL = "all"
"""The name for every profile that applies."""

PROFILES = Registry(
    "scoring profile",
    {
        profile.name: Entry(f"benchmarks.scoring.profiles:{profile.name.upper()}", profile.title)
        for profile in (OTB, UAV, TC128, LASOT, TRACKINGNET, GOT10K, PYSOT, PYTRACKING)
    }
    | {
        profile.name: Entry(
            f"benchmarks.scoring.vot_profiles:{profile.name.upper().replace('-', '_')}", profile.title
        )
        for profile in (VOT2017, VOT_TOOLKIT, VOT2019, VOT2019_STRICT, VOT2020, VOT_LT)
    },
    group="sotbench.profiles",
    hint="see `sotbench list profiles`",
)


def choose_profiles(name: str | None, dataset: str, protocol: str) -> list[ScoringProfile]:
    """Returns the profiles to score results by.

    Args:
        name: a profile's name; `"all"` for all that apply; None for the data set's default.
        dataset: the name of the data set.
        protocol: the name of the protocol.

    Returns:
        At least one profile; the data set's default comes first.

    Raises:
        UserError: there is no such profile, or none applies.
    """
    if name is not None and name != ALL:
        return [PROFILES.load(name).on(dataset)]
    applicable = [profile.on(dataset) for profile in _loadable() if profile.applies(dataset, protocol)]
    if not applicable:
        raise UserError(
            f"no profile scores results of protocol '{protocol}' on {dataset}; {PROFILES.hint} and name "
            "another --protocol"
        )
    applicable.sort(key=lambda profile: dataset not in profile.standard_for)
    return applicable if name == ALL else applicable[:1]


def _loadable() -> Iterator[ScoringProfile]:
    """Yields all profiles; warns of plug-ins that cannot be imported, which must not stop the others."""
    for name in PROFILES:
        try:
            yield PROFILES.load(name)
        except UserError as error:
            if name in PROFILES.entries:
                raise
            warnings.warn(str(error), stacklevel=2)


def choose_profile(name: str | None, dataset: str, protocol: str) -> ScoringProfile:
    """Returns the profile to score results by, for commands that use a single one.

    Raises:
        UserError: as for `choose_profiles`, or `name` is `"all"`.
    """
    if name == ALL:
        raise UserError("only `score` takes --profile all; name one profile")
    return choose_profiles(name, dataset, protocol)[0]
