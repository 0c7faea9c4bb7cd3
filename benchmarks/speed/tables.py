"""The table of a speed measurement."""

from __future__ import annotations

from benchmarks.speed.record import SpeedRecord
from benchmarks.tables import Cell, Column, Table
from trackers.wording import counted


def record_table(record: SpeedRecord, notes: tuple[str, ...] = ()) -> Table:
    """Returns a table of one row, with the machine and further notes below it."""
    headings = ("FPS", "median\n(ms)", "95 %\n(ms)", "99 %\n(ms)", "init\n(ms)", "end-to-end\n(FPS)")
    low, high = record.fps_low, record.fps_high
    fps = Cell(_number(record.fps), None if low is None or high is None else (_number(low), _number(high)))
    others = (record.median_ms, record.p95_ms, record.p99_ms, record.init_ms, record.end_to_end_fps)
    return Table(
        columns=(Column("tracker", numeric=False), *map(Column, headings)),
        rows=((Cell(record.tracker), fps, *(Cell(_number(value)) for value in others)),),
        caption="updates per second [95 % interval], milliseconds per update",
        notes=(*_measured(record), *notes),
    )


def _measured(record: SpeedRecord) -> list[str]:
    sequences = f"{len(record.sequences)} sequences" if len(record.sequences) > 1 else record.sequences[0]
    lines = [
        f"{counted(record.frames, 'update')} in each of {counted(record.repetitions, 'repetition')}; "
        f"{sequences} of {record.dataset}; {counted(record.warm_up, 'update')} of warm-up left out",
        ", ".join(_machine(record)),
    ]
    if record.transport_ms:
        lines.append(
            f"transport of {_number(record.transport_ms)} ms per update apart from all this but end-to-end"
        )
    return lines


def _machine(record: SpeedRecord) -> list[str]:
    machine, software = record.machine, record.software
    torch = software.get("packages", {}).get("torch")
    threads = "1 thread" if record.threads == 1 else f"{record.threads} threads"
    parts = [
        record.device,
        machine.get("gpu"),
        f"{machine.get('processor')} ({machine.get('cores')} cores)",
        threads,
        record.precision,
        torch and f"torch {torch}",
        record.date,
    ]
    return [str(part) for part in parts if part]


def _number(value: float) -> str:
    """Returns a number with three significant digits, or all digits before the point."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value >= 0.01 else f"{value:.4f}"
