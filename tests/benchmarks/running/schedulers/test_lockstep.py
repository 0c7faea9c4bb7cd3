"""Sequences in a batch give the same results as alone, even if one of them fails."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from box_files import box_files
from small_networks import gradnet_weights, siamfc_weights

from benchmarks.cli.main import main
from benchmarks.running.progress import RunProgress
from benchmarks.store import RunFolder

# Computes its boxes from the box and frames of each slot, so that mixed-up slots show. Only the frames of
# sequence "down" are all 77: its third update fails as `how` says.
BATCH = """
import numpy as np
from trackers.tracker import BatchTracker

class OutOfMemoryError(RuntimeError): pass

class Bad(BatchTracker):
    deterministic = True
    def __init__(self, slots: int, how: str = "well"):
        self.how, self.boxes, self.calls, self.slots = how, [None] * slots, [0] * slots, slots
        self.deterministic = how != "draws"
    def init(self, slots, frames, boxes):
        for slot, frame, box in zip(slots, frames, boxes):
            self.boxes[slot], self.calls[slot] = np.append(box, frame.sum()), 0
    def update(self, slots, frames):
        found = np.empty((len(slots), 4))
        for row, (slot, frame) in enumerate(zip(slots, frames)):
            self.calls[slot] += 1
            found[row] = self.boxes[slot][:4] + [frame.sum() % 97, self.boxes[slot][4] % 89, 0, 0]
            if self.calls[slot] == 3 and (frame == 77).all():
                if self.how == "raises": raise RuntimeError("out of luck")
                if self.how == "nan": found[row] = [np.nan, 1, 1, 1]
                if self.how == "memory": raise OutOfMemoryError("CUDA out of memory")
                if self.how == "cudnn": raise RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")
        return found
