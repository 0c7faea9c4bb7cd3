"""The record of one measurement: `results/speed/<tracker>/<label>.json`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.store.atomic import write_atomic
from benchmarks.store.run_folder import require_folder_name
from benchmarks.store.validation import require_types
from trackers.errors import UserError
from trackers.regular_files import read_regular

_LARGEST = 1 << 26
"""Bytes of a record."""

SCHEMA = 1
"""Raised when a reader of the old form would misunderstand the new one."""
FOLDER = "speed"
"""Of the folder of results: where the records are."""


@dataclass(frozen=True)
class SpeedRecord:
    """How fast a tracker was, and on what. Times in milliseconds, FPS in updates per second.

    Attributes:
        tracker: under which name it is kept.
        spec: the name, `package.module:Class`, `path/file.py:Class` or program that was asked for.
        settings: constructor arguments that were given, as text.
        weights: sha256 of the weights file, or None.
        code: sha256 of the files that define the tracker, or None.
        dataset, sequences: whose frames it was shown.
        frames: how many updates each repetition counted.
        warm_up: how many updates after each initialisation were left out.
        repetitions: how many passes over the sequences were made, each in a process of its own.
        seconds: mean seconds of an update, for each repetition.
        fps, fps_low, fps_high: updates over the sum of their times, and its 95 % interval over repetitions;
            the ends are None for a single one.
        median_ms, p95_ms, p99_ms: of the updates of all repetitions.
        init_ms: median time of an initialisation.
        end_to_end_fps: frames per second of wall time with initialisation and decoding, as `run` does it.
        transport_ms: median time per update that frame and answer were under way to a tracker in another
            process or another form, which is in none of the times above; 0 where there is no such way.
        own_process: whether the tracker ran in a process beside the one that measured.
        device: `"cpu"` or `"cuda:N"`.
        precision: of the numbers it computes with (`"float32"`), where the tracker tells.
        batch: targets per update. Always 1: the throughput of a batch is no tracker's FPS.
        threads: how many the tracker's libraries may use on the CPU.
        machine: what it ran on: `system`, `processor`, `cores` that could be used, `gpu` or None.
        software: versions: `python`, `packages`, `commit`, and `cuda` and `driver` on a GPU.
        conditions: what else bears on the figures; see `benchmarks.speed.machine.Conditions`.
        busy: whether something else used the machine, so that nothing can be compared with these figures.
        doubts: why the figures are not to be trusted, a sentence each.
        date: when it was begun, ISO 8601, UTC.
    """

    tracker: str
    spec: str
    settings: Mapping[str, str]
    weights: str | None
    code: str | None
    dataset: str
    sequences: list[str]
    frames: int
    warm_up: int
    repetitions: int
    seconds: list[float]
    fps: float
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
        """The record as JSON has it."""
        return {"schema": SCHEMA, **asdict(self)}

    def write(self, results: Path) -> Path:
        """Writes the record, atomically, beside earlier ones of the same tracker; returns where.

        Raises:
            UserError: the tracker's name cannot be a folder's.
            OSError: it cannot be written.
        """
        moment = self.date.replace("-", "").replace(":", "").replace("+0000", "Z")
        path = results / FOLDER / require_folder_name(self.tracker) / f"{moment}.json"
        write_atomic(path, (json.dumps(self.content(), indent=1, allow_nan=False) + "\n").encode())
        return path


def read_record(path: Path) -> SpeedRecord:
    """Reads a record.

    Raises:
        UserError: it is missing, no record of speed, or of another version of this project.
    """
    try:
        return parse_record(read_regular(path, _LARGEST), str(path))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def parse_record(text: bytes, where: str) -> SpeedRecord:
    """Reads the text of a record, in UTF-8; messages call it `where`.

    Raises:
        UserError: it is no record of speed, or of another version of this project.
    """
    try:
        content = json.loads(text.decode())
        schema = content.pop("schema")
        if schema != SCHEMA:
            raise UserError(f"{where} has schema {schema}; this version of sotbench reads {SCHEMA}")
        record = SpeedRecord(**content)
        _check(record)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{where} is not a record of speed ({type(error).__name__}: {error}); "
            "give a file that `python -m benchmarks speed` wrote"
        ) from None
    return record


def read_records(results: Path, refused: Callable[[str], None]) -> list[SpeedRecord]:
    """The latest record of each tracker and way of running it (device, precision, threads), by name.

    Args:
        results: the folder of all results.
        refused: is told, in a sentence, of each record that cannot be read; the others are.
    """
    latest: dict[tuple[object, ...], SpeedRecord] = {}
    for path in sorted((results / FOLDER).glob("*/*.json")):
        try:
            record = read_record(path)
        except UserError as error:
            refused(f"a record of speed is left out: {error}")
            continue
        way = (record.tracker, record.device, record.precision, record.batch, record.threads)
        if way not in latest or latest[way].date < record.date:
            latest[way] = record
    return list(latest.values())


def _check(record: SpeedRecord) -> None:
    """Raises TypeError or ValueError where a figure is not what it has to be."""
    require_types(record)
    if len(record.seconds) != record.repetitions or not record.seconds:
        raise ValueError(f"{record.repetitions} repetitions and {len(record.seconds)} means")
    for figure in (record.fps, *record.seconds):
        if not 0 < figure < float("inf"):
            raise ValueError(f"{figure!r} is no speed")
