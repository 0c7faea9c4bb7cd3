"""Adapters for trackers of got10k, pysot and pytracking."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.cli.main import main
from benchmarks.store import read_run
from trackers import TrackerSpec, UserError
from trackers.box_validation import to_bounding_box
from trackers.errors import InvalidPrediction
from trackers.external.toolkits.adapters import Adapter

FOREIGN = """
import time
import numpy as np

class Notes:
    def __init__(self, step=1.0): self.step, self.images, self.boxes = step, [], []
    def note(self, image, box=None):
        self.images.append(image)
        if box is not None: self.boxes.append(box); self.box = np.array(box, float)
        else: self.box = self.box + [self.step, 0, 0, 0]; return self.box

class Got10k(Notes):
    is_deterministic = True
    def init(self, image, box): self.note(image, box)
    def update(self, image): return self.note(image)

class Pysot(Notes):
    def init(self, image, box): self.note(image, box)
    def track(self, image): return {"bbox": self.note(image).tolist(), "best_score": 1.0}

class Pytracking(Notes):
    def initialize(self, image, info): self.note(image, info["init_bbox"]); return {"time": 0.1}
    def track(self, image, info=None): return {"target_bbox": self.note(image).tolist()}

class WithInfo(Pytracking):
    def track(self, image, info): return {"target_bbox": self.note(image).tolist(), **info}

class Declares(Got10k):
    sotbench_adapter = {"color": "bgr", "first_pixel": 1, "image": "pil"}

class Slow(Got10k):
    sotbench_adapter = {"image": "pil"}
    def update(self, image): time.sleep(0.01); return self.note(image)

class Lazy:
    def __init__(self, box): self.box = box
    def __array__(self, dtype=None, copy=None): time.sleep(0.05); return np.array(self.box)

class Asynchronous(Pysot):
    def track(self, image): return {"bbox": Lazy(self.note(image))}

class Loses(Pysot):
    sotbench_adapter = {"first_pixel": 1}
    def track(self, image): return {"bbox": None}

class Masks(Got10k):
    sotbench_adapter = {"first_pixel": 1}
    def update(self, image):
        mask = np.zeros(image.shape[:2], np.uint8)
        mask[1:3, 2:4] = 1
        return mask

class Corners(Got10k):
    sotbench_adapter = {"first_pixel": 1}
    def update(self, image): return [1, 2, 5, 2, 5, 9, 1, 9]

class Wrong(Pysot):
    def track(self, image): return {"box": [1, 2, 3, 4]}

class Undefined(Got10k):
    sotbench_adapter = 5

def make(step=3.0): return Pysot(step)
class Stranger:
    def init(self, image, box): ...
"""

FRAME = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
BOX = np.array([1.0, 2, 3, 1])


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "foreign.py").write_text(FOREIGN)
    return str(tmp_path / "foreign.py")


def moved(x: float, y: float) -> Any:
    return BOX + np.array([x, y, 0, 0])


def followed(name: str, **settings: Any) -> tuple[Any, Any]:
    """Returns the third-party tracker after two frames, and the adapter's prediction."""
    tracker = TrackerSpec(name, settings=settings).build()
    assert isinstance(tracker, Adapter)
    tracker.init(FRAME, BOX.copy())
    return tracker.foreign, tracker.update(FRAME)


@pytest.mark.parametrize("name", ["Got10k", "Pysot", "Pytracking", "WithInfo"])
def test_each_toolkit_is_recognized(file: str, name: str) -> None:
    foreign, prediction = followed(f"{file}:{name}", step="2")
    np.testing.assert_array_equal(prediction, moved(2, 0))
    np.testing.assert_array_equal(foreign.boxes[0], BOX)
    expected = FRAME[:, :, ::-1] if name == "Pysot" else FRAME
    np.testing.assert_array_equal(foreign.images[0], expected)
    np.testing.assert_array_equal(foreign.images[1], expected)
    assert foreign.images[0].flags.c_contiguous


def test_user_options_override_declared_options(file: str) -> None:
    foreign, prediction = followed(f"{file}:Declares")
    assert isinstance(foreign.images[0], Image.Image)
    np.testing.assert_array_equal(np.asarray(foreign.images[0]), FRAME[:, :, ::-1])
    np.testing.assert_array_equal(foreign.boxes[0], moved(1, 1))
    np.testing.assert_array_equal(prediction, moved(1, 0))

    own = {"adapter.color": "RGB", "adapter.image": "array", "adapter.first_pixel": "0"}
    foreign, _ = followed(f"{file}:Declares", **own)
    np.testing.assert_array_equal(foreign.images[0], FRAME)
    np.testing.assert_array_equal(foreign.boxes[0], BOX)