"""


@pytest.fixture
def bad(marked_squares: Any, tmp_path: Path) -> str:
    (tmp_path / "bad.py").write_text(BATCH)
    return f"{tmp_path / 'bad.py'}:Bad"


def run_tracker(
    tracker: str, results: Path, *options: str, dataset: str = "squares"
) -> tuple[int, dict[str, Any]]:
    status = main(
        [
            "run",
            "--tracker",
            tracker,
            "--dataset",
            dataset,
            "--results",
            str(results),
            "--name",
            "t",
            *options,
        ]
    )
    protocol = options[options.index("--protocol") + 1] if "--protocol" in options else "ope"
    manifest = json.loads(RunFolder(results, dataset, "t", protocol).manifest_path.read_text())
    records: dict[str, Any] = manifest["sequences"]
    return status, records


@pytest.mark.parametrize("protocol", ["ope", "tre", "supervised"])
@pytest.mark.parametrize("slots", [2, 3, 16])
def test_batch_gives_the_same_boxes_as_sequential(
    bad: str, tmp_path: Path, slots: int, protocol: str
) -> None:
    for name, options in (("alone", ()), ("batch", ("--batch", str(slots)))):
        status, records = run_tracker(bad, tmp_path / name, "--protocol", protocol, *options)
        assert status == 0
        assert len(records) == 4
    assert box_files(tmp_path / "batch") == box_files(tmp_path / "alone")


@pytest.mark.parametrize("options", [(), ("--batch", "2")])
def test_image_size_is_read_from_the_first_frame(
    bad: str, squares: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    run_tracker(bad, tmp_path / "with-size", "--protocol", "sre", *options)
    load = type(squares).__getitem__
    monkeypatch.setattr(type(squares), "__getitem__", lambda self, name: replace(load(self, name), size=None))
    status, records = run_tracker(bad, tmp_path / "without-size", "--protocol", "sre", *options)
    assert status == 0
    assert {len(record["runs"]) for record in records.values()} == {12}
    assert box_files(tmp_path / "without-size") == box_files(tmp_path / "with-size")


@pytest.mark.parametrize("options", [(), ("--batch", "2")])
def test_vanished_frames_fail_only_their_sequence(
    bad: str, squares: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    start = RunProgress.start

    def vanish(self: RunProgress, sequence: str, frames: int) -> None:
        squares.lost = {"right"}
        start(self, sequence, frames)

    monkeypatch.setattr(RunProgress, "start", vanish)
    ended, records = run_tracker(bad, tmp_path, *options)
    assert ended == 1
    assert records["right"]["message"] == "right: its frames are missing"
    assert sum(record["status"] == "ok" for record in records.values()) == 3


@pytest.mark.parametrize(
    ("how", "status", "message"),
    [
        ("raises", "failed", "frame 3: RuntimeError: out of luck"),
        ("nan", "invalid", "frame 3: [nan, 1.0, 1.0, 1.0] is not a box"),
    ],
)
def test_tracker_failure_fails_only_its_sequence(
    bad: str, tmp_path: Path, how: str, status: str, message: str
) -> None:
    ended, records = run_tracker(bad, tmp_path, "--batch", "3", "--set", f"how={how}")
    assert ended == 1
    assert {name: record["status"] for name, record in records.items()} == {
        "right": "ok",
        "down": status,
        "single": "ok",
        "both": "ok",
    }
    assert message in records["down"]["message"]
    run_tracker(bad, tmp_path / "well")
    for name in ("squares/t/ope/right.txt", "squares/t/ope/both.txt"):
        assert box_files(tmp_path)[name] == box_files(tmp_path / "well")[name]


def test_damaged_frame_fails_only_its_sequence(bad: str, squares: Any, tmp_path: Path) -> None:
    squares.broken = {"right": frozenset({4})}
    ended, records = run_tracker(bad, tmp_path, "--batch", "3")
    assert ended == 1
    assert records["right"]["message"] == "frame 4 is damaged"
    assert sum(record["status"] == "ok" for record in records.values()) == 3


def test_timeout_in_a_batch(bad: str, tmp_path: Path) -> None:
    ended, records = run_tracker(bad, tmp_path, "--batch", "4", "--timeout", "1e-9")
    assert ended == 1
    assert {record["status"] for record in records.values()} == {"timeout"}


def test_batch_reports_throughput_but_no_times(
    bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_tracker(bad, tmp_path, "--batch", "4")
    folder = RunFolder(tmp_path, "squares", "t", "ope")
    manifest = folder.read_manifest()
    assert manifest
    (trajectory,) = folder.read("right", manifest.sequences["right"]) or []
    assert np.isnan(trajectory.seconds).all()
    assert manifest.environments[0]["batch"] == 4
    said = capsys.readouterr().err
    assert "frames/s in batches of up to 4" in said
    assert "FPS" not in said


def test_batch_reuses_sequential_results(
    bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_tracker(bad, tmp_path, "--sequences", "right", "both")
    run_tracker(bad, tmp_path, "--batch", "4")
    assert "4 of 4 sequences ok (2 from an earlier run)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("tracker", "options", "sentence"),
    [
        ("ncc", (), "tracker 'ncc' follows one target at a time; leave --batch out"),
        ("BAD", ("--isolate",), "follows one target at a time; leave --batch out or --isolate"),
        ("BAD", ("--protocol", "realtime"), "protocol realtime needs the time of each update"),
        ("BAD", ("--set", "how=draws"), "a tracker that is not deterministic cannot run in a batch"),
        ("BAD", ("--set", "how=memory"), "a batch of 3 does not fit into the device's memory"),
        ("BAD", ("--set", "how=cudnn"), "a batch of 3 does not fit into the device's memory"),
    ],
)
def test_impossible_batch_is_one_sentence(
    bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], tracker: str, options: Any, sentence: str
) -> None:
    words = ["run", "--tracker", tracker.replace("BAD", bad), "--dataset", "squares", "--batch", "3"]
    assert main([*words, "--results", str(tmp_path / "results"), *options]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert sentence in line


LATE = """
import numpy as np
from trackers.tracker import TensorTracker

class Late(TensorTracker):
    deterministic = True
    lent = []
    def __init__(self, slots: int, device: str = "cpu", wrong: bool = False, breaks: bool = False):
        self.last, self.wrong, self.breaks, self.begun, self.waited = [None] * slots, wrong, breaks, 0, 0
        self.slots, self.most = slots, 0
    def init(self, slots, frames, boxes):
        for slot, box in zip(slots, boxes): self.last[slot] = box
    def update(self, slots, frames):
        return self.begin(slots, frames)()
    def reserve(self, shape, count):
        self.lent += [np.empty(shape, np.uint8) for _ in range(count)]
    def place(self, shape):
        return self.lent.pop() if self.lent and self.lent[-1].shape == shape else None
    def begin(self, slots, frames):
        self.begun += 1
        self.most = max(self.most, self.begun - self.waited)
        with open("most", "a") as file: file.write(f"{self.most}\\n")
        found = []
        for slot, frame in zip(slots, frames):
            self.last[slot] = self.last[slot] + [frame.sum() % 7, frame.sum() % 5, 0, 0]
            found.append(self.last[slot] * (-1 if self.wrong and self.last[slot][0] > 30 else 1))
        def wait():
            self.waited += 1
            if self.breaks and self.slots > 1 and self.waited == 3: raise RuntimeError("too many")
            return np.array(found)
        return wait
