"""A tracker over footage that nobody has labelled: what `python -m trackers.demo` does."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from trackers.box_validation import prediction_array, validate_region
from trackers.errors import UserError, describe_error
from trackers.regions import bounding_box
from trackers.signals import override_signal_handler
from trackers.tracker import Boxes, Frame, Tracker, tracker_seconds
from trackers.video.drawing import TRACKER_COLOR, draw_region, draw_text, line_width


@dataclass
class TrackingResult:
    """What came of following a target.

    Attributes:
        boxes: one for each frame, shape (4,), the first as it was given; NaN where the target is absent.
        seconds: the tracker's time for each update.
        error: why it ended before the footage did, if it did.
    """

    boxes: list[Boxes] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    error: UserError | None = None

    @property
    def fps(self) -> float | None:
        """Updates per second of the tracker's own time; None where there was no update."""
        total = sum(self.seconds)
        return len(self.seconds) / total if total else None


def track_frames(
    tracker: Tracker, frames: Iterable[Frame], box: Boxes, outcome: TrackingResult, ended: Callable[[], bool]
) -> Iterator[Frame]:
    """Yields each frame with the tracker's box on it.

    A tracker that fails and footage that is damaged end it as if it were over, so that what was made so far
    can be kept; `outcome.error` says so.

    Args:
        tracker: in working order.
        frames: RGB, uint8, shape (H, W, 3).
        box: the target in the first frame, shape (4,): x, y, w, h in pixels, 0-based.
        outcome: is filled in.
        ended: asked before each frame whether to stop.
    """
    images = iter(frames)
    while not ended():
        try:
            frame = next(images, None)
        except UserError as error:
            outcome.error = error
            return
        if frame is None:
            return
        number = len(outcome.boxes)
        try:
            tracker.synchronize()
            begin = time.perf_counter()
            if number == 0:
                tracker.init(frame, box.copy())
                answer = box
            else:
                answer = prediction_array(tracker.update(frame))
            tracker.synchronize()
            elapsed = time.perf_counter() - begin
            region = validate_region(answer, frame.shape[:2])
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a tracker may raise anything
            outcome.error = UserError(
                f"the tracker failed at frame {number}: {describe_error(error)}; "
                "`python -m trackers check` tells more"
            )
            outcome.error.__cause__ = error
            return
        found = bounding_box(region)
        outcome.boxes.append(found)
        if number:
            outcome.seconds.append(tracker_seconds(tracker, elapsed))
        yield _shown(frame, found, number, outcome.fps)


def _shown(frame: Frame, box: Boxes, number: int, fps: float | None) -> Frame:
    image = frame.copy()
    draw_region(image, box, TRACKER_COLOR, line_width(image))
    size = max(12, image.shape[0] // 30)
    speed = f"  {fps:.0f} FPS" if fps else ""
    draw_text(image, f" {number}{speed} ", 0, 0, size)
    return image


@contextmanager
def until_interrupted() -> Iterator[Callable[[], bool]]:
    """Tells whether Ctrl-C was pressed, instead of breaking off; a second one breaks off all the same."""
    pressed = threading.Event()

    def note(number: int, stack: object) -> None:  # noqa: ARG001
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    with override_signal_handler(signal.SIGINT, note):
        yield pressed.is_set
