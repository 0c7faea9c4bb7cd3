"""The records that `sotbench speed` wrote, and a table of them."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.scoring import Record
from benchmarks.speed import SpeedRecord, read_records
from benchmarks.tables import Cell, Column, Mark, Table, mark_best
from benchmarks.tables.table import number_cell
from reports.report_data import InapplicableError, ReportData
from trackers.commands import print_stderr

_ROW = (
    *("tracker", "device", "precision", "batch", "threads", "fps", "fps_low", "fps_high"),
    *("median_ms", "p95_ms", "p99_ms", "init_ms", "end_to_end_fps", "frames", "repetitions", "date"),
)


def speed_row(record: SpeedRecord) -> Record:
    """Returns the values of a record, for CSV."""
    return {name: getattr(record, name) for name in _ROW}


def read_speed_records(report: ReportData) -> list[SpeedRecord]:
    """Returns the latest record of each of the report's trackers in each configuration, fastest first.

    Raises:
        InapplicableError: there are none.
    """
    records = [
        record for record in read_records(report.results, print_stderr) if record.tracker in report.trackers
    ]
    if not records:
        raise InapplicableError(
            f"there are no speed records of these trackers in {report.results}; measure speed with "
            f"`sotbench speed --tracker {report.trackers[0]}`"
        )
    return sorted(records, key=lambda record: -record.fps)


def speed_table(records: Sequence[SpeedRecord]) -> Table:
    """Returns a table of speeds with intervals and milliseconds per update; its notes name the machines.

    The fastest is marked among records of the same machine, device and configuration.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, record in enumerate(records):
        setup = (str(record.machine), record.device, record.precision, record.batch, record.threads)
        groups.setdefault(setup, []).append(index)
    marks: dict[int, Mark] = {}
    for group in groups.values():
        marks |= dict(zip(group, mark_best([records[index].fps for index in group], digits=1), strict=True))
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
            *(Column(name, numeric=False) for name in ("tracker", "device", "precision")),
            *map(Column, headings),
        ),
        rows=tuple(
            (
                *(Cell(text) for text in (record.tracker, record.device, record.precision or "")),
                *(Cell(str(number)) for number in (record.batch, record.threads)),
                number_cell(record.fps, record.fps_low, record.fps_high, marks[index], digits=1),
                *(
                    number_cell(value, digits=2)
                    for value in (record.median_ms, record.p95_ms, record.p99_ms, record.init_ms)
                ),
                number_cell(record.end_to_end_fps, digits=1),
            )
            for index, record in enumerate(records)
        ),
        caption="Speed: updates per second [95 % interval], milliseconds per update",
        notes=tuple(dict.fromkeys(_measured(record) for record in records)),
    )


def _measured(record: SpeedRecord) -> str:
    """Returns a sentence on when and where a record was measured."""
    machine = ", ".join(f"{key} {value}" for key, value in record.machine.items() if value is not None)
    busy = " It was busy: do not trust these values." if record.busy else ""
    return f"Measured {record.date}: {machine}.{busy}"
