"""The tracker `onnx` on small networks, its messages, and NanoTrack against OpenCV's."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset
from benchmarks.store import read_run
from trackers import TRACKERS, TrackerSpec, UserError

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed (extra onnx)")
pytest.importorskip("onnx", reason="onnx is not installed (extra onnx)")

from onnx_models import DESCRIPTION, save, write_tracker


def build(description: Path, **settings: Any) -> Any:
    return TrackerSpec("onnx", device="cpu", settings={"description": str(description), **settings}).build()


@pytest.mark.parametrize("size", [None, 72])
def test_follows_bright_squares_whatever_size_it_was_exported_for(
    size: int | None, squares: Any, tmp_path: Path
) -> None:
    description = write_tracker(tmp_path, size)
    words = ["run", "--tracker", "onnx", "--set", f"description={description}", "--dataset", "squares"]
    assert main([*words, "--results", str(tmp_path / "results")]) == 0
    runs = read_run(tmp_path / "results", "squares", "onnx").trajectories
    for name in squares.names():
        truth, boxes = squares[name].truth, runs[name][0].boxes
        centers = np.abs(boxes[:, :2] + boxes[:, 2:] / 2 - truth[:, :2] - truth[:, 2:] / 2)
        assert centers.max() < 8, name


def test_run_records_the_models(tmp_path: Path) -> None:
    description = write_tracker(tmp_path)
    spec = TrackerSpec("onnx", settings={"description": str(description)})
    names = [path.name for path in spec.provenance(spec.build()).files]
    assert names == ["tracker.py", "tracker.toml", "backbone.onnx", "head.onnx"]


@pytest.mark.parametrize("options", [[], ["--isolate"]])
def test_changed_model_is_refused_by_its_name(
    options: list[str], squares: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    description = write_tracker(tmp_path)
    words = ["run", "--tracker", "onnx", "--set", f"description={description}", "--dataset", "squares"]
    words += ["--sequences", "single", "--results", str(tmp_path / "results"), *options]
    assert main(words) == 0
    [path] = (tmp_path / "results").rglob("run.json")
    names = ("tracker.toml", "backbone.onnx", "head.onnx")
    expected = {name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in names}
    assert json.loads(path.read_text())["environments"][0]["models"] == expected
    model = tmp_path / "head.onnx"
    model.write_bytes(model.read_bytes() + b"\x32\x00")  # an empty field, which changes no box
    capsys.readouterr()
    assert main(words) == 2
    assert "results made with other model file head.onnx; give --name" in capsys.readouterr().err


def test_settings_replace_the_description(tmp_path: Path) -> None:
    frame = np.zeros((80, 80, 3), dtype=np.uint8)
    frame[20:30, 50:60] = 255
    boxes = []
    for settings in ({}, {"window": 1.0}):
        tracker = build(write_tracker(tmp_path), **settings)
        tracker.init(frame, np.array([30.0, 30, 20, 20]))
        boxes.append(tracker.update(frame))
    assert boxes[0][0] > 35
    box, confidence = tracker.update_with_confidence(frame)
    np.testing.assert_array_equal(box, [30, 30, 20, 20])
    assert 0 < confidence < 1
    np.testing.assert_array_equal(boxes[1], [30, 30, 20, 20])


def swapped(folder: Path) -> None:
    (folder / "head.onnx").write_bytes((folder / "backbone.onnx").read_bytes())


def renamed(folder: Path) -> None:
    text = (folder / "tracker.toml").read_text()
    (folder / "tracker.toml").write_text(text.replace('"score"', '"cls"'))


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda folder: (folder / "head.onnx").unlink(), r"there is no model .*head\.onnx"),
        (
            lambda folder: (folder / "head.onnx").write_bytes(b"junk"),
            r"head\.onnx is a text file that begins with",
        ),
        (swapped, r"head\.onnx has no input 'z'; its inputs: image"),
        (renamed, r"head\.onnx has no output 'cls'; its outputs: score, box"),
        (
            lambda folder: write_tracker(folder, depth=5),
            r"'score' has shape \(1, 5, 9, 9\), not \(1, 1, n, n\)",
        ),
        (lambda folder: (folder / "tracker.toml").unlink(), r"tracker\.toml: No such file"),
    ],
)
def test_networks_that_do_not_fit_are_refused_before_the_first_sequence(
    spoil: Any, expected: str, squares: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    description = write_tracker(tmp_path)
    spoil(tmp_path)
    words = ["run", "--tracker", "onnx", "--set", f"description={description}", "--dataset", "squares"]
    assert main([*words, "--sequences", "right", "--results", str(tmp_path / "results")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert re.search(expected, error), error
    assert not (tmp_path / "results").exists()


def test_network_with_another_input_is_refused(tmp_path: Path) -> None:
    from onnx import helper

    description = write_tracker(tmp_path)
    one = [1, 1, None, None]
    nodes = [
        helper.make_node("Sum", ["z", "x", "more"], ["score"]),
        helper.make_node("Identity", ["x"], ["box"]),
    ]
    save(tmp_path / "head.onnx", nodes, {"z": one, "x": one, "more": one}, {"score": one, "box": one}, {})
    with pytest.raises(UserError, match="takes another input, 'more'"):
        build(description)


def test_missing_onnxruntime_and_description_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=r"needs its description; give --set description=FILE\.toml"):
        TrackerSpec("onnx").build()
    description = write_tracker(tmp_path)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UserError, match=r"pip install 'sotbench\[onnx\]'"):
        build(description)


def test_one_model_with_two_images(tmp_path: Path) -> None:
    from onnx import helper

    nodes = [
        helper.make_node("Conv", ["x", "mean"], ["score"], strides=[8, 8]),
        helper.make_node("Conv", ["x", "zero", "edges"], ["grid"], strides=[8, 8]),
        helper.make_node("ReduceMean", ["z"], ["level"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Add", ["grid", "level"], ["box"]),
    ]
    image = [1, 3, None, None]
    maps = {"score": [1, 1, None, None], "box": [1, 4, None, None]}
    constants = {
        "mean": np.full((1, 3, 8, 8), 1 / 192 / 32),
        "zero": np.zeros((4, 3, 8, 8)),
        "edges": np.full(4, 12.0),
    }
    save(tmp_path / "all.onnx", nodes, {"z": image, "x": image}, maps, constants)
    text = DESCRIPTION.format(template=40, search=72).replace('backbone = "backbone.onnx"\n', "")
    (tmp_path / "tracker.toml").write_text(text.replace('head = "head.onnx"', 'model = "all.onnx"'))
    frame = np.zeros((80, 80, 3), dtype=np.uint8)
    frame[20:36, 50:66] = 255
    tracker = build(tmp_path / "tracker.toml")
    tracker.init(frame, np.array([36.0, 26, 20, 20]))
    assert tracker.update(frame)[0] > 40


@pytest.mark.shared
def test_nanotrack_gives_the_boxes_of_opencv_but_for_fractions(shared: Path) -> None:
    if "opencv-nano" not in TRACKERS:
        pytest.skip("this OpenCV has no TrackerNano")
    folder = shared / "weights" / "NanoTrack"
    backbone, neckhead = (folder / f"nanotrackv2_nanotrack_{part}_sim.onnx" for part in ("backbone", "head"))
    theirs = TrackerSpec(
        "opencv-nano", settings={"backbone": str(backbone), "neckhead": str(neckhead)}
    ).build()
    example = Path(__file__).parents[4] / "examples" / "nanotrack.toml"
    ours = build(example, models=str(folder), rules="opencv")
    sequence = open_dataset("otb2015", shared / "datasets")["Crossing"]
    frames = sequence.open_frames()
    for tracker in (theirs, ours):
        tracker.init(frames[0], sequence.truth[0])
    for number in range(1, 60):
        box = ours.update(frames[number])
        # OpenCV answers whole pixels, truncated; its arithmetic has 32 bits.
        assert np.abs(theirs.update(frames[number]) - box).max() < 1.01
