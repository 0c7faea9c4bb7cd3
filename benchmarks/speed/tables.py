"""A measurement and its comparison, to be read."""

from __future__ import annotations

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from benchmarks.speed.record import SpeedRecord


def record_lines(record: SpeedRecord) -> list[RenderableType]:
    """A table with one row of figures, and below it what they were measured on."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    table.add_column("tracker", overflow="fold")
    for heading in ("FPS [95 %]", "median\nms", "p95\nms", "p99\nms", "init\nms", "end-to-end\nFPS"):
        table.add_column(heading, justify="right", no_wrap=True)
    fps = Text(_figure(record.fps))
    if record.fps_low is not None and record.fps_high is not None:
        fps.append(f" [{_figure(record.fps_low)} {_figure(record.fps_high)}]", style="dim")
    milliseconds = (record.median_ms, record.p95_ms, record.p99_ms, record.init_ms)
    table.add_row(Text(record.tracker), fps, *map(_figure, milliseconds), _figure(record.end_to_end_fps))
    return [table, *_measured(record)]


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
