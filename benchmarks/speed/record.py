"""Speed measurements on disk: `results/speed/<tracker>/<moment>.json`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from msgspec import Meta

from benchmarks.store.run_folder import require_folder_name
from benchmarks.store.validation import decode_versioned, report_invalid
from trackers.atomic import write_atomic
from trackers.errors import UserError
from trackers.regular_files import read_regular
from trackers.wording import counted

_MAX_BYTES = 1 << 26

SCHEMA = 1
"""Raised when an older reader would misunderstand the file."""
FOLDER = "speed"
"""The folder of speed records in the folder of results."""

Positive: TypeAlias = Annotated[float, Meta(gt=0, le=sys.float_info.max)]
"""A finite number above zero."""


@dataclass(frozen=True)
class SpeedRecord:
    """How fast a tracker was, and on what. Times in milliseconds, FPS in updates per second.

    Attributes:
        tracker: the name under which the record is kept.
        spec: the name, `package.module:Class`, `path/file.py:Class` or program given to `--tracker`.
        settings: constructor arguments that were given, as text.
        weights: sha256 of the weights file, or None.
        code: sha256 of the files that define the tracker, or None.
        dataset, sequences: the source of the frames.
        frames: number of updates counted in each repetition.
        warm_up: number of updates left out after each initialization.
        repetitions: number of passes over the sequences, each in a new process.
        seconds: mean seconds of an update, for each repetition.
        fps, fps_low, fps_high: updates over the sum of their times, and its 95 % interval over repetitions;
            the interval is None for a single repetition.
        median_ms, p95_ms, p99_ms: over the updates of all repetitions.
        init_ms: median time of an initialization.
        end_to_end_fps: frames per second of wall time with initialization and decoding, as `run` does it.
        transport_ms: median time per update spent on passing frame and prediction to and from a tracker in
            another process or format, which none of the times above includes; 0 where nothing is passed.
        own_process: whether the tracker ran in a process beside the one that measured.
        device: `"cpu"` or `"cuda:N"`.
        precision: the tracker's number format (`"float32"`), where it reports one.
        batch: targets per update. Always 1: the throughput of a batch is not a tracker's FPS.
        threads: number of CPU threads that the tracker's libraries may use.
        machine: `system`, `processor`, usable `cores`, `gpu` or None.
        software: versions: `python`, `packages`, `commit`, and `cuda` and `driver` on a GPU.
        conditions: what else affects the figures; see `benchmarks.speed.machine.Conditions`.
        busy: whether something else used the machine, so that the figures must not be compared.
        doubts: reasons not to trust the figures, one sentence each.
        date: the start of the measurement, ISO 8601, UTC.
    """

    tracker: str
    spec: str
    settings: Mapping[str, Any]
    weights: str | None
    code: str | None
    dataset: str
    sequences: list[str]
    frames: int
    warm_up: int
    repetitions: int
    seconds: Annotated[list[Positive], Meta(min_length=1)]
    fps: Positive
    fps_low: float | None
    fps_high: float | None
    median_ms: float
    p95_ms: float
    p99_ms: float
    init_ms: float
    end_to_end_fps: float
    transport_ms: float
    own_process: bool
    device: str
    precision: str | None
    batch: int
    threads: int
    machine: Mapping[str, Any]
    software: Mapping[str, Any]
    conditions: Mapping[str, Any]
    busy: bool
    doubts: list[str]
    date: str

    def content(self) -> dict[str, Any]:
        """Returns the record as a JSON object."""
        return {"schema": SCHEMA, **asdict(self)}

    def write(self, results: Path) -> Path:
        """Writes the record, atomically, beside earlier ones of the same tracker; returns its path.

        Raises:
            UserError: the tracker's name cannot name a folder.
            OSError: the file cannot be written.
        """
        moment = self.date.replace("-", "").replace(":", "").replace("+0000", "Z")
        path = results / FOLDER / require_folder_name(self.tracker) / f"{moment}.json"
        write_atomic(path, (json.dumps(self.content(), indent=1, allow_nan=False) + "\n").encode())
        return path


def read_record(path: Path) -> SpeedRecord:
    """Reads a speed record.

    Raises:
        UserError: the file is missing, is not a speed record, or has another schema.
    """
    try:
        return parse_record(read_regular(path, _MAX_BYTES), str(path))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def parse_record(text: bytes, where: str) -> SpeedRecord:
    """Parses a speed record, JSON in UTF-8; messages call it `where`.

    Raises:
        UserError: it is not a speed record, or has another schema.
    """
    with report_invalid(f"{where} is not a record of speed", "give a file that `sotbench speed` wrote"):
        record = decode_versioned(text, SpeedRecord, SCHEMA, where)
        if len(record.seconds) != record.repetitions:  # msgspec checks each attribute alone
            raise ValueError(
                f"{counted(record.repetitions, 'repetition')} and {counted(len(record.seconds), 'mean')}"
            )
    return record


def read_records(results: Path, refused: Callable[[str], None]) -> list[SpeedRecord]:
    """Returns each tracker's latest record per device, precision, batch and threads, sorted by name.

    Args:
        results: the folder of all results.
        refused: called with a sentence for each record that cannot be read and is left out.
    """
    latest: dict[tuple[object, ...], SpeedRecord] = {}
    for path in sorted((results / FOLDER).glob("*/*.json")):
        try:
            record = read_record(path)
        except UserError as error:
            refused(f"a record of speed is left out: {error}")
            continue
        key = (record.tracker, record.device, record.precision, record.batch, record.threads)
        if key not in latest or latest[key].date < record.date:
            latest[key] = record
    return list(latest.values())
