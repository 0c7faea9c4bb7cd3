"""Carries out requests on one tracker, one after the other, and takes its time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from numpy.typing import NDArray

from benchmarks.datasets import Frames
from benchmarks.protocols.protocol import Init, Prediction, Request
from benchmarks.running.attempt import InvalidBox, OutOfTime, TrackerFailure
from benchmarks.running.prefetch import Prefetcher
from trackers.answers import answer_array, answered_region
from trackers.errors import InvalidAnswer, NoAnswer, RemoteFailure, described
from trackers.external.copies import end_copies
from trackers.external.remote import Remote
from trackers.regions import bounds, rotated_box
from trackers.tracker import Boxes, Frame, Tracker, tracker_seconds

Returned = TypeVar("Returned")


def drive(
    requests: Generator[Request, Prediction, Returned],
    tracker: Tracker,
    frames: Prefetcher[Frame] | Frames,
    *,
    deadline: float | None = None,
    on_frame: Callable[[], None] = lambda: None,
    on_box: Callable[[int, Frame, Boxes], None] = lambda number, frame, box: None,  # noqa: ARG005
    on_transport: Callable[[float], None] = lambda seconds: None,  # noqa: ARG005
    on_shape: Callable[[], None] = lambda: None,
    rotated: bool = False,
    clock: Callable[[], float] = time.perf_counter,
) -> Returned:
    """Carries out `requests` and returns what they return in the end.

    Only the tracker is timed: a frame is decoded before the clock starts, and the device has finished
    before the clock is read. A tracker that gets its frames in another form or process tells its own
    seconds, and what the call took beside them is transport.

    Args:
        requests: one of a protocol's runs over a sequence, or several; not started.
        tracker: who answers.
        frames: the sequence's frames, decoded ahead or already.
        deadline: the clock's reading after which to give up; looked at between frames.
        on_frame: called after each answer.
        on_box: called after each answer that is a box, with the frame's number and the frame.
        on_transport: called after each answer with its seconds of transport.
        on_shape: called after each answer that is a polygon or a mask.
        rotated: whether the protocol takes such an answer as a rotated box, not as an upright one.
        clock: seconds, monotonic.

    Raises:
        InvalidBox, OutOfTime, TrackerFailure: as their descriptions say.
        SequenceError: a frame is missing or damaged.
    """
    home = os.getpid()
    try:
        request = next(requests)
        while True:
            frame = frames[request.frame]
            if isinstance(tracker, Remote):
                tracker.source = frames.path(request.frame)
            try:
                tracker.synchronize()
                begin = clock()
                if isinstance(request, Init):
                    tracker.init(frame, request.box.copy())
                    answer = request.box
                else:
                    # An answer may do its work only when it is converted: lazy and asynchronous arrays.
                    answer = answer_array(tracker.update(frame))
                tracker.synchronize()
                elapsed = clock() - begin
                seconds = tracker_seconds(tracker, elapsed)
            except NoAnswer as error:
                raise OutOfTime(f"frame {request.frame}: {error}") from error
            except InvalidAnswer as error:
                raise InvalidBox(f"frame {request.frame}: {error}") from error
            except RemoteFailure as error:
                raise TrackerFailure(f"frame {request.frame}: {error}") from error
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # to leave is not for a tracker to decide
                raise TrackerFailure(f"frame {request.frame}: {described(error)}") from error
            finally:
                end_copies(home)
            on_transport(elapsed - seconds)
            on_frame()
            if deadline is not None and clock() > deadline:
                raise OutOfTime(f"frame {request.frame}: the time limit has passed")
            region = checked(answer, request.frame, frame, rotated, on_shape)
            on_box(request.frame, frame, region if len(region) == 4 else bounds(region))
            request = requests.send(Prediction(region, seconds))
    except StopIteration as stop:
        returned: Returned = stop.value
        return returned


def checked(
    answer: NDArray[Any], number: int, frame: Frame, rotated: bool, on_shape: Callable[[], None]
) -> Boxes:
    """What a tracker answered to frame `number`, as a region that the protocol takes.

    Args:
        answer: its numbers, as `trackers.answers.answer_array` gives them.
        number: of the frame, 0-based.
        frame: its pixels, an array or a tensor of shape (H, W, 3).
        rotated: as for `drive`.
        on_shape: likewise.

    Returns:
        A box, shape (4,), NaN where the target is absent; or where `rotated` a rotated box, shape (8,).

    Raises:
        InvalidBox: it is none.
    """
    try:
        region = answered_region(answer, tuple(frame.shape[:2]))
    except InvalidAnswer as error:
        raise InvalidBox(f"frame {number}: {error}") from None
    if len(region) == 4:
        return region
    on_shape()
    return rotated_box(region) if rotated else bounds(region)
