"""Example speed records."""

from __future__ import annotations

from typing import Any

from benchmarks.speed import SpeedRecord
from benchmarks.speed.statistics import frames_per_second, half_width

MACHINE = {"system": "Linux x86_64", "processor": "Fast 9000", "cores": 4, "gpu": None}
SOFTWARE = {"python": "3.11.9", "packages": {"torch": "2.13.0", "numpy": "2.1.0"}, "commit": "abc"}


def made(seconds: list[float], **others: Any) -> SpeedRecord:
    """Returns a record whose repetitions have these mean times, as a measurement makes it."""
    fps, low, high = frames_per_second(sum(seconds) / len(seconds), half_width(seconds))
    fields: dict[str, Any] = {
        "tracker": "mine",
        "spec": "mine.py:Mine",
        "settings": {"rate": "0.1"},
        "weights": None,
        "code": "c0de",
        "dataset": "demo",
        "sequences": ["easy", "scale"],
        "frames": 80,
        "warm_up": 10,
        "repetitions": len(seconds),
        "seconds": seconds,
        "fps": fps,
        "fps_low": low,
        "fps_high": high,
        "median_ms": 10.0,
        "p95_ms": 12.0,
        "p99_ms": 14.0,
        "init_ms": 20.0,
        "end_to_end_fps": 80.0,
        "transport_ms": 0.0,
        "own_process": False,
        "device": "cpu",
        "precision": "float32",
        "batch": 1,
        "threads": 2,
        "machine": MACHINE,
        "software": SOFTWARE,
        "conditions": {"load_before": 0.1},
        "busy": False,
        "doubts": [],
        "date": "2026-11-24T16:00:00+00:00",
    }
    return SpeedRecord(**{**fields, **others})
