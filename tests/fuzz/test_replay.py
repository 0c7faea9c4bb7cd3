"""Every input that is kept, without the fuzzer."""

from __future__ import annotations

import pytest

from tests.fuzz.registry import TARGETS
from tests.fuzz.target import HERE, Target

LARGEST = 300_000
"""Bytes of all files of inputs together."""


@pytest.fixture(params=list(TARGETS))
def target(request: pytest.FixtureRequest) -> Target:
    return TARGETS.load(request.param)


def test_every_kept_input_gives_a_value_or_the_documented_error(target: Target) -> None:
    inputs = target.inputs()
    assert inputs
    for data in inputs:
        try:
            target.run(data)
        except Exception as error:
            raise AssertionError(f"{target.name} on {data!r}") from error


def test_some_seed_is_accepted(target: Target) -> None:
    """A target whose parser refuses everything would test nothing but its refusals."""
    accepted = 0
    for data in target.seeds():
        try:
            target.check(data)
        except target.errors:
            continue
        accepted += 1
    # A whole network is too large for a seed; refusals that name it are the furthest that these come.
    assert accepted or target.name in ("pth", "safetensors")


def test_the_inputs_stay_small() -> None:
    files = [*HERE.glob("corpus/*.txt"), *HERE.glob("crashes/*.txt")]
    assert sum(path.stat().st_size for path in files) <= LARGEST
    assert {path.stem for path in files} <= set(TARGETS)
