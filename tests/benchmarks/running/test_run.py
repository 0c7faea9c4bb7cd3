from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.protocols.robustness import shifted_boxes
from benchmarks.running import RunSettings, RunSummary, run
from benchmarks.store import RunFolder, read_run
from trackers.catalog import TrackerSpec
from trackers.errors import UserError

TRACKERS = '''
import random
import numpy as np
from trackers import Tracker

class Drunk(Tracker):
    """Uses both global random generators."""
    def __init__(self, stride: float = 1.0): self.stride = stride
    def init(self, frame, box): self.box = box
    def update(self, frame):
        self.box = self.box + [random.gauss(0, self.stride), np.random.normal(0, self.stride), 0, 0]
        return self.box

class Fussy(Tracker):
    """Fails differently on each sequence, depending on its length."""
    built = 0
    def __init__(self): Fussy.built += 1
    def init(self, frame, box): self.box, self.count = box, 0
    def update(self, frame):
        self.count += 1
        if self.count == 10: raise RuntimeError("cannot count further")
        if self.count == 9: return [np.nan, 1, 1, 1]
        return self.box

class Steady(Tracker):
    """Deterministic without declaring it."""
    def init(self, frame, box): self.box = box
    def update(self, frame): return self.box

class Sick(Tracker):
    def init(self, frame, box): raise MemoryError("too large")
    def update(self, frame): ...
'''


SPOILER = '''
from pathlib import Path
from trackers import Tracker

class Spoiler(Tracker):
    """Replaces its own model and fails, so that it is built again."""
    model_files = (Path("MODEL"),)
    def init(self, frame, box):
        self.model_files[0].write_bytes(b"second")
        raise RuntimeError("fails")
    def update(self, frame): ...
'''


@pytest.fixture
def trackers(tmp_path: Path) -> str:
    path = tmp_path / "trackers_of_this_test.py"
    path.write_text(TRACKERS)
    return str(path)


@pytest.fixture
def start(squares: Any, trackers: str, tmp_path: Path) -> Callable[..., RunSummary]:
    def start(tracker: str, names: tuple[str, ...] = (), **options: Any) -> RunSummary:
        spec = TrackerSpec(
            tracker.replace("FILE", trackers),
            settings=options.pop("settings", {}),
            isolate=options.pop("isolate", False),
        )
        options = {"results": tmp_path / "results", "name": "mine", **options}
        return run(RunSettings(spec=spec, **options), squares, names or squares.names())

    return start


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.endswith((".time.txt", ".json"))}


def test_results_on_disk_are_complete(start: Callable[..., RunSummary], squares: Any, tmp_path: Path) -> None:
    summary = start("ncc")
    result = read_run(tmp_path / "results", "squares", "mine")

    assert summary.failed == {}
    assert (summary.reused, summary.frames, summary.updates) == (0, 32, 28)
    assert set(result.trajectories) == set(squares.names())
    for name in squares.names():
        truth = squares[name].truth
        [trajectory] = result.trajectories[name]
        np.testing.assert_array_equal(trajectory.boxes[0], truth[0])
        assert np.abs(trajectory.boxes - truth).max() <= 0.5, "ncc follows the squares to the pixel"
        assert trajectory.seconds.shape == (len(truth),)
    seconds = [trajectory.seconds for [trajectory] in result.trajectories.values()]
    assert summary.update_seconds == pytest.approx(sum(s[1:].sum() for s in seconds))


def test_second_run_reuses_the_first(start: Callable[..., RunSummary]) -> None:
    first = start("ncc", ("right", "down"))
    before = files(first.path)
    second = start("ncc")
    assert second.reused == 2
    assert second.frames == 11
    assert {name: files(first.path)[name] for name in before} == before
    assert start("ncc").reused == 4


def test_random_tracker_is_independent_of_order_and_resumption(
    start: Callable[..., RunSummary], tmp_path: Path
) -> None:
    whole = start("FILE:Drunk", name="whole")
    start("FILE:Drunk", ("both",), name="parts")
    parts = start("FILE:Drunk", name="parts")
    other = start("FILE:Drunk", name="other", seed=1)

    assert files(whole.path) == files(parts.path)
    assert files(whole.path) != files(other.path)


def test_isolation_changes_no_box(start: Callable[..., RunSummary], tmp_path: Path) -> None:
    here, there = (start("FILE:Drunk", name=str(isolate), isolate=isolate) for isolate in (False, True))
    assert files(here.path) == files(there.path)
    assert start("FILE:Drunk", name="False", isolate=True).reused == 4
    assert here.transport == [0.0] * 4
    assert 0 < min(there.transport) < max(there.transport) < 1
    manifests = [
        RunFolder(tmp_path / "results", "squares", n, "ope").read_manifest() for n in ("False", "True")
    ]
    assert manifests[0]
    assert manifests[1]
    assert manifests[0].identity == manifests[1].identity
    assert manifests[1].environments[0]["own_process"]
    assert manifests[1].sequences["right"].transport == there.transport[0]


