"""A tracker in a process of its own, whatever the language that is spoken with it.

The process is started when it is first needed and again after anything went wrong, so that a failure costs
the sequence it happened in and no other.
"""

from __future__ import annotations

import contextlib
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from trackers.errors import InvalidPrediction, RemoteTrackerError, TrackerTimeout, UserError, printable
from trackers.external.protocols.frame_files import FrameFiles
from trackers.processes.child_process import ChildProcess
from trackers.processes.limits import ProcessLimits
from trackers.processes.stderr_log import StderrLog, quote_excerpt
from trackers.provenance import Provenance
from trackers.tracker import Boxes, Frame, SelfTimedTracker

_COARSE = 0.01
"""Seconds: so far may a tracker's clock be behind ours."""


class RemoteTracker(SelfTimedTracker):
    """Keeps a process alive and passes requests on to it; a subclass speaks the protocol.

    Args:
        command: the program and its arguments.
        provenance: what is known of the tracker before it says more.
        limits: what its process is allowed.
        log: the file that keeps its standard error; None keeps the end alone, for messages.
        environment: variables beside those of this process.

    Attributes:
        next_seed: for what the tracker draws after the next initialisation; None leaves it to itself.
        changed: whether the tracker was seen to write into a frame; looked after when it is told to be.
        moved: the working directory to which the tracker was seen to change, or empty; likewise.
        starts: how often the process was started.
        source: the image file of the frame that comes next, where it is one of the data set's own.
    """

    def __init__(
        self,
        command: Sequence[str],
        provenance: Provenance,
        limits: ProcessLimits,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.command = tuple(command)
        self.provenance = provenance
        self.limits = limits
        self.next_seed: int | None = None
        self.changed = False
        self.moved = ""
        self.starts = 0
        self.source: Path | None = None
        self.frames = FrameFiles()
        self._environment = dict(environment or {})
        self._log = StderrLog(log)
        self._child: ChildProcess | None = None

    def start(self) -> None:
        """Starts the process and waits until it is ready, unless it is already.

        Raises:
            UserError: it cannot be started, is not ready in time, or says why it cannot serve.
        """
        if self._child is not None and self._child.alive:
            # What a tracker does after the last answer of a sequence must not cost the next one.
            with contextlib.suppress(InvalidPrediction):
                self._listen(self._child)
                return
        self.close(grace=0)
        self._child = ChildProcess(self.command, self.limits, self._log, self._environment)
        self.starts += 1
        try:
            self._greet(self._child, time.perf_counter() + self.limits.start_timeout)
        except TrackerTimeout as error:
            self.close(grace=0)
            raise UserError(
                f"the tracker's process did not get ready: it said nothing within {self.limits.start_timeout:g} s "
                "(--start-timeout)"
            ) from error
        except RemoteTrackerError as error:
            self.close(grace=0)
            raise UserError(f"the tracker's process did not get ready: {error}") from error
        except BaseException:
            self.close(grace=0)
            raise

    def init(self, frame: Frame, box: Boxes) -> None:
        with self._guarded():
            before = self._child
            self.start()
            try:
                self._begin(frame, box)
            except RemoteTrackerError:
                assert self._child
                if self._child is not before or self._child.alive:
                    raise
                # It may have been ending since its last answer, which must not cost the next sequence: a
                # tracker that ends at every initialisation ends at this one too.
                self.start()
                self._begin(frame, box)

    def update(self, frame: Frame) -> Boxes:
        with self._guarded():
            if self._child is None:
                raise RemoteTrackerError("the tracker was not initialised")
            # What is no box is for the caller to say.
            return self._follow(frame)  # type: ignore[return-value]

    def close(self, grace: float | None = None) -> None:
        """Ends the process, if there is one; the next `init` starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.close() if grace is None else child.close(grace)

    def dispose(self) -> None:
        """Ends the process and gives up everything else, for good."""
        self.close()
        self.frames.close()

    def resident_memory(self) -> int:
        """Bytes of memory that the process and its children have; 0 without one."""
        return self._child.resident_memory() if self._child else 0

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Ends a process with which something went wrong: nobody knows what state it is in."""
        try:
            yield
        except BaseException:
            self.close(grace=0)
            raise

    def _ask(self, message: bytes, wanted: Callable[[bytes], bool] = lambda line: True) -> bytes:  # noqa: ARG005
        """Sends a message, waits for a line that is wanted, and takes the time from one to the other."""
        assert self._child
        self._listen(self._child)
        begin = time.perf_counter()
        deadline = begin + self.limits.frame_timeout
        try:
            self._child.send(message, deadline)
            return self._child.line(deadline, wanted)
        except TrackerTimeout as error:
            raise TrackerTimeout(
                f"the tracker did not answer within {self.limits.frame_timeout:g} s (--frame-timeout)",
                error.trace,
            ) from None
        finally:
            self.own_seconds = time.perf_counter() - begin

    def _listen(self, child: ChildProcess) -> None:
        """Takes in what a tracker wrote since its last answer.

        Raises:
            InvalidPrediction: it should not have.
        """
        lines, rest = child.unasked()
        if lines or rest:
            self._unasked(lines, rest)

    def _unasked(self, lines: list[bytes], rest: int) -> None:
        """Judges what a tracker wrote without being asked: whole lines, and `rest` bytes beyond."""
        what = quote_excerpt(lines[0]) if lines else f"{rest} bytes"
        raise InvalidPrediction(f"the tracker wrote {what} without being asked")

    def _claim(self, seconds: object) -> None:
        """Takes the tracker's word for its time, if it can be true."""
        if seconds is None:
            return
        if not isinstance(seconds, int | float) or isinstance(seconds, bool):
            raise InvalidPrediction(f"the tracker gave {printable(repr(seconds)[:80])} as its seconds")
        assert self.own_seconds is not None
        if not 0 <= seconds <= self.own_seconds + _COARSE:
            claimed = f"{seconds:g}" if isinstance(seconds, float) else repr(seconds)[:80]
            raise InvalidPrediction(
                f"the tracker claims {claimed} seconds for an answer that came after {self.own_seconds:g}"
            )
        self.own_seconds = min(float(seconds), self.own_seconds)

    @abstractmethod
    def _greet(self, child: ChildProcess, deadline: float) -> None:
        """Waits for the process's first words and takes from them what it is."""

    @abstractmethod
    def _begin(self, frame: Frame, box: Boxes) -> None:
        """Has the process initialised."""

    @abstractmethod
    def _follow(self, frame: Frame) -> object:
        """Returns what the process answers to a frame."""
