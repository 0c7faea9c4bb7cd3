"""A measurement, to be read."""

from __future__ import annotations

from benchmarks.speed.record import SpeedRecord
from benchmarks.tables import Cell, Column, Table


def record_table(record: SpeedRecord, notes: tuple[str, ...] = ()) -> Table:
    """One row of figures; below it what they were measured on, and further notes."""
    headings = ("FPS", "median\n(ms)", "95 %\n(ms)", "99 %\n(ms)", "init\n(ms)", "end-to-end\n(FPS)")
    low, high = record.fps_low, record.fps_high
    fps = Cell(_figure(record.fps), None if low is None or high is None else (_figure(low), _figure(high)))
    others = (record.median_ms, record.p95_ms, record.p99_ms, record.init_ms, record.end_to_end_fps)
    return Table(
        columns=(Column("tracker", numeric=False), *map(Column, headings)),
        rows=((Cell(record.tracker), fps, *(Cell(_figure(value)) for value in others)),),
        caption="updates per second [95 % interval], milliseconds per update",
        notes=(*_measured(record), *notes),
    )


def _measured(record: SpeedRecord) -> list[str]:
    sequences = f"{len(record.sequences)} sequences" if len(record.sequences) > 1 else record.sequences[0]
    times = "repetition" if record.repetitions == 1 else "repetitions"
    lines = [
        f"{record.frames} updates in each of {record.repetitions} {times}; {sequences} of {record.dataset}; "
        f"{record.warm_up} updates of warm-up left out",
        ", ".join(_ran_on(record)),
    ]
    if record.transport_ms:
        lines.append(
            f"transport of {_figure(record.transport_ms)} ms per update apart from all this but end-to-end"
        )
    return lines


def _ran_on(record: SpeedRecord) -> list[str]:
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


def _figure(value: float) -> str:
    """Three digits that count, or all before the point."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value >= 0.01 else f"{value:.4f}"
