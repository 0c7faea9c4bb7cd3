"""OpenCV's trackers: listing, arguments, and tracking."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from benchmarks.cli.main import main
from trackers import TRACKERS, TrackerSpec, UserError
from trackers.external.toolkits import opencv
from trackers.seeding import seed_generators


def test_available_opencv_trackers_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in opencv.ENTRIES:
        kind = TRACKERS.load(name).kind
        assert (name in TRACKERS) == hasattr(cv2, kind)
    stubs = "class TrackerMIL(Tracker):"
    opencv.has.cache_clear()
    monkeypatch.setattr(opencv, "_stubs", lambda: stubs)
    assert [name for name in TRACKERS if name.startswith("opencv")] == ["opencv-mil"]
    opencv.has.cache_clear()


def test_mil_follows_square(squares: Any) -> None:
    sequence = squares["right"]
    frames = sequence.open_frames()
    tracker = TrackerSpec("opencv-mil").build()
    seed_generators(0)
    tracker.init(frames[0], sequence.truth[0])
    for number in range(1, len(frames)):
        box = tracker.update(frames[number])
        # MIL is random; a box that does not move would be farther away at the end.
        assert np.abs(box - sequence.truth[number]).max() <= 8
    assert np.abs(sequence.truth[0] - sequence.truth[-1]).max() > 8
    assert tracker.own_seconds


def test_opencv_gets_bgr_whole_pixels_and_parameters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[Any] = []

    class Fake:
        answers = iter([(True, (0, 0, 9, 9)), (True, (3, 4, 5, 6)), (False, (0, 0, 0, 0))])

        def init(self, image: Any, box: Any) -> None:
            seen.append((image, box))

        def update(self, image: Any) -> Any:
            return next(self.answers)

    def create(params: Any) -> Fake:
        seen.append(params)
        return Fake()

    class Params:
        backbone, neckhead, target = "", "", 0

    for name, value in (("", Fake), ("_Params", Params), ("_create", create)):
        monkeypatch.setattr(cv2, f"TrackerNano{name}", value, raising=False)
    monkeypatch.setattr(cv2.dnn, "readNet", lambda path: None)
    for name in ("b.onnx", "h.onnx"):
        (tmp_path / name).touch()
    settings = {"backbone": str(tmp_path / "b.onnx"), "neckhead": str(tmp_path / "h.onnx"), "target": "2"}
    tracker = TrackerSpec("opencv-nano", settings=settings).build()
    seen.clear()  # what the check of the model left
    frame = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    tracker.init(frame, np.array([1.4, 2.6, 3.5, 0.2]))
    params, (image, box) = seen
    assert (params.backbone, params.neckhead, params.target) == (*list(settings.values())[:2], 2)
    np.testing.assert_array_equal(image, frame[:, :, ::-1])
    assert box == (1, 3, 4, 1)
    np.testing.assert_array_equal(tracker.update(frame), [3, 4, 5, 6])
    np.testing.assert_array_equal(tracker.update(frame), [3, 4, 5, 6], "lost: repeats its last box")


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("opencv-nano", {}, "needs its model; give --set backbone=FILE neckhead=FILE"),
        ("opencv-vit", {"net": "no.onnx"}, "net of tracker 'opencv-vit': there is no file no.onnx"),
        ("opencv-mil", {"samplerSearchWin": "3"}, r"did you mean 'samplerSearchWinSize'\?"),
    ],
)
def test_user_errors_are_one_sentence(name: str, settings: dict[str, str], expected: str) -> None:
    if name not in TRACKERS:
        pytest.skip(f"this OpenCV has no {name}")
    with pytest.raises(UserError, match=expected):
        TrackerSpec(name, settings=settings).build()


def test_missing_opencv_tracker_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "TrackerMIL")
    with pytest.raises(UserError, match=r"the installed OpenCV .* has no TrackerMIL"):
        TrackerSpec("opencv-mil").build()


MODEL_TRACKERS = [name for name in opencv.ENTRIES if TRACKERS.load(name).models]


@pytest.mark.parametrize("name", MODEL_TRACKERS)
def test_damaged_model_is_refused_when_the_tracker_is_built(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if name not in TRACKERS:
        pytest.skip(f"this OpenCV has no {name}")
    kind = TRACKERS.load(name)
    path = tmp_path / "model.onnx"
    path.write_bytes(b"junk")
    with pytest.raises(UserError, match=f"cannot read {path}, which is damaged .*; it takes {kind.wanted}"):
        TrackerSpec(name, settings=dict.fromkeys(kind.models, str(path))).build()
    assert not capfd.readouterr().err, "OpenCV prints nothing of its own"


def nanotrack_files(folder: Path, count: int) -> dict[str, str]:
    """Writes networks with NanoTrack's inputs and outputs, and maps of `count` x `count` positions."""
    pytest.importorskip("onnx", reason="onnx is not installed (extra onnx)")
    from onnx import helper
    from onnx_models import save

    kernel = {"kernel": np.zeros((1, 3, 16, 16))}
    conv = helper.make_node("Conv", ["input", "kernel"], ["output"], strides=[16, 16], pads=[8, 8, 8, 8])
    save(folder / "b.onnx", [conv], {"input": [1, 3, 255, 255]}, {"output": [1, 1, 16, 16]}, kernel)
    nodes = [
        helper.make_node("ReduceMean", ["input1"], ["level"], axes=[2, 3], keepdims=1),
        helper.make_node("ReduceMean", ["input2"], ["other"], axes=[2, 3], keepdims=1),
        helper.make_node("Add", ["level", "other"], ["both"]),
        helper.make_node("Add", ["both", "scores"], ["output1"]),
        helper.make_node("Add", ["both", "edges"], ["output2"]),
    ]
    maps = {"output1": [1, 2, count, count], "output2": [1, 4, count, count]}
    constants = {"scores": np.zeros((1, 2, count, count)), "edges": np.full((1, 4, count, count), 20.0)}
    inputs = {"input1": [1, 1, 8, 8], "input2": [1, 1, 16, 16]}
    save(folder / "h.onnx", nodes, inputs, maps, constants)
    return {"backbone": str(folder / "b.onnx"), "neckhead": str(folder / "h.onnx")}


