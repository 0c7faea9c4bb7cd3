"""Carries out requests on one tracker, one after the other, and times the tracker."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from numpy.typing import NDArray

from benchmarks.datasets import Frames
from benchmarks.protocols import Protocol
from benchmarks.protocols.protocol import Init, Prediction, Request
from benchmarks.running.decoding.prefetch import Prefetcher
from benchmarks.running.tracking.errors import SequenceTimeout
from trackers.box_validation import validate_region
from trackers.errors import InvalidPrediction, TrackerError, describe_error
from trackers.external.protocols.remote import RemoteTracker
from trackers.processes.process_tree import exit_if_forked
from trackers.regions import bounding_box, rotated_box
from trackers.timing import timed_call
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
    on_shape: Callable[[], None] = lambda: None,
    rotated: bool = False,
    clock: Callable[[], float] = time.perf_counter,
) -> Returned:
    """Carries out `requests` and returns their return value.

    Only the tracker is timed: a frame is decoded before the clock starts, and the device has finished
    before the clock is read. A tracker that takes its frames in another form or process measures its own
    seconds; the rest of the call is transport.

    Args:
        requests: one or several of a protocol's runs over a sequence; not started.
        tracker: answers the requests.
        frames: the sequence's frames, prefetched or in memory.
        deadline: the clock's reading after which to give up; checked after each frame.
        on_frame: called after each answer.
        on_box: called after each valid answer with the frame's number, the frame and the (upright) box.
        on_transport: called after each answer with the seconds of transport.
        on_shape: called after each answer that is a polygon or a mask.
        rotated: whether the protocol takes polygons and masks as rotated boxes instead of upright ones.
        clock: returns seconds, monotonic.

    Raises:
        SequenceTimeout: the deadline has passed.
        TrackerError: the tracker failed, replied too late, or returned no valid region; `frame` says where.
        SequenceError: a frame is missing or damaged.
    """
    main_pid = os.getpid()
    try:
        request = next(requests)
        while True:
            frame = frames[request.frame]
            if isinstance(tracker, RemoteTracker):
                tracker.source = frames.path(request.frame)
            try:
                call = timed_call(tracker, frame, request.box if isinstance(request, Init) else None, clock)
            except TrackerError as error:
                error.frame = request.frame
                raise
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # a tracker must not end the run, not even by SystemExit
                raise TrackerError(describe_error(error), frame=request.frame) from error
            finally:
                exit_if_forked(main_pid)
            on_transport(call.elapsed - call.seconds)
            on_frame()
            if deadline is not None and clock() > deadline:
                raise SequenceTimeout(f"frame {request.frame}: the sequence timed out")
            region = validate_answer(call.prediction, request.frame, frame, rotated, on_shape)
            on_box(request.frame, frame, bounding_box(region))
            request = requests.send(Prediction(region, call.seconds, call.confidence))
    except StopIteration as stop:
        returned: Returned = stop.value
        return returned


def validate_answer(
    answer: NDArray[Any], number: int, frame: Frame, rotated: bool, on_shape: Callable[[], None]
) -> Boxes:
    """Returns a tracker's answer for frame `number` as a region that the protocol takes.

    Args:
        answer: the answer, as `trackers.box_validation.prediction_array` returns it.
        number: the frame's number, 0-based.
        frame: its pixels, an array or a tensor of shape (H, W, 3).
        rotated: see `drive`.
        on_shape: see `drive`.

    Returns:
        A box, shape (4,), NaN where the target is absent; or where `rotated` a rotated box, shape (8,).

    Raises:
        InvalidPrediction: the tracker's output is not a valid region.
    """
    try:
        region = validate_region(answer, tuple(frame.shape[:2]))
    except InvalidPrediction as error:
        error.frame = number
        raise
    if len(region) == 4:
        return region
    on_shape()
    return rotated_box(region) if rotated else bounding_box(region)


class ShapeWarning:
    """Warns once that a tracker returns polygons or masks, and says how the protocol uses them."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._logged = False

    def log_once(self, log: Callable[[str], None]) -> None:
        """Logs the warning at the first call."""
        if not self._logged:
            self._logged = True
            log(shape_warning(self._protocol))


def shape_warning(protocol: Protocol) -> str:
    """Says how a protocol uses polygons and masks."""
    box = "rotated" if protocol.rotated else "upright"
    return f"the tracker returns polygons or masks; protocol {protocol.name} uses the {box} box around each"
