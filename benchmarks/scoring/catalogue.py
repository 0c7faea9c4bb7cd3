"""Profiles by name, and which of them results are scored by."""

from __future__ import annotations

from benchmarks.scoring.profiles import GOT10K, LASOT, OTB, PYSOT, PYTRACKING, TC128, ScoringProfile
from benchmarks.scoring.vot_profiles import VOT2017, VOT_TOOLKIT
from trackers.errors import UserError
from trackers.registry import Entry, Registry

ALL = "all"
"""What stands for every profile that applies."""

PROFILES = Registry(
    "scoring profile",
    {
        profile.name: Entry(f"benchmarks.scoring.profiles:{profile.name.upper()}", profile.title)
        for profile in (OTB, TC128, LASOT, GOT10K, PYSOT, PYTRACKING)
    }
    | {
        rules.name: Entry(
            f"benchmarks.scoring.vot_profiles:{rules.name.upper().replace('-', '_')}", rules.title
        )
        for rules in (VOT2017, VOT_TOOLKIT)
    },
    group="sotbench.profiles",
    hint="see `sotbench list profiles`",
)


def choose_profiles(name: str | None, dataset: str, protocol: str) -> list[ScoringProfile]:
    """The profiles that a user asks for.

    Args:
        name: a profile's name; `"all"` for all that apply; None for the data set's own.
        dataset: whose results are scored.
        protocol: how they were made.

    Returns:
        At least one; the data set's own comes first.

    Raises:
        UserError: there is no such profile, or none applies.
    """
    if name is not None and name != ALL:
        return [PROFILES.load(name)]
    applying = [profile for profile in map(PROFILES.load, PROFILES) if profile.applies(dataset, protocol)]
    if not applying:
        raise UserError(
            f"no profile scores results of protocol '{protocol}' on {dataset}; {PROFILES.hint} and name "
            "another --protocol"
        )
    applying.sort(key=lambda profile: dataset not in profile.standard_for)
    return applying if name == ALL else applying[:1]


def choose_profile(name: str | None, dataset: str, protocol: str) -> ScoringProfile:
    """The one profile that a user asks for, where only one can be used.

    Raises:
        UserError: as `choose_profiles`, or all are asked for.
    """
    if name == ALL:
        raise UserError("--profile all is for `score` alone; name one profile")
    return choose_profiles(name, dataset, protocol)[0]
