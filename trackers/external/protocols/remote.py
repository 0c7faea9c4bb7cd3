"""Base class of trackers that run as a separate process, for any protocol.

The process is started when it is first needed, and again after any failure, so that a failure costs only the
sequence in which it happens.
"""

from __future__ import annotations

import contextlib
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path

from trackers.box_validation import prediction_array
from trackers.errors import (
    InvalidPrediction,
    TrackerError,
    TrackerTimeout,
    UserError,
    printable,
    quote_excerpt,
)
from trackers.external.protocols.frame_files import FrameFiles
from trackers.processes.child_process import ChildProcess
from trackers.processes.limits import ProcessSpec
from trackers.processes.stderr_log import StderrLog
from trackers.provenance import Provenance
from trackers.tracker import Boxes, Frame, SelfTimedTracker

_CLOCK_TOLERANCE = 0.01
"""Seconds by which the time that a tracker reports may exceed the time measured here."""


class RemoteTracker(SelfTimedTracker):
    """Keeps a process running and forwards requests to it; subclasses implement the protocol.

    Args:
        process: the process to run.
        provenance: what is known of the tracker before its process tells more.

    Attributes:
        next_seed: seed for the tracker's random generators at the next initialization; None sets none.
        changed: whether the tracker was seen to write into a frame; only a tracker built with `watch` tells.
        moved: the working directory to which the tracker was seen to change, or empty; likewise.
        starts: how often the process was started.
        source: the data set's image file of the next frame, if there is one.
    """

    def __init__(self, process: ProcessSpec, provenance: Provenance) -> None:
        self.process = process
        self.provenance = provenance
        self.next_seed: int | None = None
        self.changed = False
        self.moved = ""
        self.starts = 0
        self.source: Path | None = None
        self.frames = FrameFiles()
        self._log = StderrLog(process.log)
        self._child: ChildProcess | None = None

    def start(self) -> None:
        """Starts the process and waits until it is ready, unless it is running.

        Raises:
            UserError: it cannot be started, is not ready in time, or reports why it cannot serve.
        """
        if self._child is not None and self._child.alive:
            # Output after the last reply of a sequence must not cost the next sequence.
            with contextlib.suppress(InvalidPrediction):
                self._listen(self._child)
                return
        self.close(grace=0)
        self._child = ChildProcess(self.process, self._log)
        self.starts += 1
        try:
            self._greet(self._child, time.perf_counter() + self.process.limits.start_timeout)
        except TrackerTimeout as error:
            self.close(grace=0)
            raise UserError(
                "the tracker's process did not get ready: it said nothing within "
                f"{self.process.limits.start_timeout:g} s (--start-timeout)"
            ) from error
        except TrackerError as error:
            self.close(grace=0)
            raise UserError(f"the tracker's process did not get ready: {error}") from error
        except BaseException:
            self.close(grace=0)
            raise

    def init(self, frame: Frame, box: Boxes) -> None:
        with self._closing_on_error():
            before = self._child
            self.start()
            try:
                self._begin(frame, box)
            except TrackerError:
                assert self._child
                if self._child is not before or self._child.alive:
                    raise
                # The process may have begun to end after its last reply, which must not cost this sequence.
                # A tracker that ends at every initialization ends at the second attempt too.
                self.start()
                self._begin(frame, box)

    def update(self, frame: Frame) -> Boxes:
        return prediction_array(self.update_with_confidence(frame))

    def update_with_confidence(self, frame: Frame) -> object:
        with self._closing_on_error():
            if self._child is None:
                raise TrackerError("the tracker was not initialized")
            # The caller validates the prediction.
            return self._follow(frame)

    def close(self, grace: float | None = None) -> None:
        """Ends the process if it runs; the next `init` starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.close() if grace is None else child.close(grace)

    def dispose(self) -> None:
        """Ends the process and removes the frame files; the object cannot be used afterwards."""
        self.close()
        self.frames.close()

    def resident_memory(self) -> int:
        """Returns the resident memory of the process and its descendants in bytes; 0 if none runs."""
        return self._child.resident_memory() if self._child else 0

    @contextlib.contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        """Ends the process after any exception, because its state is unknown."""
        try:
            yield
        except BaseException:
            self.close(grace=0)
            raise

    def _ask(self, message: bytes, wanted: Callable[[bytes], bool] = lambda line: True) -> bytes:  # noqa: ARG005
        """Sends a message, waits for a line that is wanted, and measures the time between them."""
        assert self._child
        self._listen(self._child)
        begin = time.perf_counter()
        timeout = self.process.limits.frame_timeout
        deadline = begin + timeout
        try:
            self._child.send(message, deadline)
            return self._child.line(deadline, wanted)
        except TrackerTimeout as error:
            raise TrackerTimeout(
                f"the tracker did not answer within {timeout:g} s (--frame-timeout)",
                error.trace,
            ) from None
        finally:
            self.own_seconds = time.perf_counter() - begin

    def _listen(self, child: ChildProcess) -> None:
        """Reads what the tracker wrote since its last reply.

        Raises:
            InvalidPrediction: it may not write that unasked.
        """
        lines, rest = child.pending()
        if lines or rest:
            self._check_unasked(lines, rest)

    def _check_unasked(self, lines: list[bytes], rest: int) -> None:
        """Refuses what a tracker wrote unasked: whole lines, and `rest` bytes of an incomplete one."""
        what = quote_excerpt(lines[0]) if lines else f"{rest} bytes"
        raise InvalidPrediction(f"the tracker wrote {what} without being asked")

    def _report_seconds(self, seconds: object) -> None:
        """Accepts the time that the tracker reports, unless it exceeds the time measured here."""
        if seconds is None:
            return
        if not isinstance(seconds, int | float) or isinstance(seconds, bool):
            raise InvalidPrediction(f"the tracker gave {printable(repr(seconds)[:80])} as its seconds")
        assert self.own_seconds is not None
        if not 0 <= seconds <= self.own_seconds + _CLOCK_TOLERANCE:
            claimed = f"{seconds:g}" if isinstance(seconds, float) else repr(seconds)[:80]
            raise InvalidPrediction(
                f"the tracker claims {claimed} seconds for an answer that came after {self.own_seconds:g}"
            )
        self.own_seconds = min(float(seconds), self.own_seconds)

    @abstractmethod
    def _greet(self, child: ChildProcess, deadline: float) -> None:
        """Waits for the first message of the process and reads from it what the tracker is."""

    @abstractmethod
    def _begin(self, frame: Frame, box: Boxes) -> None:
        """Initializes the tracker in the process."""

    @abstractmethod
    def _follow(self, frame: Frame) -> object:
        """Sends a frame and returns the prediction, or the pair of it and a confidence."""
