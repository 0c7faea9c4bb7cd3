"""OpenCV's trackers: listing, arguments, and tracking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

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
        answers = iter([(True, (3, 4, 5, 6)), (False, (0, 0, 0, 0))])

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
    for name in ("b.onnx", "h.onnx"):
        (tmp_path / name).touch()
    settings = {"backbone": str(tmp_path / "b.onnx"), "neckhead": str(tmp_path / "h.onnx"), "target": "2"}
    tracker = TrackerSpec("opencv-nano", settings=settings).build()
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
