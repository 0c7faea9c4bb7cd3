"""Runs a tracker again as a manifest says, on the same data with the same weights, and compares."""

from __future__ import annotations

import inspect
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.datasets import Dataset, SequenceError
from benchmarks.datasets.sequence_names import select_sequences
from benchmarks.datasets.subset import expand_name_files
from benchmarks.protocols import Trajectory
from benchmarks.reproduction.comparison import SequenceComparison, compare_trajectories
from benchmarks.reproduction.record import ReproducedSequence, ReproductionRecord
from benchmarks.running import RunSettings, run
from benchmarks.running.tasks import plan_task
from benchmarks.store import Identity, Manifest, RunFolder, file_digest
from benchmarks.store.run_notes import environment_values
from benchmarks.wording import first_names
from trackers.catalog import TRACKERS, TrackerSpec
from trackers.errors import UserError

_DIGEST_SHOWN = 12
"""Characters of a digest or a commit that messages show."""


@dataclass(frozen=True)
class Reproduction:
    """The outcome of running again what a manifest describes.

    Attributes:
        dataset, tracker, protocol: their names.
        sequences: the comparison of each sequence.
        changes: what of tracker and environment has changed: by name, the run's value and the new one.
        boxes: by sequence, sha256 of the run's files of boxes.
        of: number of the run's sequences that have boxes.
        path: the folder of the new run; None if it was temporary.
    """

    dataset: str
    tracker: str
    protocol: str
    sequences: dict[str, SequenceComparison]
    changes: dict[str, tuple[str, str]]
    boxes: dict[str, tuple[str, ...]]
    of: int
    path: Path | None = None

    @property
    def same(self) -> bool:
        """Whether all boxes are the same bytes."""
        return all(comparison.same for comparison in self.sequences.values())

    def __repr__(self) -> str:
        same = sum(comparison.same for comparison in self.sequences.values())
        return f"<Reproduction of {self.tracker} on {self.dataset}: {same} of {len(self.sequences)} the same>"

    def record(self, by: str = "") -> ReproductionRecord:
        """Returns the record to keep beside the run; `by` says who has reproduced it."""
        sequences = {
            name: ReproducedSequence(
                self.boxes[name], one.same, one.max_difference, one.mean_iou, one.problem
            )
            for name, one in self.sequences.items()
        }
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return ReproductionRecord(now, by, self.of, sequences, self.changes)


def read_identity(folder: RunFolder) -> tuple[Manifest, Identity]:
    """Returns a run's manifest, and how its boxes were made.

    Raises:
        UserError: there is no such run, it cannot be read, or another tool made its boxes.
    """
    manifest = folder.read_manifest()
    if manifest is None:
        raise UserError(f"there is no run of '{folder.tracker}' in {folder.path}")
    if manifest.identity is None:
        raise UserError(
            f"{folder.path} holds imported results, which cannot be reproduced: nothing records how the "
            "other tool made them"
        )
    return manifest, manifest.identity


def recorded_tracker(identity: Identity, named: str | None = None) -> str:
    """Returns the tracker to run: the one that `named` says, or that of the manifest if it is registered.

    A manifest may come from a stranger, so it alone never makes this machine start a program or import a
    file.

    Raises:
        UserError: the manifest's tracker is a program, a file or a module, and the user has not named it.
    """
    if named is not None:
        return named
    if identity.tracker in tuple(TRACKERS) or ":" not in identity.tracker:
        return identity.tracker  # if it is unknown, building it says so
    raise UserError(
        f"the run's tracker is '{identity.tracker}', which is started only when you name it: give --tracker "
        "with this text, or with the place where the tracker is now"
    )


def recorded_device(identity: Identity, tracker: str) -> str:
    """Returns the device of a run, as `TrackerSpec` takes it for this tracker."""
    if TrackerSpec(tracker).program:
        return "auto"
    if identity.device == "cpu":
        return "cpu"
    takes_device = "device" in inspect.signature(TrackerSpec(tracker).factory()).parameters
    return identity.device if takes_device else "auto"