def test_factory_function_takes_settings(file: str) -> None:
    _, prediction = followed(f"{file}:make", step="5")
    np.testing.assert_array_equal(prediction, moved(5, 0))


def test_time_excludes_image_conversion(file: str) -> None:
    tracker = TrackerSpec(f"{file}:Slow").build()
    frame = np.zeros((1000, 1000, 3), np.uint8)
    tracker.init(frame, BOX)
    assert tracker.deterministic
    begin = time.perf_counter()
    tracker.update(frame)
    elapsed = time.perf_counter() - begin
    assert tracker.own_seconds is not None
    assert 0.01 <= tracker.own_seconds < elapsed


def test_time_includes_conversion_of_prediction(file: str) -> None:
    tracker = TrackerSpec(f"{file}:Asynchronous").build()
    tracker.init(FRAME, BOX)
    tracker.update(FRAME)
    assert isinstance(tracker, Adapter)
    assert tracker.own_seconds is not None
    assert tracker.own_seconds >= 0.05


@pytest.mark.parametrize(
    ("name", "box"), [("Loses", [np.nan] * 4), ("Masks", [2, 1, 2, 2]), ("Corners", [0, 1, 4, 7])]
)
def test_one_based_regions_are_shifted(file: str, name: str, box: list[float]) -> None:
    tracker = TrackerSpec(f"{file}:{name}").build()
    tracker.init(FRAME, BOX)
    np.testing.assert_array_equal(to_bounding_box(tracker.update(FRAME), FRAME.shape[:2]), box)


def test_missing_box_is_invalid(file: str) -> None:
    with pytest.raises(
        InvalidPrediction, match="the tracker returned a dict with box, not a dict with 'bbox'"
    ):
        followed(f"{file}:Wrong")


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("FILE:Pysot", {"adapter.colour": "bgr"}, r"no adapter.colour .*\(did you mean 'color'\?\)"),
        ("FILE:Pysot", {"adapter.color": "gray"}, "adapter.color of tracker .* is rgb or bgr, not 'gray'"),
        ("FILE:Pysot", {"adapter.first_pixel": "2"}, "is 0 or 1, not '2'"),
        ("FILE:Undefined", {}, "sotbench_adapter of tracker .* must be a dict, not 5"),
        ("FILE:Stranger", {}, "nor like one of got10k, pysot or pytracking"),
        ("FILE:Pysot", {"stpe": "1"}, "has no setting 'stpe'"),
        ("ncc", {"adapter.color": "bgr"}, "needs no adapter"),
    ],
)
def test_user_errors_are_one_sentence(file: str, name: str, settings: dict[str, str], expected: str) -> None:
    with pytest.raises(UserError, match=expected) as error:
        TrackerSpec(name.replace("FILE", file), settings=settings).build()
    assert "\n" not in str(error.value)


def test_got10k_subclass_follows_got10k_conventions(tmp_path: Path) -> None:
    pytest.importorskip("got10k")
    (tmp_path / "own.py").write_text(
        FOREIGN + "from got10k.trackers import Tracker\n"
        "class Own(Notes, Tracker):\n"
        "    def __init__(self): Notes.__init__(self); Tracker.__init__(self, 'own', True)\n"
        "    def init(self, image, box): self.note(image, box)\n"
        "    def update(self, image): return self.note(image)\n"
        "class Loop(Own):\n"
        "    def track(self, img_files, box, visualize=False): ...\n"
    )
    foreign, prediction = followed(f"{tmp_path}/own.py:Own")
    assert isinstance(foreign.images[0], Image.Image)
    np.testing.assert_array_equal(foreign.boxes[0], moved(1, 1))
    np.testing.assert_array_equal(prediction, moved(1, 0))
    foreign, _ = followed(f"{tmp_path}/own.py:Loop")
    assert isinstance(foreign.images[0], np.ndarray)


@pytest.mark.parametrize("isolate", [[], ["--isolate"]])
def test_adapter_works_in_a_run(squares: Any, file: str, tmp_path: Path, isolate: list[str]) -> None:
    words = ["run", "--tracker", f"{file}:Pysot", "--set", "step=2", "adapter.color=rgb", *isolate]
    assert main([*words, "--dataset", "squares", "--results", str(tmp_path)]) == 0
    [trajectory] = read_run(tmp_path, "squares", "Pysot").trajectories["right"]
    np.testing.assert_array_equal(trajectory.boxes[:, 0], 10 + 2 * np.arange(12))
