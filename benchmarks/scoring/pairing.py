"""Results beside the ground truth that they belong to, or a sentence on why they do not belong together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Dataset, Sequence
from benchmarks.protocols.protocol import Trajectory
from benchmarks.scoring.profiles import ScoringProfile
from benchmarks.store import RunResults, truth_digest
from trackers.errors import UserError
from trackers.registry import did_you_mean


@dataclass(frozen=True, eq=False)
class PairedResults:
    """A run and its ground truth, on the sequences that have both.

    Attributes:
        run: the whole run.
        of: how many sequences the data set has.
        sequences: the S sequences, in the data set's order.
        trajectories: for each of them, its repetitions or segments.
        attributes: bool, shape (S,): which have each attribute, in the data set's order of attributes.
    """

    run: RunResults
    of: int
    sequences: list[Sequence]
    trajectories: list[list[Trajectory]]
    attributes: dict[str, NDArray[np.bool_]]


def restrict_to_dataset(run: RunResults, dataset: Dataset) -> RunResults:
    """A run as one on `dataset`: without what it holds of a larger data set, or of other parts.

    Args:
        run: on the data set, on a part of it, or on one that holds the same sequences.
        dataset: what is to be scored.
    """
    known = set(dataset.all_names)
    other = run.dataset != dataset.name

    def kept(name: str) -> bool:
        return name in known or not (other or dataset.in_other_part(name))

    remark = (f"it is scored from its run on {run.dataset}",) if other else ()
    return replace(
        run,
        dataset=dataset.name,
        trajectories={name: held for name, held in run.trajectories.items() if kept(name)},
        failed={name: why for name, why in run.failed.items() if kept(name)},
        notes=(*run.notes, *remark),
    )


def pair_with_truth(
    run: RunResults, dataset: Dataset, rules: ScoringProfile, allow_length_mismatch: bool
) -> PairedResults:
    """Finds what of a run can be scored.

    Args:
        run: the boxes.
        dataset: the ground truth.
        rules: what the run is to be scored by.
        allow_length_mismatch: whether a trajectory may be shorter or longer than its ground truth.

    Raises:
        UserError: the rules are for other protocols, nothing can be scored, or the ground truth is not what
            the run was made on.
        SequenceError: a sequence's ground truth is damaged.
    """
    names = _scorable(run, dataset, rules)
    unknown = set(sequences_without_truth(run, dataset, names))
    if len(unknown) == len(names):
        own = ", with --zero-based or --one-based," if dataset.name.startswith("folder") else ""
        raise UserError(
            f"'{run.tracker}' cannot be scored on {dataset.title}: of each sequence the first box alone "
            "is known, as in test sets whose server scores; `python -m benchmarks export --to "
            f"got10k --tracker {run.tracker} --dataset {dataset.name} OUT`"
            f"{own} writes what is sent there"
        )
    sequences = [dataset[name] for name in names if name not in unknown]
    for sequence in sequences:
        check_ground_truth(run, dataset, sequence, allow_length_mismatch)
    return PairedResults(
        run=run,
        of=dataset.total,
        sequences=sequences,
        trajectories=[run.trajectories[sequence.name] for sequence in sequences],
        attributes={
            name: np.array([name in sequence.attributes for sequence in sequences])
            for name in dataset.attributes
        },
    )


def sequences_without_truth(run: RunResults, dataset: Dataset, names: Iterable[str]) -> list[str]:
    """Those of a run's sequences `names` that cannot be scored: the first box alone is known."""
    return [
        name
        for name in names
        if (sequence := dataset[name]).first_box_only
        # Where the frames are not at hand nothing tells how many rows there should be, apart from the run.
        or (len(sequence.truth) == 1 and all(len(one.boxes) > 1 for one in run.trajectories[name]))
    ]


def _scorable(run: RunResults, dataset: Dataset, rules: ScoringProfile) -> list[str]:
    """The sequences that are both in the run and in the ground truth; refuses where there is none."""
    if run.protocol not in rules.protocols:
        raise UserError(
            f"profile '{rules.name}' scores results of {', '.join(rules.protocols)}, not of "
            f"{run.protocol}; name another --profile or --protocol"
        )
    known = set(dataset.all_names)
    for name in run.trajectories:
        if name not in known:
            raise UserError(
                f"results of '{run.tracker}' hold sequence '{name}', which {dataset.title} does not have"
                f"{did_you_mean(name, list(dataset.all_names))}; remove it or name another --dataset"
            )
    names = [name for name in dataset.names() if name in run.trajectories]
    if not run.trajectories and run.failed:
        [(first, why), *others] = run.failed.items()
        raise UserError(
            f"no sequence of '{run.tracker}' can be scored: {first}: {why}"
            + (f"; and {len(others)} more" if others else "")
        )
    if not names:
        raise UserError(
            f"nothing of '{run.tracker}' on {dataset.title} can be scored: {len(run.trajectories)} sequences "
            f"are finished, ground truth is there for {len(dataset.names())}, none is both; see --data-root"
        )
    return names


def check_ground_truth(
    run: RunResults, dataset: Dataset, sequence: Sequence, allow_length_mismatch: bool
) -> None:
    """Refuses boxes that do not belong to a sequence's ground truth.

    Raises:
        UserError: they differ in number (unless `allow_length_mismatch`), or the ground truth is not what the run was made on.
    """
    for trajectory in run.trajectories[sequence.name]:
        boxes, rows = len(trajectory.boxes), len(sequence.truth) - trajectory.start
        if boxes != rows and not allow_length_mismatch:
            raise UserError(
                f"sequence '{sequence.name}' of {dataset.title} has {rows} rows of ground truth where "
                f"'{run.tracker}' has {boxes} boxes; restore the ground-truth file or run it again"
            )
    recorded = run.truth.get(sequence.name)
    if recorded and recorded != truth_digest(sequence.truth):
        raise UserError(
            f"'{run.tracker}' was run on other ground truth of sequence '{sequence.name}' than "
            f"{dataset.title} has now; restore the file or run the sequence again"
        )