def reproduction_settings(
    folder: RunFolder, spec: TrackerSpec, results: Path, *, batch: int = 1, workers: int = 1
) -> RunSettings:
    """Returns the settings that make a run again.

    Args:
        folder: the run.
        spec: its tracker.
        results: the folder of results to write into.
        batch: number of sequences at once.
        workers: number of processes.

    Raises:
        UserError: the run cannot be reproduced.
    """
    _, identity = read_identity(folder)
    return RunSettings(
        spec=spec,
        name=folder.tracker,
        results=results,
        protocol=identity.protocol,
        seed=identity.seed,
        repeat=identity.repeat,
        batch=batch,
        decoder=identity.decoder,
        workers=workers,
    )


def reproduce(
    folder: RunFolder,
    spec: TrackerSpec,
    dataset: Dataset,
    *,
    sequences: Sequence[str] | None = None,
    out: Path | None = None,
    batch: int = 1,
    workers: int = 1,
) -> Reproduction:
    """Runs again what a manifest describes, and compares the boxes with the stored ones.

    The run's folder is only read. Weights and data must be those of the run; code, versions and machine may
    be others, and the outcome says which.

    Args:
        folder: the run.
        spec: its tracker: see `recorded_tracker`.
        dataset: the data set of the run.
        sequences: names, or `@FILE`; None for all that the run has finished.
        out: a folder of results to keep the new run in, which must not have such a run; None for a temporary
            one.
        batch: number of sequences at once.
        workers: number of processes.

    Raises:
        UserError: the run is of another tool, or its files are damaged; or weights or data are missing or
            others.
    """
    manifest, identity = read_identity(folder)
    names = _names(folder, manifest, sequences)
    stored = _stored(folder, manifest, names)
    _check_weights(identity, spec)
    _check_data(dataset, manifest, names)
    with ExitStack() as stack:
        if out is None:
            results = Path(tempfile.mkdtemp(prefix="sotbench-reproduce-"))
            stack.callback(shutil.rmtree, results, ignore_errors=True)
        else:
            results = out
        settings = reproduction_settings(folder, spec, results, batch=batch, workers=workers)
        target = settings.folder(dataset.name)
        if target.manifest_path.exists():
            raise UserError(f"{target.path} holds a run already; give another folder")
        run(settings, dataset, names)
        made = target.read_manifest()
        assert made is not None, "the run has just written it"
        compared = {}
        for name in names:
            record = made.sequences[name]
            found = target.read(name, record, with_times=False) if record.status == "ok" else None
            if found is None:
                problem = record.message or "its new files are missing"
                compared[name] = SequenceComparison(same=False, problem=f"{record.status} now: {problem}")
                continue
            same = _boxes(made, name) == _boxes(manifest, name)
            compared[name] = compare_trajectories(stored[name], found, same=same)
    return Reproduction(
        dataset=manifest.dataset,
        tracker=folder.tracker,
        protocol=folder.protocol,
        sequences=compared,
        changes=_changes(manifest, made, names),
        boxes={name: _boxes(manifest, name) for name in names},
        of=len(_finished(manifest)),
        path=target.path if out is not None else None,
    )


def _boxes(manifest: Manifest, name: str) -> tuple[str, ...]:
    """Returns the digests of a sequence's files of boxes."""
    return tuple(files.boxes for files in manifest.sequences[name].runs)


def _finished(manifest: Manifest) -> list[str]:
    return [name for name, record in manifest.sequences.items() if record.status == "ok"]


