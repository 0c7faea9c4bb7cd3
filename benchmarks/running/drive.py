"""Carries out requests on one tracker, one after the other, and takes its time."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import TypeVar

from benchmarks.datasets import Frames
from benchmarks.protocols.protocol import Init, Prediction, Request
from benchmarks.running.attempt import InvalidBox, OutOfTime, TrackerFailure
from benchmarks.running.prefetch import Prefetcher
from trackers.answers import read_box
from trackers.errors import InvalidAnswer, NoAnswer, RemoteFailure
from trackers.external.remote import Remote
from trackers.tracker import Boxes, Frame, Tracker

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
        clock: seconds, monotonic.

    Raises:
        InvalidBox, OutOfTime, TrackerFailure: as their descriptions say.
        SequenceError: a frame is missing or damaged.
    """
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
                    answer: object = request.box
                else:
                    answer = tracker.update(frame)
                tracker.synchronize()
                elapsed = clock() - begin
            except NoAnswer as error:
                raise OutOfTime(f"frame {request.frame}: {error}") from error
            except InvalidAnswer as error:
                raise InvalidBox(f"frame {request.frame}: {error}") from error
            except RemoteFailure as error:
                raise TrackerFailure(f"frame {request.frame}: {error}") from error
            except (Exception, SystemExit) as error:  # to leave is not for a tracker to decide
                raise TrackerFailure(f"frame {request.frame}: {type(error).__name__}: {error}") from error
            seconds = elapsed if tracker.own_seconds is None else tracker.own_seconds
            on_transport(elapsed - seconds)
            on_frame()
            if deadline is not None and clock() > deadline:
                raise OutOfTime(f"frame {request.frame}: the time limit has passed")
            box = checked(answer, request.frame)
            on_box(request.frame, frame, box)
            request = requests.send(Prediction(box, seconds))
    except StopIteration as stop:
        returned: Returned = stop.value
        return returned


def checked(answer: object, frame: int) -> Boxes:
    """What a tracker answered to `frame`, as a box; raises InvalidBox if it is none."""
    try:
        return read_box(answer)
    except InvalidAnswer as error:
        raise InvalidBox(f"frame {frame}: {error}") from None
