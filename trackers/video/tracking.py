"""Runs a tracker on an unlabeled video, as `sotbench demo` does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from trackers.box_validation import validate_region
from trackers.errors import UserError, describe_error
from trackers.regions import bounding_box
from trackers.signals import override_signal_handler
from trackers.timing import timed_call
from trackers.tracker import Boxes, Frame, Tracker
from trackers.video.drawing import TRACKER_COLOR, draw_region, draw_text, line_width


@dataclass
class TrackingResult:
    """Boxes and times of a tracker on a video.

    Attributes:
        boxes: a box for each frame, shape (4,), the first as given; NaN where the target is absent.
        seconds: the tracker's time for each update.
        error: why tracking ended before the video, if it did.
    """

    boxes: list[Boxes] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    error: UserError | None = None

    @property
    def fps(self) -> float | None:
        """Updates per second of the tracker's own time; None without an update."""
        total = sum(self.seconds)
        return len(self.seconds) / total if total else None


def track_frames(
    tracker: Tracker, frames: Iterable[Frame], box: Boxes, result: TrackingResult, stop: Callable[[], bool]
) -> Iterator[Frame]:
    """Yields each frame with the tracker's box drawn on it.

    If the tracker fails or the video is damaged, the iteration ends as at the end of the video, so that the
    output so far can be kept, and `result.error` is set.

    Args:
        tracker: the tracker.
        frames: RGB, uint8, shape (H, W, 3).
        box: the target in the first frame, shape (4,): x, y, w, h in pixels, 0-based.
        result: filled in.
        stop: called before each frame; True ends tracking.
    """
    images = iter(frames)
    while not stop():
        try:
            frame = next(images, None)
        except UserError as error:
            result.error = error
            return
        if frame is None:
            return
        number = len(result.boxes)
        try:
            call = timed_call(tracker, frame, None if number else box)
            found = bounding_box(validate_region(call.prediction, frame.shape[:2]))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a tracker may raise anything
            result.error = UserError(
                f"the tracker failed at frame {number}: {describe_error(error)}; "
                "`sotbench check` may tell more"
            )
            result.error.__cause__ = error
            return
        result.boxes.append(found)
        if number:
            result.seconds.append(call.seconds)
        yield _drawn(frame, found, number, result.fps)


def _drawn(frame: Frame, box: Boxes, number: int, fps: float | None) -> Frame:
    image = frame.copy()
    draw_region(image, box, TRACKER_COLOR, line_width(image))
    size = max(12, image.shape[0] // 30)
    speed = f"  {fps:.0f} FPS" if fps else ""
    draw_text(image, f" {number}{speed} ", 0, 0, size)
    return image


@contextmanager
def until_interrupted() -> Iterator[Callable[[], bool]]:
    """Yields a function that returns whether Ctrl-C was pressed; only a second Ctrl-C raises an exception."""
    pressed = threading.Event()

    def record(number: int, stack: object) -> None:  # noqa: ARG001
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    with override_signal_handler(signal.SIGINT, record):
        yield pressed.is_set