def _names(folder: RunFolder, manifest: Manifest, requested: Sequence[str] | None) -> list[str]:
    """Returns the sequences to run again."""
    finished = _finished(manifest)
    if not finished:
        raise UserError(f"{folder.path} has no boxes to compare with: none of its sequences is ok")
    if requested is None:
        return finished
    try:
        names = select_sequences(expand_name_files(list(requested)), manifest.sequences, manifest.dataset)
    except UserError as error:
        raise UserError(f"{error} (the run has {first_names(list(manifest.sequences))})") from None
    if unfinished := [name for name in names if name not in finished]:
        record = manifest.sequences[unfinished[0]]
        raise UserError(f"{unfinished[0]} has no boxes to compare with: {record.status}: {record.message}")
    return names


def _stored(folder: RunFolder, manifest: Manifest, names: list[str]) -> dict[str, list[Trajectory]]:
    """Reads the run's own boxes."""
    stored = {name: folder.read(name, manifest.sequences[name], with_times=False) for name in names}
    if lost := [name for name, found in stored.items() if found is None]:
        raise UserError(
            f"files of {first_names(lost)} in {folder.path} are missing or were changed since the run"
        )
    return {name: found for name, found in stored.items() if found is not None}


def _check_weights(identity: Identity, spec: TrackerSpec) -> None:
    """Checks that the weights are those of the run. A program's weights are part of its command."""
    if spec.program:
        return
    path = spec.weights_file()
    if path is None:
        if identity.weights is not None:
            raise UserError(
                f"the run was made with weights (sha256 {identity.weights[:_DIGEST_SHOWN]}...), and tracker "
                f"'{spec.tracker}' has none here; give their file with --weights"
            )
        return
    found = file_digest(path)
    if identity.weights is None:
        raise UserError(f"the run was made without weights, and tracker '{spec.tracker}' has {path} here")
    if found != identity.weights:
        raise UserError(
            f"{path} has other weights (sha256 {found[:_DIGEST_SHOWN]}...) than the run was made with "
            f"({identity.weights[:_DIGEST_SHOWN]}...); give their file with --weights"
        )


def _check_data(dataset: Dataset, manifest: Manifest, names: list[str]) -> None:
    """Checks that ground truth and frames are those of the run."""
    problems = []
    for name in names:
        record = manifest.sequences[name]
        if name not in dataset.all_names:
            problems.append(f"{name} (not in {dataset.title}; see --split)")
            continue
        try:
            found = plan_task(dataset, name).record
        except SequenceError as error:
            problems.append(f"{name} ({error})")
            continue
        if found.truth != record.truth:
            problems.append(f"{name} (its ground truth differs)")
        elif found.images != record.images:
            problems.append(f"{name} (its frames differ)")
    if problems:
        others = "leave them out with --sequences" if len(problems) < len(names) else "see --data-root"
        raise UserError(f"the data of the run are not at hand: {first_names(problems, 3)}; {others}")


def _changes(old: Manifest, new: Manifest, names: list[str]) -> dict[str, tuple[str, str]]:
    """Returns what differs between two runs, except for the boxes: by name, the values of both."""
    changes: dict[str, tuple[str, str]] = {}
    if old.identity and new.identity:
        for name in new.identity.differences(old.identity):
            changes[name] = _shown(getattr(old.identity, name)), _shown(getattr(new.identity, name))
    used = [
        [
            manifest.environments[number]
            for number in sorted({manifest.sequences[name].environment for name in names})
            if 0 <= number < len(manifest.environments)
        ]
        for manifest in (old, new)
    ]
    entries = dict.fromkeys(environment_values(used[0] + used[1]))
    values = [environment_values(environments) for environments in used]
    for name in entries:
        before, after = (sorted(found.get(name, ["none"])) for found in values)
        if before != after:
            shown = ("; ".join(map(_shown, found)) for found in (before, after))
            changes[name.removeprefix("packages ")] = next(shown), next(shown)
    return changes


def _shown(value: object) -> str:
    """Returns a value as text; digests and commits in short."""
    text = "none" if value is None else str(value)
    digest, plus, changed = text.partition("+")
    if len(digest) >= 40 and all(character in "0123456789abcdef" for character in digest):
        return digest[:_DIGEST_SHOWN] + plus + changed
    return text