"""


@pytest.fixture
def late(marked_squares: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "late.py").write_text(LATE)
    monkeypatch.chdir(tmp_path)
    return f"{tmp_path / 'late.py'}:Late"


@pytest.mark.parametrize(("protocol", "most"), [("ope", 2), ("tre", 2), ("sre", 2), ("supervised", 1)])
@pytest.mark.parametrize("breaks", ["false", "true"])
def test_open_loop_protocols_are_pipelined(
    late: str, tmp_path: Path, protocol: str, most: int, breaks: str
) -> None:
    assert run_tracker(late, tmp_path / "alone", "--protocol", protocol)[0] == 0
    (tmp_path / "most").unlink()
    options = ("--protocol", protocol, "--batch", "3", "--set", f"breaks={breaks}")
    status, _ = run_tracker(late, tmp_path / "batch", *options)
    assert status == 0
    assert max(map(int, (tmp_path / "most").read_text().split())) == most
    assert box_files(tmp_path / "batch") == box_files(tmp_path / "alone")


def test_pipelined_predictions_fail_like_sequential_ones(late: str, squares: Any, tmp_path: Path) -> None:
    squares.broken = {"both": frozenset({9})}
    found = []
    for name, options in (("alone", ()), ("batch", ("--batch", "2"))):
        status, records = run_tracker(late, tmp_path / name, "--set", "wrong=true", *options)
        assert status == 1
        found.append({name: (record["status"], record.get("message")) for name, record in records.items()})
    assert found[0] == found[1]
    assert "invalid" in {status for status, _ in found[0].values()}


@pytest.mark.parametrize("tracker", ["siamfc", "siamfc-gd", "gradnet", "gradnet-paper"])
def test_builtin_trackers_give_the_same_bytes_in_a_batch(tracker: str, tmp_path: Path) -> None:
    file = (siamfc_weights if tracker.startswith("siamfc") else gradnet_weights)(tmp_path)
    options = ("--weights", str(file), "--device", "cpu", "--sequences", "easy", "scale", "rotation")
    for name, more in (("alone", ()), ("batch", ("--batch", "2"))):
        assert run_tracker(tracker, tmp_path / name, *options, *more, dataset="demo")[0] == 0
    alone = box_files(tmp_path / "alone")
    assert len(alone) == 3
    assert box_files(tmp_path / "batch") == alone


def test_no_more_slots_than_sequences(bad: str, tmp_path: Path) -> None:
    for names, slots in ((["right"], 1), (["right", "both"], 2)):
        results = tmp_path / str(slots)
        assert run_tracker(bad, results, "--batch", "100000", "--sequences", *names)[0] == 0
        manifest = json.loads(RunFolder(results, "squares", "t", "ope").manifest_path.read_text())
        [environment] = manifest["environments"]
        assert environment["batch"] == slots


@pytest.mark.parametrize("options", [(), ("--batch", "2")])
def test_polygons_become_boxes_with_one_warning(
    squares: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    (tmp_path / "polygons.py").write_text(
        "import numpy as np\n"
        "from trackers.tracker import BatchTracker\n"
        "class T(BatchTracker):\n"
        "    deterministic = True\n"
        "    def __init__(self, slots: int = 1): self.boxes = np.zeros((slots, 4))\n"
        "    def init(self, slots, frames, boxes): self.boxes[slots] = boxes\n"
        "    def update(self, slots, frames):\n"
        "        x, y, w, h = self.boxes[slots].T\n"
        "        return np.stack([x, y + h / 2, x + w / 2, y, x + w, y + h / 2, x + w / 2, y + h], axis=1)\n"
    )
    for protocol, columns, kept in (("ope", 4, "upright"), ("unsupervised", 8, "rotated")):
        words = ("--protocol", protocol, "--sequences", "right", "down", *options)
        assert run_tracker(f"{tmp_path}/polygons.py:T", tmp_path / "r", *words)[0] == 0
        said = f"protocol {protocol} uses the {kept} box around each"
        assert capsys.readouterr().err.count(said) == 1
        path = RunFolder(tmp_path / "r", "squares", "t", protocol).path / "right.txt"
        rows = [line.split(",") for line in path.read_text().splitlines()]
        assert {len(row) for row in rows} == {columns}
        assert [float(number) for number in rows[5]] == (
            [10, 8, 12, 10] if columns == 4 else [10, 13, 16, 8, 22, 13, 16, 18]
        )
