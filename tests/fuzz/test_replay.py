"""Replays all stored inputs without the fuzzer."""

from __future__ import annotations

import pytest

from tests.fuzz.registry import TARGETS
from tests.fuzz.target import HERE, Target

MAX_BYTES = 300_000
"""Size limit of all files of inputs together."""


@pytest.fixture(params=list(TARGETS))
def target(request: pytest.FixtureRequest) -> Target:
    return TARGETS.load(request.param)


def test_kept_inputs_give_values_or_documented_errors(target: Target) -> None:
    inputs = target.inputs()
    assert inputs
    for data in inputs:
        try:
            target.run(data)
        except Exception as error:
            raise AssertionError(f"{target.name} on {data!r}") from error


def test_every_target_accepts_some_seed(target: Target) -> None:
    """A target whose parser refuses everything would test only refusals."""
    accepted = 0
    for data in target.seeds():
        try:
            target.check(data)
        except target.errors:
            continue
        accepted += 1
    # A complete network is too large for a seed, so these parsers refuse all seeds.
    assert accepted or target.name in ("pth", "safetensors")


def test_corpus_stays_small() -> None:
    files = [*HERE.glob("corpus/*.txt"), *HERE.glob("crashes/*.txt")]
    assert sum(path.stat().st_size for path in files) <= MAX_BYTES
    assert {path.stem for path in files} <= set(TARGETS)
