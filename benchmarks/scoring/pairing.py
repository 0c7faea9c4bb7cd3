"""Pairs the results of a run with the ground truth, and refuses those that do not belong together."""

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
from trackers.wording import agree, counted

NO_RESULTS = Trajectory(np.empty((0, 4)), np.empty(0))
"""What a sequence without results is scored from, by profiles that count such sequences."""


@dataclass(frozen=True, eq=False)
class PairedResults:
    """A run and its ground truth, on the sequences that have both.

    Attributes:
        run: the complete run.
        dataset: the ground truth.
        sequences: the S sequences, in the data set's order.
        trajectories: the repetitions or segments of each sequence; `NO_RESULTS` of one without results.
        attributes: bool, shape (S,): the sequences that have each attribute, in the data set's order.
    """

    run: RunResults
    dataset: Dataset
    sequences: list[Sequence]
    trajectories: list[list[Trajectory]]
    attributes: dict[str, NDArray[np.bool_]]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the sequences."""
        return tuple(sequence.name for sequence in self.sequences)

    @property
    def are_repetitions(self) -> bool:
        """Whether every sequence was run equally often, more than once, by a protocol that runs it once."""
        counts = self.repetition_counts
        return len(counts) == 1 and counts != {1}

    @property
    def repetition_counts(self) -> frozenset[int]:
        """The numbers of repetitions that sequences have; {1} for protocols that make several runs each."""
        if self.run.protocol in ("tre", "sre", "multistart"):
            return frozenset([1])
        return frozenset(map(len, self.trajectories))


def restrict_to_dataset(run: RunResults, dataset: Dataset) -> RunResults:
    """Returns a run without its sequences of a larger data set or of other splits, as a run on `dataset`.

    Args:
        run: on the data set, on a part of it, or on another that has the same sequences.
        dataset: the data set to score.
    """
    known = set(dataset.all_names)
    other = run.dataset != dataset.name

    def kept(name: str) -> bool:
        return name in known or not (other or dataset.belongs_to_other_split(name))

    note = (f"it is scored from its run on {run.dataset}",) if other else ()
    return replace(
        run,
        dataset=dataset.name,
        trajectories={name: runs for name, runs in run.trajectories.items() if kept(name)},
        failed={name: why for name, why in run.failed.items() if kept(name)},
        notes=(*run.notes, *note),
    )


def pair_with_truth(
    run: RunResults, dataset: Dataset, profile: ScoringProfile, allow_length_mismatch: bool
) -> PairedResults:
    """Pairs the sequences of a run that can be scored with their ground truth.

    Args:
        run: the boxes.
        dataset: the ground truth.
        profile: the profile to score by.
        allow_length_mismatch: whether a trajectory may be shorter or longer than its ground truth.

    Raises:
        UserError: the profile is for other protocols, nothing can be scored, or the run was made on other
            ground truth.
        SequenceError: a sequence's ground truth is damaged.
    """
    names = _scorable(run, dataset, profile)
    unknown = set(sequences_without_truth(run, dataset, names))
    if len(unknown) == len(names):
        raise UserError(_explain_missing_truth(run, dataset))
    sequences = [dataset[name] for name in names if name not in unknown]
    for sequence in sequences:
        if sequence.name in run.trajectories:
            check_ground_truth(run, dataset, sequence, allow_length_mismatch)
    return PairedResults(
        run=run,
        dataset=dataset,
        sequences=sequences,
        trajectories=[run.trajectories.get(sequence.name, [NO_RESULTS]) for sequence in sequences],
        attributes={
            name: np.array([name in sequence.attributes for sequence in sequences])
            for name in dataset.attributes
        },
    )


def _explain_missing_truth(run: RunResults, dataset: Dataset) -> str:
    """Explains in a sentence why a run on first boxes cannot be scored, and how to submit it."""
    if dataset.server:
        return (
            f"'{run.tracker}' cannot be scored on {dataset.title}: its ground truth is on the server "
            f"{dataset.server}; `sotbench export --to {dataset.server_format} --tracker {run.tracker} "
            f"--dataset {dataset.name} {run.tracker}.zip` writes the zip file to submit there"
        )
    own = ", with --zero-based or --one-based," if dataset.name.startswith("folder") else ""
    return (
        f"'{run.tracker}' cannot be scored on {dataset.title}: only the first box of each sequence is "
        "known, as in test sets that a server scores; `sotbench export --to "
        f"got10k --tracker {run.tracker} --dataset {dataset.name} OUT`"
        f"{own} writes the files to submit"
    )


def sequences_without_truth(run: RunResults, dataset: Dataset, names: Iterable[str]) -> list[str]:
    """Returns those of a run's sequences `names` of which only the first box is known."""
    return [
        name
        for name in names
        if (sequence := dataset[name]).first_box_only
        # Without the frames, only the run shows how many rows of ground truth there should be.
        or (
            len(sequence.truth) == 1
            and all(len(trajectory.boxes) > 1 for trajectory in run.trajectories.get(name, []))
        )
    ]


def _scorable(run: RunResults, dataset: Dataset, profile: ScoringProfile) -> list[str]:
    """Returns the sequences that have both results and ground truth; raises UserError if there is none.

    Those with ground truth alone are among them if the profile counts them.
    """
    if run.protocol not in profile.protocols:
        raise UserError(
            f"profile '{profile.name}' scores results of {', '.join(profile.protocols)}, not of "
            f"{run.protocol}; name another --profile or --protocol"
        )
    known = set(dataset.all_names)
    for name in run.trajectories:
        if name not in known:
            raise UserError(
                f"the results of '{run.tracker}' have a sequence '{name}', which is not in {dataset.title}"
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
        finished, known_truth = len(run.trajectories), len(dataset.names())
        raise UserError(
            f"no sequence of '{run.tracker}' on {dataset.title} can be scored: {finished} "
            f"{agree(finished, 'is', 'are')} finished, {known_truth} {agree(known_truth, 'has', 'have')} "
            "ground truth, none has both; see --data-root"
            + (f" and --split {' or '.join(dataset.splits)}" if dataset.splits else "")
        )
    return list(dataset.names()) if profile.counts_missing_sequences else names


def check_ground_truth(
    run: RunResults, dataset: Dataset, sequence: Sequence, allow_length_mismatch: bool
) -> None:
    """Checks that a run's boxes belong to a sequence's ground truth.

    Raises:
        UserError: they differ in number (unless `allow_length_mismatch`), or the run was made on other ground
            truth.
    """
    for trajectory in run.trajectories[sequence.name]:
        boxes, rows = len(trajectory.boxes), trajectory.expected_rows(len(sequence.truth))
        if boxes != rows and not allow_length_mismatch:
            raise UserError(
                f"sequence '{sequence.name}' of {dataset.title} has {counted(rows, 'row')} of ground "
                f"truth, but '{run.tracker}' has {counted(boxes, 'box')}; restore the ground-truth file or "
                "run it again"
            )
    recorded = run.truth.get(sequence.name)
    if recorded and recorded != truth_digest(sequence.truth):
        raise UserError(
            f"'{run.tracker}' was run on different ground truth of sequence '{sequence.name}' than "
            f"{dataset.title} has now; restore the file or run the sequence again"
        )
