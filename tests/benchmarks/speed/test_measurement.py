"""The record of a measurement, computed exactly from known times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.speed import measurement
from benchmarks.speed.machine import Gpu
from benchmarks.speed.measurement import Repetition, Workload, measure, run_repetition
from benchmarks.speed.statistics import Times
from trackers.catalog import TrackerSpec
from trackers.errors import UserError

TRACKER = """
import time
from trackers import Tracker

class Sleeps(Tracker):
    precision = "int8"

    def __init__(self, seconds: float = 0.002, word: str = "x"):
        self.seconds = seconds

    def init(self, frame, box):
        self.box = box
        time.sleep(10 * self.seconds)

    def update(self, frame):
        time.sleep(self.seconds)
        return self.box
"""


def workload(tracker: str = "still", **settings: Any) -> Workload:
    return Workload(TrackerSpec(tracker, settings=settings), "demo", None, None, ("easy", "scale"), 3, 2)


def facts(device: str = "cpu") -> dict[str, Any]:
    return {
        "weights": None,
        "code": "c0de",
        "device": device,
        "precision": None,
        "own_process": False,
        "threads": 2,
        "machine": {"system": "s", "processor": "p", "cores": 4, "gpu": None},
        "software": {"python": "3.11"},
    }


def passes(updates: list[list[float]], **others: Any) -> Iterator[Repetition]:
    for number, seconds in enumerate(updates):
        times = Times(np.array(seconds), np.array([0.001, 0.003]), np.array([0.5 + number]))
        whole = (12, 1.5) if number == len(updates) - 1 else None
        fields: dict[str, Any] = {
            "facts": facts(),
            "clock": ("performance", 2000.0 + number, 3000.0),
            "gpu_before": None,
            "gpu_after": None,
        }
        yield Repetition(times, whole, **{**fields, **others})


@pytest.fixture
def canned(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Returns a function that sets the repetitions' results and returns their arguments."""

    def can(repetitions: Iterator[Repetition], load: float = 0.1) -> list[tuple[Any, ...]]:
        calls: list[tuple[Any, ...]] = []

        def answer(function: Any, *arguments: Any) -> Repetition:
            calls.append((function, *arguments))
            return next(repetitions)

        monkeypatch.setattr(measurement, "call_in_subprocess", answer)
        monkeypatch.setattr(measurement, "load_average", lambda: load)
        return calls

    return can


def test_figures_are_exact(canned: Any) -> None:
    calls = canned(passes([[0.01, 0.03], [0.02, 0.04]]))
    reported: list[tuple[int, float]] = []
    load = workload()
    record = measure(load, "mine", 2, None, lambda number, fps: reported.append((number, fps)))

    assert calls == [(run_repetition, load, False), (run_repetition, load, True)]
    assert reported == [(1, pytest.approx(50)), (2, pytest.approx(1 / 0.03))]
    assert record.seconds == pytest.approx([0.02, 0.03])
    assert record.fps == pytest.approx(4 / 0.1)
    # t(0.975, 1) = 12.706; the standard error of the mean of two values is half their distance.
    half = 12.7062047 * np.log(1.5) / 2
    assert record.fps_low == pytest.approx(40 * np.exp(-half))
    assert record.fps_high == pytest.approx(40 * np.exp(half))
    assert (record.median_ms, record.p95_ms, record.p99_ms) == pytest.approx((25, 38.5, 39.7))
    assert record.init_ms == pytest.approx(1000)
    assert record.end_to_end_fps == 8
    assert record.transport_ms == pytest.approx(2)
    assert (record.frames, record.repetitions, record.warm_up, record.batch) == (2, 2, 2, 1)
    assert (record.tracker, record.spec, record.sequences) == ("mine", "still", ["easy", "scale"])
    assert record.conditions["mhz"] == 2001
    assert (record.busy, record.doubts) == (False, [])


def test_one_repetition(canned: Any) -> None:
    canned(passes([[0.01]]))
    record = measure(workload(), "mine", 1, None)
    assert (record.fps, record.fps_low, record.fps_high) == (100, None, None)


def test_busy_machine_with_varying_clock(canned: Any) -> None:
    canned(passes([[0.01]], clock=("powersave", 800.0, 3000.0)), load=2.5)
    record = measure(workload(), "mine", 1, None)
    assert record.busy
    assert record.doubts[0].startswith("the machine was busy: load average 2.5 on 4 cores")
    assert "governor powersave" in record.doubts[1]


def test_varying_clock_alone_is_not_busy(canned: Any) -> None:
    canned(passes([[0.01]], clock=("powersave", 800.0, 3000.0)))
    assert not measure(workload(), "mine", 1, None).busy


def test_gpu_driver_is_recorded(canned: Any) -> None:
    gpu = Gpu("580.65", 1980.0, 1980.0, 55.0, 60.0)
    canned(passes([[0.01]], gpu_after=gpu, gpu_before=gpu, facts=facts("cuda:0")))
    record = measure(workload(), "mine", 1, None)
    assert record.software["driver"] == "580.65"
    assert record.conditions["gpu_after"]["mhz"] == 1980
    assert record.busy


def test_mistakes_are_reported_before_measuring(canned: Any) -> None:
    calls = canned(passes([[0.01]]))
    with pytest.raises(UserError, match="cannot name a results folder"):
        measure(workload(), "a/b", 1, None)
    with pytest.raises(UserError, match="give a smaller --warm-up"):
        measure(Workload(TrackerSpec("still"), "demo", None, None, ("easy",), 3, 59), "mine", 1, None)
    assert calls == []


def test_real_pass(tmp_path: Path) -> None:
    (tmp_path / "sleeps.py").write_text(TRACKER)
    load = workload(f"{tmp_path}/sleeps.py:Sleeps", seconds="0.004")
    found = run_repetition(load, True)
    assert len(found.times.updates) == 6
    assert (found.times.updates >= 0.004).all()
    assert len(found.times.inits) == 2
    assert (found.times.inits >= 0.04).all()
    assert found.end_to_end is not None
    frames, seconds = found.end_to_end
    assert frames == 12
    assert seconds >= 10 * 0.004 + 2 * 0.04
    assert found.facts["precision"] == "int8"
    assert found.facts["device"] == "cpu"
    assert not found.facts["own_process"]


def test_real_pass_of_an_isolated_tracker(tmp_path: Path) -> None:
    (tmp_path / "sleeps.py").write_text(TRACKER)
    spec = TrackerSpec(f"{tmp_path}/sleeps.py:Sleeps", isolate=True)
    found = run_repetition(Workload(spec, "demo", None, None, ("easy",), 5, 2), False)
    assert (found.times.updates >= 0.002).all()
    assert (found.times.transport > 0).all()
    assert found.facts["own_process"]
    assert found.end_to_end is None
