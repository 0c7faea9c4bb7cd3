"""Speed as `python -m benchmarks speed` recorded it: reading the records, and a table of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from benchmarks.scoring import Record
from benchmarks.tables import Cell, Column, Mark, Table, mark_best
from benchmarks.tables.table import figure_cell
from reports.scores import InapplicableError, Subject
from trackers.errors import UserError

FOLDER = "speed"
"""Where records lie in the folder of results: `speed/<tracker>/<label>.json`."""


@dataclass(frozen=True)
class SpeedRecord:
    """One measurement.

    Attributes:
        label: the name of its file.
        tracker: what was measured.
        machine: what it ran on, by the names of its parts.
        device, precision, batch, threads: how it ran.
        fps, fps_low, fps_high: updates per second with their 95 % interval.
        median_ms, p95_ms, p99_ms: of one update, in milliseconds.
        init_ms: of one initialisation.
        end_to_end_fps: frames per second with decoding.
        frames, repetitions: how much was measured.
        date: when.
    """

    label: str
    tracker: str
    machine: dict[str, Any]
    device: str
    precision: str
    batch: int
    threads: int
    fps: float
    fps_low: float
    fps_high: float
    median_ms: float
    p95_ms: float
    p99_ms: float
    init_ms: float
    end_to_end_fps: float | None
    frames: int
    repetitions: int
    date: str

    def row(self) -> Record:
        """The record without its machine, for CSV."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "machine"}


def speed_of(subject: Subject) -> list[SpeedRecord]:
    """The records of the subject's trackers, fastest first.

    Raises:
        InapplicableError: there is none.
        UserError: a record is not what such a file holds.
    """
    folder = subject.results / FOLDER
    records = [_read(path) for name in subject.trackers for path in sorted((folder / name).glob("*.json"))]
    if not records:
        raise InapplicableError(
            f"no speed of these trackers is on record in {folder}; measure it with "
            f"`python -m benchmarks speed --tracker {subject.trackers[0]}`"
        )
    return sorted(records, key=lambda record: -record.fps)


def speed_table(records: Sequence[SpeedRecord]) -> Table:
    """Speed with its interval, milliseconds per update, and the machines below.

    The fastest is marked among those that were measured on one device in one way.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, record in enumerate(records):
        way = (str(record.machine), record.device, record.precision, record.batch, record.threads)
        groups.setdefault(way, []).append(place)
    marks: dict[int, Mark] = {}
    for places in groups.values():
        marks |= dict(zip(places, mark_best([records[place].fps for place in places], digits=1), strict=True))
    headings = (
        "batch",
        "threads",
        "FPS",
        "median\n(ms)",
        "95 %\n(ms)",
        "99 %\n(ms)",
        "init\n(ms)",
        "with decoding\n(FPS)",
    )
    return Table(
        columns=(
            *(Column(name, figures=False) for name in ("tracker", "device", "precision")),
            *map(Column, headings),
        ),
        rows=tuple(
            (
                *(Cell(text) for text in (record.tracker, record.device, record.precision)),
                *(Cell(str(number)) for number in (record.batch, record.threads)),
                figure_cell(record.fps, record.fps_low, record.fps_high, marks[place], digits=1),
                *(
                    figure_cell(value, digits=2)
                    for value in (record.median_ms, record.p95_ms, record.p99_ms, record.init_ms)
                ),
                figure_cell(record.end_to_end_fps, digits=1),
            )
            for place, record in enumerate(records)
        ),
        caption="Speed: updates per second [95 % interval], milliseconds per update",
        notes=tuple(dict.fromkeys(_measured(record) for record in records)),
    )


def _measured(record: SpeedRecord) -> str:
    machine = ", ".join(f"{key} {value}" for key, value in record.machine.items() if value is not None)
    return f"Measured {record.date}: {machine}."


def _read(path: Path) -> SpeedRecord:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        known = {field.name: content[field.name] for field in fields(SpeedRecord) if field.name != "label"}
        record = SpeedRecord(label=path.stem, **known)
        figures = (record.fps, record.fps_low, record.fps_high)
        if not isinstance(record.machine, dict) or not all(float(figure) > 0 for figure in figures):
            raise ValueError
    except (ValueError, KeyError, TypeError, UnicodeDecodeError):
        raise UserError(
            f"{path} is not a record of speed; measure again with `python -m benchmarks speed`"
        ) from None
    return record
