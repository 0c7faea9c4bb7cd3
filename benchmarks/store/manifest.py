"""`run.json`: how a run was made, and the outcome of each sequence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.store.validation import decode_versioned, report_invalid
from trackers.atomic import write_atomic

SCHEMA = 1
"""Raised when an older reader would misunderstand the file, as it would a new key of `identity`: readers
ignore keys that they do not know."""

Status = Literal["ok", "failed", "timeout", "invalid"]


@dataclass(frozen=True)
class Identity:
    """Everything that determines a run's boxes. Results of two identities never share a folder.

    Attributes:
        tracker: the name, `package.module:Class` or `path/file.py:Class` given to `--tracker`.
        settings: constructor arguments that were given.
        weights: sha256 of the weights file, or None.
        code: sha256 of the source file that defines the tracker, or None where there is none.
        protocol: the protocol's name.
        device: `"cpu"` or `"cuda"`; which of several equal GPUs does not matter.
        seed: each sequence's seed is derived from it.
        repeat: how often each run is made.
        decoder: the decoder of the frames; the pixels of two decoders differ slightly. Pillow was the only
            one when manifests did not record it.
    """

    tracker: str
    settings: Mapping[str, Any]
    weights: str | None
    code: str | None
    protocol: str
    device: str
    seed: int
    repeat: int
    decoder: str = "pillow"

    def differences(self, other: Identity) -> list[str]:
        """Returns the names of the attributes in which two identities differ."""
        mine, others = asdict(self), asdict(other)
        return [name for name in mine if mine[name] != others[name]]


@dataclass(frozen=True)
class RunFiles:
    """The files of one run over a sequence.

    Attributes:
        boxes, times: their sha256.
        start: the frame (0-based) of their first line.
        backward: whether their lines go back from `start` to the first frame.
        confidences: sha256 of the file of the tracker's confidences; empty if there is none.
    """

    boxes: str
    times: str
    start: int = 0
    backward: bool = False
    confidences: str = ""


@dataclass(frozen=True)
class SequenceRecord:
    """The outcome of one sequence.

    Attributes:
        status: `ok`; `failed`: the tracker raised an error or a frame could not be read; `timeout`: the
            tracker exceeded the time limit; `invalid`: it returned something that is not a box.
        message: one sentence that says why the status is not `ok`.
        traceback: where the tracker raised its error.
        frames: number of frames of the sequence (0: unknown).
        truth: sha256 of the ground truth, as float64 numbers.
        images: fingerprint of the frames.
        runs: for `ok`, the files of each repetition or segment.
        environment: index into the manifest's environments.
        transport: median seconds per frame spent on passing frame and prediction to and from a tracker in
            another process or format; not part of the tracker's times.
    """

    status: Status
    message: str = ""
    traceback: str = ""
    frames: int = 0
    truth: str = ""
    images: str = ""
    runs: tuple[RunFiles, ...] = ()
    environment: int = 0
    transport: float = 0.0

    def content(self) -> dict[str, Any]:
        """Returns the record as JSON; runs without the keys that most protocols do not need."""
        content = asdict(self)
        for run in content["runs"]:
            for name in ("backward", "confidences"):
                if not run[name]:
                    del run[name]
        return content

    def same_data(self, other: SequenceRecord) -> bool:
        """Whether both were made from the same frames and the same ground truth."""
        return (self.truth, self.images) == (other.truth, other.images)

    def check_stored(self) -> None:
        """Checks what holds for records on disk only: a record in memory is `ok` before its files exist.

        Raises:
            ValueError: the status is `ok`, and there are no files.
        """
        if self.status == "ok" and not self.runs:
            raise ValueError("a sequence is ok and has no files")


@dataclass
class Manifest:
    """The record of a run folder.

    Attributes:
        dataset: the data set's name.
        identity: what determined the results; None for results that another tool made.
        environments: machine and versions, one entry for each that the run and its resumptions had.
        sequences: records by sequence name.
        tracker: the name under which the results were made; empty in manifests that do not record it.
    """

    dataset: str
    identity: Identity | None
    environments: list[dict[str, Any]] = field(default_factory=list)
    sequences: dict[str, SequenceRecord] = field(default_factory=dict)
    tracker: str = ""

    def add_environment(self, environment: dict[str, Any]) -> int:
        """Adds an environment unless it is known, and returns its index."""
        if environment not in self.environments:
            self.environments.append(environment)
        return self.environments.index(environment)

    def write(self, path: Path) -> None:
        """Writes the manifest as JSON, atomically."""
        content = {"schema": SCHEMA, **asdict(replace(self, sequences={}))}
        content["sequences"] = {name: record.content() for name, record in self.sequences.items()}
        write_atomic(path, (json.dumps(content, indent=1) + "\n").encode())


def parse_manifest(text: bytes, where: str) -> Manifest:
    """Parses a manifest, JSON in UTF-8; messages call it `where`.

    Raises:
        UserError: it is not a manifest, or has another schema.
    """
    with report_invalid(
        f"{where} is not a run's manifest", "remove its folder or run again with --overwrite"
    ):
        manifest = decode_versioned(text, Manifest, SCHEMA, where, required="sequences")
        for record in manifest.sequences.values():
            record.check_stored()
    return manifest
