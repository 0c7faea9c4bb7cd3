"""TrackerSpec: settings, errors, labels, pickling."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from trackers import UserError
from trackers.catalog import TRACKERS, TrackerSpec, setting_value
from trackers.ncc import NCC
from trackers.tracker import OneSlot

PLUGIN = """
import numpy as np
from trackers import BatchTracker, Tracker

class Single(Tracker):
    def __init__(self, rate: float = 0.5, steps: int = 3, mode: str = "fast", quick: bool = True):
        self.values = (rate, steps, mode, quick)
    def init(self, frame, box): self.box = box
    def update(self, frame): return self.box

class Batch(BatchTracker):
    def __init__(self, device, slots, weights=None):
        self.made = (device, slots, weights)
        self.boxes = np.zeros((slots, 4))
    def init(self, slots, frames, boxes): self.boxes[slots] = boxes
    def update(self, slots, frames): return self.boxes[slots] + 1

class Broken(Tracker):
    def __init__(self): raise RuntimeError("no memory left")
    init = update = None

class Stranger: pass
NUMBER = 5
"""


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    path = tmp_path / "plugin.py"
    path.write_text(PLUGIN)
    return str(path)


def test_every_built_in_name_can_be_imported() -> None:
    for name in TRACKERS:
        assert callable(TrackerSpec(name).factory())


def test_settings_get_the_type_of_their_default(plugin: str) -> None:
    settings = {"rate": "1", "steps": "7", "mode": "slow", "quick": "False"}
    tracker = TrackerSpec(f"{plugin}:Single", settings=settings).build()

    assert tracker.values == (1.0, 7, "slow", False)  # type: ignore[attr-defined]
    assert isinstance(tracker.values[0], float)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["{[]: 1}", "-" * 5000 + "1", "(" * 5000, "9" * 5000, "'", "1 +"])
def test_settings_that_are_not_literals_are_text(text: str) -> None:
    assert setting_value("mine", "mode", text, "slow") == text
    assert setting_value("mine", "mode", text, None) == text
    with pytest.raises(UserError, match="setting 'steps' of tracker 'mine' takes a value of type int"):
        setting_value("mine", "steps", text, 7)


def test_batch_tracker_becomes_one_slot(plugin: str, tmp_path: Path) -> None:
    weights = tmp_path / "w.pth"
    tracker = TrackerSpec(f"{plugin}:Batch", device="cpu", weights=weights).build()
    frame = np.zeros((4, 4, 3), np.uint8)

    assert isinstance(tracker, OneSlot)
    assert tracker.batch.made == ("cpu", 1, weights)  # type: ignore[attr-defined]
    tracker.init(frame, np.array([1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_array_equal(tracker.update(frame), [2, 3, 4, 5])


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        (
            "ncc",
            {"settings": {"reach": "far"}},
            "setting 'reach' of tracker 'ncc' takes a value of type float .*not 'far'",
        ),
        ("ncc", {"settings": {"raech": "1"}}, r"no setting 'raech' \(did you mean 'reach'\?\)"),
        ("ncc", {"settings": {"reach": "-1"}}, "must lie in"),
        ("ncc", {"settings": {"device": "cpu"}}, "use --device"),
        ("ncc", {"weights": Path("w.pth")}, "takes no weights"),
        ("ncc", {"device": "cuda:0"}, "runs on the CPU only"),
        ("nccc", {}, "did you mean 'ncc'"),
        ("PLUGIN:Broken", {}, "cannot be built: RuntimeError: no memory left"),
        ("PLUGIN:Stranger", {}, "not a trackers.Tracker"),
        ("PLUGIN:NUMBER", {}, "is a int, not a class"),
    ],
)
def test_user_errors_are_one_sentence(
    plugin: str, name: str, options: dict[str, object], expected: str
) -> None:
    with pytest.raises(UserError, match=expected) as error:
        TrackerSpec(name.replace("PLUGIN", plugin), **options).build()  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_labels_are_valid_folder_names() -> None:
    assert TrackerSpec("ncc").label == "ncc"
    assert TrackerSpec("some/where/file.py:Mine").label == "Mine"
    assert TrackerSpec("package.module:Outer.Inner").label == "Outer.Inner"


def test_spec_can_be_pickled() -> None:
    spec = TrackerSpec("ncc", settings={"reach": "2"})
    built = pickle.loads(pickle.dumps(spec)).build()
    assert isinstance(built, NCC)
    assert built.reach == 2.0
