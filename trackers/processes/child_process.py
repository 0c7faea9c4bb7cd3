"""A process that may do anything: started, limited, listened to, and ended with all that it started.

Nothing that the process writes is held beyond a bound, nothing is waited for without one, and when it is
closed its whole family is killed: its session, and whoever else carries the mark that all of its
descendants inherit in their environment, so that a double fork does not escape.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence

from trackers.errors import InvalidPrediction, RemoteTrackerError, TrackerTimeout, UserError
from trackers.processes.limits import ProcessLimits, available_memory
from trackers.processes.process_tree import describe_exit, kill_marked, resident_memory
from trackers.processes.reaper import cancel_kill_on_exit, kill_on_exit
from trackers.processes.stderr_log import StderrLog

LONGEST_LINE = 1 << 20
"""Bytes: a line that is longer is no answer."""

_TICK = 0.05
"""Seconds between two looks at memory and life of a process that is being waited for."""

_GRACE = 2.0
"""Seconds that a process has to end by itself when it is told that there is no more to do."""

_MARK = "SOTBENCH_CHILD"


class ChildProcess:
    """A running process, spoken to by lines.

    Args:
        command: the program and its arguments.
        limits: see `ProcessLimits`.
        log: where its standard error is kept.
        environment: variables beside those of this process.

    Raises:
        UserError: there is no such program, or it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        limits: ProcessLimits,
        log: StderrLog,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._mark = f"{_MARK}={uuid.uuid4().hex}"
        self._memory = available_memory() * 3 // 4 if limits.memory is None else limits.memory
        name, _, value = self._mark.partition("=")
        kill_on_exit(self._mark)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
                env={**os.environ, **(environment or {}), name: value},
            )
        except (OSError, ValueError) as error:
            cancel_kill_on_exit(self._mark)
            why = error.strerror if isinstance(error, OSError) else error
            raise UserError(f"the program '{command[0]}' cannot be started: {why}") from None
        assert self._process.stdin
        assert self._process.stdout
        assert self._process.stderr
        self._stdin, self._stdout = self._process.stdin.fileno(), self._process.stdout.fileno()
        if hasattr(resource, "prlimit"):
            with contextlib.suppress(OSError):  # it may be gone already; a segfault shall leave no core file
                resource.prlimit(self._process.pid, resource.RLIMIT_CORE, (0, 0))
        os.set_blocking(self._stdin, False)
        self._log = log
        self._log.follow(self._process.stderr, " ".join(command))
        self._unread = bytearray()
        self._watched = 0.0
        self._arrivals = select.poll()
        self._arrivals.register(self._stdout, select.POLLIN)

    def send(self, line: bytes, deadline: float) -> None:
        """Writes a line that ends in a newline.

        Raises:
            RemoteTrackerError: the process has ended or does not read; `TrackerTimeout` where time is up.
        """
        self._watch()
        unsent = memoryview(line)
        poll = select.poll()
        poll.register(self._stdin, select.POLLOUT)
        while unsent:
            try:
                unsent = unsent[os.write(self._stdin, unsent) :]
            except BlockingIOError:
                if not poll.poll(_TICK * 1000):
                    self._look(deadline)
            except OSError:
                raise self._ended("closed its standard input") from None

    def unasked(self) -> tuple[list[bytes], int]:
        """What was written since the last answer, without waiting: whole lines, and how many bytes beyond."""
        while len(self._unread) <= LONGEST_LINE and self._readable(0) and self._more():
            pass
        *lines, rest = self._unread.split(b"\n")
        self._unread = rest
        return list(map(bytes, lines)), len(rest)

    def line(self, deadline: float, wanted: Callable[[bytes], bool] = lambda line: True) -> bytes:  # noqa: ARG005
        """Waits for a line that is wanted and returns it without its newline.

        Others are passed over, up to a bound.

        Raises:
            RemoteTrackerError: the process has ended; `TrackerTimeout` where time is up; `InvalidPrediction` where the line
                has no end.
        """
        passed = 0
        while True:
            line = self._line(deadline)
            if wanted(line):
                return line
            passed += len(line) + 1
            if passed > LONGEST_LINE:
                raise InvalidPrediction(
                    f"the tracker wrote more than {LONGEST_LINE} bytes that are no answer"
                )

    def _line(self, deadline: float) -> bytes:
        searched = 0
        while (end := self._unread.find(b"\n", searched)) < 0:
            searched = len(self._unread)
            if searched > LONGEST_LINE:
                raise InvalidPrediction(f"the tracker wrote a line of more than {LONGEST_LINE} bytes")
            while not self._readable(_TICK):
                self._look(deadline)
            if not self._more():
                raise self._ended("closed its standard output")
            if time.perf_counter() > deadline:
                self._look(deadline)
        line = bytes(self._unread[:end])
        del self._unread[: end + 1]
        return line

    def close(self, grace: float = _GRACE) -> None:
        """Ends the process and all that it started; it has `grace` seconds to end by itself."""
        assert self._process.stdin
        assert self._process.stdout
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            if grace:
                self._process.wait(grace)
        self._process.stdout.close()  # not before: it may still have something to say
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        kill_marked(self._mark)
        cancel_kill_on_exit(self._mark)
        self._log.end()

    @property
    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def resident_memory(self) -> int:
        """Bytes of memory that the process and its children have."""
        return resident_memory(self._process.pid)

    def _readable(self, seconds: float) -> bool:
        return bool(self._arrivals.poll(seconds * 1000))

    def _more(self) -> bool:
        """Takes in what was written; False at the end of it."""
        chunk = os.read(self._stdout, 1 << 16)
        self._unread += chunk
        return bool(chunk)

    def _look(self, deadline: float) -> None:
        """Looks after a process that is being waited for."""
        if time.perf_counter() > deadline:
            raise TrackerTimeout("time is up", self._log.tail())
        self._watch()
        # Its children may hold its pipes open, so that their end alone does not tell.
        if self._process.poll() is not None and not self._readable(0):
            raise self._ended("ended")

    def _watch(self) -> None:
        now = time.perf_counter()
        if now - self._watched < _TICK:
            return
        self._watched = now
        used = self.resident_memory()
        if used > self._memory:
            raise RemoteTrackerError(
                f"the tracker used {used / 1e6:.0f} MB of memory, more than the {self._memory / 1e6:.0f} MB "
                "that it may (--memory)"
            )

    def _ended(self, what: str) -> RemoteTrackerError:
        """Why there will be no answer, with the last line that the process wrote on standard error."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        status = self._process.returncode
        if status is not None:
            what = describe_exit(status)
        words = self._log.last_line()
        return RemoteTrackerError(
            f"the tracker's process {what}" + (f"; it wrote: {words}" if words else ""), self._log.tail()
        )