def test_tracker_that_cannot_be_rebuilt_fails_sequences(
    start: Callable[..., RunSummary], squares: Any, trackers: str
) -> None:
    once = Path(trackers).with_name("built")
    Path(trackers).write_text(
        f"""{TRACKERS}
class Once(Fussy):
    def __init__(self):
        import pathlib
        path = pathlib.Path({str(once)!r})
        if path.exists(): raise RuntimeError("only once")
        path.touch()
"""
    )
    summary = start("FILE:Once", ("down", "right", "both"))
    assert [summary.records[name].status for name in ("down", "right", "both")] == ["ok", "invalid", "failed"]
    assert "cannot be built: RuntimeError: only once" in summary.records["both"].message


def test_failures_are_recorded_and_the_run_goes_on(
    start: Callable[..., RunSummary], squares: Any, tmp_path: Path
) -> None:
    squares.broken["both"] = frozenset({4})
    squares.lost.add("single")
    summary = start("FILE:Fussy", ("right", "down", "single", "both"))

    assert {name: record.status for name, record in summary.records.items()} == {
        "right": "invalid",
        "down": "ok",
        "single": "failed",
        "both": "failed",
    }
    assert summary.records["right"].message.startswith("frame 9: [nan")
    assert summary.records["single"].message == "single: its frames are missing"
    assert summary.records["both"].message == "frame 4 is damaged"
    result = read_run(tmp_path / "results", "squares", "mine")
    assert set(result.trajectories) == {"down"}
    assert set(result.failed) == {"right", "single", "both"}

    squares.broken.clear()
    squares.lost.clear()
    again = start("FILE:Fussy", ("right", "down", "single", "both"))
    assert again.reused == 1
    assert set(again.failed) == {"right", "both"}


def test_tracker_error_keeps_its_traceback(start: Callable[..., RunSummary]) -> None:
    summary = start("FILE:Sick")
    record = summary.failed["right"]
    assert record.message == "frame 0: MemoryError: too large"
    assert "raise MemoryError" in record.traceback
    assert len(summary.failed) == 4


def test_timeout_status(start: Callable[..., RunSummary]) -> None:
    summary = start("ncc", ("right",), timeout=1e-9)
    assert summary.records["right"].status == "timeout"


def test_nothing_to_run_is_an_error(start: Callable[..., RunSummary], squares: Any, tmp_path: Path) -> None:
    squares.lost.update(squares.names())
    with pytest.raises(UserError, match="none of the 4 sequences can be run: right: its frames are missing"):
        start("ncc")
    squares.cut.add("down")
    with pytest.raises(UserError, match="the ground truth is truncated"):
        start("ncc", ("down",))
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"settings": {"stride": "2"}}, "settings"),
        ({"seed": 5}, "seed"),
        ({"tracker": "ncc"}, "tracker and code"),
    ],
)
def test_results_of_other_settings_are_not_mixed(
    start: Callable[..., RunSummary], options: dict[str, Any], difference: str
) -> None:
    first = start("FILE:Drunk")
    before = files(first.path)
    tracker = options.pop("tracker", "FILE:Drunk")
    with pytest.raises(
        UserError, match=f"results made with other {difference}; give --name .* or --overwrite"
    ):
        start(tracker, **options)
    assert files(first.path) == before

    replaced = start(tracker, ("right",), overwrite=True, **options)
    assert set(files(replaced.path)) == {"right.txt"}, "nothing of the old settings is left"


def test_changed_tracker_code_is_refused(start: Callable[..., RunSummary], trackers: str) -> None:
    start("FILE:Drunk")
    Path(trackers).write_text(TRACKERS + "\n# changed\n")
    with pytest.raises(UserError, match="made with other code"):
        start("FILE:Drunk")


def test_model_that_changes_within_a_run_is_not_mixed_with_the_first(
    start: Callable[..., RunSummary], tmp_path: Path
) -> None:
    model = tmp_path / "net.onnx"
    model.write_bytes(b"first")
    plugin = tmp_path / "spoiler.py"
    plugin.write_text(SPOILER.replace("MODEL", str(model)))
    failed = start(f"{plugin}:Spoiler", ("right", "down")).failed
    assert "RuntimeError: fails" in failed["right"].message
    assert failed["down"].message == (
        "net.onnx, a file of the tracker's model, was changed since the run began; run it again under "
        "another --name"
    )


