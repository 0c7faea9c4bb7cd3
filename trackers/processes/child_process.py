"""Runs an untrusted child process with limits on memory, time and output.

Closing it kills the process with all of its descendants: its session, and any process that has inherited a
unique mark in its environment, so that a double fork does not escape.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from trackers.errors import InvalidPrediction, TrackerError, TrackerTimeout, UserError
from trackers.processes.limits import ProcessSpec
from trackers.processes.process_tree import describe_exit, kill_marked, resident_memory
from trackers.processes.reaper import cancel_kill_on_exit, kill_on_exit
from trackers.processes.stderr_log import StderrLog

MAX_LINE_BYTES = 1 << 20
"""Longest line that is accepted."""

_TICK = 0.05
"""Seconds between two checks of a process while waiting for it."""

_GRACE = 2.0
"""Seconds that a process has to exit after its standard input is closed."""

_MARK = "SOTBENCH_CHILD"


def python_command(module: str) -> list[str]:
    """Returns a command that calls `main()` of a module and exits with the status that it returns.

    The child searches for modules where this process does. Arguments can be appended.
    """
    bootstrap = (
        "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "
        f"from {module} import main; sys.exit(main())"
    )
    path = json.dumps([str(Path(entry).absolute()) for entry in sys.path])
    return [sys.executable, "-c", bootstrap, path]


class ChildProcess:
    """A running process that communicates by lines.

    Args:
        spec: the process; its timeouts are the caller's to apply.
        log: receives its standard error.

    Raises:
        UserError: the program does not exist or cannot be started.
    """

    def __init__(self, spec: ProcessSpec, log: StderrLog) -> None:
        self._mark = f"{_MARK}={uuid.uuid4().hex}"
        self._memory = spec.limits.memory_bytes()
        name, _, value = self._mark.partition("=")
        kill_on_exit(self._mark)
        try:
            self._process = subprocess.Popen(
                spec.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
                env={**os.environ, **spec.environment, name: value},
            )
        except (OSError, ValueError) as error:
            cancel_kill_on_exit(self._mark)
            why = error.strerror if isinstance(error, OSError) else error
            raise UserError(f"the program '{spec.command[0]}' cannot be started: {why}") from None
        assert self._process.stdin
        assert self._process.stdout
        assert self._process.stderr
        self._stdin, self._stdout = self._process.stdin.fileno(), self._process.stdout.fileno()
        if hasattr(resource, "prlimit"):
            with contextlib.suppress(OSError):  # it may have ended; a crash must not write a core file
                resource.prlimit(self._process.pid, resource.RLIMIT_CORE, (0, 0))
        os.set_blocking(self._stdin, False)
        self._log = log
        self._log.follow(self._process.stderr, " ".join(spec.command))
        self._unread = bytearray()
        self._checked = 0.0
        self._poll = select.poll()
        self._poll.register(self._stdout, select.POLLIN)

    def send(self, line: bytes, deadline: float) -> None:
        """Writes a line that ends in a newline.

        Raises:
            TrackerError: the process has ended.
            TrackerTimeout: the process does not read before the deadline.
        """
        self._check_memory()
        unsent = memoryview(line)
        poll = select.poll()
        poll.register(self._stdin, select.POLLOUT)
        while unsent:
            try:
                unsent = unsent[os.write(self._stdin, unsent) :]
            except BlockingIOError:
                if not poll.poll(_TICK * 1000):
                    self._check(deadline)
            except OSError:
                raise self._ended("closed its standard input") from None

    def pending(self) -> tuple[list[bytes], int]:
        """Returns unread output without waiting: whole lines, and the length of an incomplete one."""
        while len(self._unread) <= MAX_LINE_BYTES and self._readable(0) and self._read():
            pass
        *lines, rest = self._unread.split(b"\n")
        self._unread = rest
        return list(map(bytes, lines)), len(rest)

    def line(self, deadline: float, wanted: Callable[[bytes], bool] = lambda line: True) -> bytes:  # noqa: ARG005
        """Waits for a line that is wanted and returns it without its newline; skips others.

        Raises:
            TrackerError: the process has ended.
            TrackerTimeout: there is no such line before the deadline.
            InvalidPrediction: a line, or the lines that were skipped, exceed `MAX_LINE_BYTES`.
        """
        skipped = 0
        while True:
            line = self._line(deadline)
            if wanted(line):
                return line
            skipped += len(line) + 1
            if skipped > MAX_LINE_BYTES:
                raise InvalidPrediction(
                    f"the tracker wrote more than {MAX_LINE_BYTES} bytes that are no answer"
                )

    def _line(self, deadline: float) -> bytes:
        searched = 0
        while (end := self._unread.find(b"\n", searched)) < 0:
            searched = len(self._unread)
            if searched > MAX_LINE_BYTES:
                raise InvalidPrediction(f"the tracker wrote a line of more than {MAX_LINE_BYTES} bytes")
            while not self._readable(_TICK):
                self._check(deadline)
            if not self._read():
                raise self._ended("closed its standard output")
            if time.perf_counter() > deadline:
                self._check(deadline)
        line = bytes(self._unread[:end])
        del self._unread[: end + 1]
        return line

    def close(self, grace: float = _GRACE) -> None:
        """Kills the process and its descendants; before that it has `grace` seconds to exit."""
        assert self._process.stdin
        assert self._process.stdout
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            if grace:
                self._process.wait(grace)
        self._process.stdout.close()  # only now: it may write until it exits
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        kill_marked(self._mark)
        cancel_kill_on_exit(self._mark)
        self._log.end()

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process ID."""
        return self._process.pid

    def resident_memory(self) -> int:
        """Returns the resident memory of the process and its descendants in bytes."""
        return resident_memory(self._process.pid)

    def _readable(self, seconds: float) -> bool:
        return bool(self._poll.poll(seconds * 1000))

    def _read(self) -> bool:
        """Reads available output; returns False at its end."""
        chunk = os.read(self._stdout, 1 << 16)
        self._unread += chunk
        return bool(chunk)

    def _check(self, deadline: float) -> None:
        """Checks time, memory and liveness of the process while waiting for it."""
        if time.perf_counter() > deadline:
            raise TrackerTimeout("time is up", self._log.tail())
        self._check_memory()
        # Children may keep the pipes open, so the end of output is not a sufficient sign.
        if self._process.poll() is not None and not self._readable(0):
            raise self._ended("ended")

    def _check_memory(self) -> None:
        now = time.perf_counter()
        if now - self._checked < _TICK:
            return
        self._checked = now
        used = self.resident_memory()
        if used > self._memory:
            raise TrackerError(
                f"the tracker used {used / 1e6:.0f} MB of memory, more than the {self._memory / 1e6:.0f} MB "
                "that it may (--memory)"
            )

    def _ended(self, what: str) -> TrackerError:
        """Returns an error that says how the process ended, with its last line on standard error."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        status = self._process.returncode
        if status is not None:
            what = describe_exit(status)
        words = self._log.last_line()
        return TrackerError(
            f"the tracker's process {what}" + (f"; it wrote: {words}" if words else ""), self._log.tail()
        )
