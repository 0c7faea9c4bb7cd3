"""A run's folder: `results/<dataset>/<tracker>/<protocol>/`, with its manifest and two files per sequence."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.boxfiles import format_rows, parse_rows
from benchmarks.protocols.protocol import Trajectory
from benchmarks.store.atomic import write_atomic
from benchmarks.store.manifest import Manifest, SequenceRecord, read_manifest
from trackers.errors import UserError

MANIFEST = "run.json"


def digest(content: bytes) -> str:
    """Sha256 in hex."""
    return hashlib.sha256(content).hexdigest()


def file_digest(path: Path) -> str:
    """Sha256 of a file's content.

    Raises:
        UserError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def truth_digest(truth: NDArray[np.float64]) -> str:
    """Sha256 of ground truth as little-endian float64: the same whatever the file's separators."""
    return digest(np.ascontiguousarray(truth, dtype="<f8").tobytes())


class RunFolder:
    """Where one run's results lie.

    Args:
        results: the folder of all results.
        dataset, tracker, protocol: what was run; each names a folder.

    Raises:
        UserError: a name that cannot be a folder's.
    """

    def __init__(self, results: Path, dataset: str, tracker: str, protocol: str) -> None:
        for name in (dataset, tracker, protocol):
            if not re.fullmatch(r"[\w+-][\w.+-]*", name):
                raise UserError(
                    f"'{name}' cannot name a results folder: use letters, digits, '.', '_', '+' and '-'"
                )
        self.dataset, self.tracker, self.protocol = dataset, tracker, protocol
        self.path = results / dataset / tracker / protocol

    @property
    def manifest_path(self) -> Path:
        """Path of `run.json`."""
        return self.path / MANIFEST

    def read_manifest(self) -> Manifest | None:
        """The manifest, or None where nothing was run yet."""
        return read_manifest(self.manifest_path) if self.manifest_path.exists() else None

    def write(self, sequence: str, trajectory: Trajectory) -> tuple[str, str]:
        """Writes a sequence's two files and returns their digests (boxes, times)."""
        boxes = format_rows(trajectory.boxes).encode()
        times = format_rows(trajectory.seconds[:, None]).encode()
        write_atomic(self._boxes(sequence), boxes)
        write_atomic(self._times(sequence), times)
        return digest(boxes), digest(times)

    def read(self, sequence: str, record: SequenceRecord) -> Trajectory | None:
        """Reads back what `write` wrote, or None where a file is not the one that `record` speaks of."""
        try:
            boxes, times = self._boxes(sequence).read_bytes(), self._times(sequence).read_bytes()
        except OSError:
            return None
        if (digest(boxes), digest(times)) != (record.boxes, record.times):
            return None
        return Trajectory(
            parse_rows(boxes.decode(), 4, str(self._boxes(sequence))),
            parse_rows(times.decode(), 1, str(self._times(sequence)))[:, 0],
        )

    def holds(self, sequence: str, record: SequenceRecord) -> bool:
        """Whether a sequence is done: its files are there and are the ones that `record` speaks of."""
        return record.status == "ok" and self.read(sequence, record) is not None

    def discard(self) -> None:
        """Removes the run's files; the manifest goes first, so that nothing half-removed counts as done."""
        self.manifest_path.unlink(missing_ok=True)
        for path in self.path.glob("*.txt"):
            path.unlink()

    def _boxes(self, sequence: str) -> Path:
        return self.path / f"{sequence}.txt"

    def _times(self, sequence: str) -> Path:
        return self.path / f"{sequence}.time.txt"