def test_overwrite_keeps_other_sequences(start: Callable[..., RunSummary]) -> None:
    first = start("ncc")
    again = start("ncc", ("right",), overwrite=True)
    assert again.reused == 0
    assert set(again.records) == {"right"}
    assert set(files(first.path)) == {"right.txt", "down.txt", "single.txt", "both.txt"}


def test_damaged_manifest_needs_overwrite(start: Callable[..., RunSummary]) -> None:
    summary = start("ncc")
    (summary.path / "run.json").write_text("{")
    with pytest.raises(UserError, match="not a run's manifest"):
        start("ncc")
    assert start("ncc", overwrite=True).failed == {}


def test_changed_data_are_run_again(
    start: Callable[..., RunSummary], squares: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    start("ncc")
    monkeypatch.setitem(squares.lengths, "right", 8)
    summary = start("ncc")
    assert summary.reused == 3
    assert summary.records["right"].frames == 8


def test_number_of_repetitions(start: Callable[..., RunSummary], tmp_path: Path) -> None:
    def repetitions(tracker: str, **options: Any) -> list[bytes]:
        start(tracker, ("right",), name="x", overwrite=True, **options)
        protocol = options.get("protocol", "ope")
        [runs] = read_run(tmp_path / "results", "squares", "x", protocol).trajectories.values()
        return [run.boxes.tobytes() for run in runs]

    drawn = repetitions("FILE:Drunk", protocol="supervised")
    assert len(drawn) == len(set(drawn)) == 15
    assert len(repetitions("FILE:Steady", protocol="supervised")) == 3
    assert len(repetitions("still", protocol="supervised")) == 1, "it declares itself deterministic"
    assert len(repetitions("still", protocol="supervised", repeat=2)) == 2
    assert len(set(repetitions("FILE:Drunk", repeat=4))) == 4


def test_tre_and_sre_store_their_starts(
    start: Callable[..., RunSummary], squares: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(squares.lengths, "down", 24)
    start("ncc", ("down",), protocol="tre")
    runs = read_run(tmp_path / "results", "squares", "mine", "tre").trajectories["down"]
    assert [run.start for run in runs] == [0, 1, 2, 3, 4]
    for segment in runs:
        np.testing.assert_array_equal(segment.boxes[0], squares["down"].truth[segment.start])
        assert len(segment.boxes) == 24 - segment.start

    start("ncc", ("down",), protocol="sre")
    runs = read_run(tmp_path / "results", "squares", "mine", "sre").trajectories["down"]
    np.testing.assert_array_equal(
        [run.boxes[0] for run in runs], shifted_boxes(squares["down"].truth[0], width=64, height=64)
    )
    assert all(len(run.boxes) == 24 for run in runs)


def test_manifest_records_settings_and_environment(start: Callable[..., RunSummary], tmp_path: Path) -> None:
    start("ncc", settings={"reach": "2"}, seed=3)
    manifest = RunFolder(tmp_path / "results", "squares", "mine", "ope").read_manifest()
    assert manifest is not None
    assert manifest.identity is not None
    assert manifest.identity.settings == {"reach": "2"}
    assert manifest.identity.seed == 3
    assert len(manifest.environments) == 1
    assert {"python", "processor", "packages", "commit", "device"} <= set(manifest.environments[0])
    assert manifest.sequences["right"].frames == 12


@pytest.mark.parametrize("isolate", [False, True])
def test_helper_module_counts_for_identity(
    squares: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, isolate: bool
) -> None:
    name = f"helper_of_{'isolated' if isolate else 'plain'}_zz"
    (tmp_path / f"{name}.py").write_text("STEP = 1.0\n")
    (tmp_path / "unused_zz.py").write_text("")
    (tmp_path / "plug_in.py").write_text(
        "from trackers import Tracker\n"
        "class T(Tracker):\n"
        "    def init(self, frame, box): self.box = box\n"
        "    def update(self, frame):\n"
        f"        from {name} import STEP\n"
        "        return self.box + [STEP, 0, 0, 0]\n"
    )
    monkeypatch.setattr("sys.path", [*sys.path])
    spec = TrackerSpec(f"{tmp_path / 'plug_in.py'}:T", isolate=isolate)
    settings = RunSettings(spec=spec, name="t", results=tmp_path / "r")
    assert run(settings, squares, ["right"]).failed == {}
    (tmp_path / "unused_zz.py").write_text("# changed")
    assert run(settings, squares, ["right", "down"]).reused == 1
    (tmp_path / f"{name}.py").write_text("STEP = 2.0\n")
    with pytest.raises(UserError, match="holds results made with other code"):
        run(settings, squares, squares.names())