def test_model_with_other_maps_is_refused_before_the_first_sequence(
    squares: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "opencv-nano" not in TRACKERS:
        pytest.skip("this OpenCV has no opencv-nano")
    TrackerSpec("opencv-nano", settings=nanotrack_files(tmp_path, 16)).build()
    settings = [f"{field}={path}" for field, path in nanotrack_files(tmp_path, 25).items()]
    words = ["run", "--tracker", "opencv-nano", "--set", *settings, "--dataset", "squares"]
    assert main([*words, "--sequences", "right", "--results", str(tmp_path / "results")]) == 2
    error = capsys.readouterr().err
    assert "it takes NanoTrack V2" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "results").exists()


def nano_run(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    """Runs opencv-nano with the files in `folder`; returns the exit status and what it printed on errors."""
    settings = [f"backbone={folder / 'b.onnx'}", f"neckhead={folder / 'h.onnx'}"]
    words = ["run", "--tracker", "opencv-nano", "--set", *settings, "--dataset", "squares"]
    status = main([*words, "--sequences", "right", "--results", str(folder / "results"), *more])
    return status, capsys.readouterr().err


def digests(folder: Path, *names: str) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def test_run_records_model_files_and_refuses_changed_ones(
    squares: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "opencv-nano" not in TRACKERS:
        pytest.skip("this OpenCV has no opencv-nano")
    nanotrack_files(tmp_path, 16)
    assert nano_run(tmp_path, capsys)[0] == 0
    [path] = (tmp_path / "results").rglob("run.json")
    expected = digests(tmp_path, "b.onnx", "h.onnx")
    assert json.loads(path.read_text())["environments"][0]["models"] == expected
    assert "(1 from an earlier run)" in nano_run(tmp_path, capsys)[1]

    model = tmp_path / "h.onnx"
    model.write_bytes(model.read_bytes() + b"\x32\x00")  # an empty field, which changes no box
    status, said = nano_run(tmp_path, capsys)
    assert status == 2
    assert "holds results made with other model file h.onnx; give --name to keep both, or --overwrite" in said
    assert nano_run(tmp_path, capsys, "--overwrite")[0] == 0
    assert json.loads(path.read_text())["environments"][-1]["models"] == digests(tmp_path, "b.onnx", "h.onnx")
