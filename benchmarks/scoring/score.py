"""Scores a run by a profile."""

from __future__ import annotations

from typing import overload

from benchmarks.datasets import Dataset
from benchmarks.scoring.one_pass_score import OnePassScore
from benchmarks.scoring.pairing import pair_with_truth
from benchmarks.scoring.profiles import OnePassProfile, ScoringProfile
from benchmarks.scoring.run_score import RunScore
from benchmarks.store import RunResults


@overload
def score_run(
    run: RunResults, dataset: Dataset, profile: OnePassProfile, allow_length_mismatch: bool | None = None
) -> OnePassScore: ...


@overload
def score_run(
    run: RunResults, dataset: Dataset, profile: ScoringProfile, allow_length_mismatch: bool | None = None
) -> RunScore: ...


def score_run(
    run: RunResults, dataset: Dataset, profile: ScoringProfile, allow_length_mismatch: bool | None = None
) -> RunScore:
    """Scores the sequences of a run that are finished and whose ground truth is available.

    Args:
        run: the boxes.
        dataset: the ground truth.
        profile: the scoring profile.
        allow_length_mismatch: if the number of boxes differs from the ground truth, score as the profile's
            toolkit does (truncate or pad) instead of refusing. Default: only for imported results; in our own
            results it means that a file was truncated.

    Raises:
        UserError: nothing can be scored, the run was made on other ground truth, or the profile refuses a
            box.
        SequenceError: a sequence's ground truth is damaged.
    """
    if allow_length_mismatch is None:
        allow_length_mismatch = run.imported
    return profile.score(pair_with_truth(run, dataset, profile, allow_length_mismatch))
