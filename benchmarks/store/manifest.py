"""`run.json`: what a run was made with, and what became of each sequence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from benchmarks.store.atomic import write_atomic
from benchmarks.store.validation import require_types
from trackers.errors import UserError

SCHEMA = 1
"""Raised when a reader of the old form would misunderstand the new one."""

Status = Literal["ok", "failed", "timeout", "invalid"]


@dataclass(frozen=True)
class Identity:
    """What decides a run's boxes. Results of two identities never share a folder.

    Attributes:
        tracker: the name, `package.module:Class` or `path/file.py:Class` that was asked for.
        settings: constructor arguments that were given.
        weights: sha256 of the weights file, or None.
        code: sha256 of the source file that defines the tracker, or None where there is none.
        protocol: the protocol's name.
        device: `"cpu"` or `"cuda"`: which of several equal GPUs does not matter.
        seed: the seed that each sequence's own is drawn from.
        repeat: how often each run is made.
        decoder: who decoded the frames: another decoder's pixels differ a little. Manifests that do not say
            it are of times when Pillow was the only one.
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
        """Names the attributes in which two identities differ."""
        mine, others = asdict(self), asdict(other)
        return [name for name in mine if mine[name] != others[name]]


@dataclass(frozen=True)
class RunFiles:
    """The two files of one run over a sequence.

    Attributes:
        boxes, times: their sha256.
        start: the frame (0-based) that their first line belongs to.
    """

    boxes: str
    times: str
    start: int = 0


@dataclass(frozen=True)
class SequenceRecord:
    """What became of one sequence.

    Attributes:
        status: `ok`; `failed`: the tracker raised an error or a frame could not be read; `timeout`: it took
            longer than allowed; `invalid`: it answered with something that is no box.
        message: why it is not `ok`, in a sentence.
        traceback: where a tracker's own error came from.
        frames: how many frames the sequence has (0: not known).
        truth: sha256 of the ground truth, as float64 numbers.
        images: fingerprint of the frames.
        runs: the files, for `ok`: one entry per repetition or segment.
        environment: which of the manifest's environments it ran in.
        transport: seconds per frame, in the median, that frames and answers were under way to a tracker in
            another process or another form; not part of the tracker's times.
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

    def same_data(self, other: SequenceRecord) -> bool:
        """Whether both speak of the same frames and the same ground truth."""
        return (self.truth, self.images) == (other.truth, other.images)


@dataclass
class Manifest:
    """A run folder's record.

    Attributes:
        dataset: the data set's name.
        identity: what the results were made with; None for results that another tool made.
        environments: machine and versions, one entry for each that the run (with its resumptions) had.
        sequences: by name.
        tracker: the name under which they were made; empty in manifests that do not say it.
    """

    dataset: str
    identity: Identity | None
    environments: list[dict[str, Any]] = field(default_factory=list)
    sequences: dict[str, SequenceRecord] = field(default_factory=dict)
    tracker: str = ""

    def add_environment(self, environment: dict[str, Any]) -> int:
        """Adds an environment unless it is known, and returns its number."""
        if environment not in self.environments:
            self.environments.append(environment)
        return self.environments.index(environment)

    def write(self, path: Path) -> None:
        """Writes the manifest as JSON, atomically."""
        content = {"schema": SCHEMA, **asdict(self)}
        write_atomic(path, (json.dumps(content, indent=1) + "\n").encode())


def sequence_record(content: dict[str, Any]) -> SequenceRecord:
    """A record from its JSON.

    Raises:
        TypeError, KeyError, ValueError: it is none.
    """
    runs = tuple(RunFiles(**files) for files in content["runs"])
    record = SequenceRecord(**(content | {"runs": runs}))
    for part in (record, *runs):
        require_types(part)
    if record.status not in get_args(Status):
        raise ValueError(f"status {record.status!r:.80}")
    if record.status == "ok" and not runs:
        raise ValueError("a sequence is ok and has no files")
    return record


def parse_manifest(text: bytes, where: str) -> Manifest:
    """Reads the text of a manifest, in UTF-8; messages call it `where`.

    Raises:
        UserError: it is no manifest, or of a later version of this project.
    """
    try:
        content = json.loads(text.decode())
        schema = content.pop("schema")
        if schema != SCHEMA:
            raise UserError(f"{where} has schema {schema}; this version of sotbench reads {SCHEMA}")
        identity = content.pop("identity")
        sequences = content.pop("sequences")
        manifest = Manifest(
            identity=Identity(**identity) if identity else None,
            sequences={name: sequence_record(record) for name, record in sequences.items()},
            **content,
        )
        require_types(manifest)
        if manifest.identity:
            require_types(manifest.identity)
        return manifest
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{where} is not a run's manifest ({type(error).__name__}: {error}); "
            "remove its folder or run again with --overwrite"
        ) from None
