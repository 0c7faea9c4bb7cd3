"""Supervises a command, so that a tracker cannot end it unnoticed.

A tracker, or a library that it uses, may end its process (`os._exit(0)`, C's `exit`) silently and with status
0, or fork and leave copies. Commands that run a tracker in their process therefore run in a child. The parent
forwards signals, waits, reports a child that ended early, and kills what it left behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import uuid

_VARIABLE = "SOTBENCH_RUN"
"""Tells a command that it is supervised: a unique word, the supervisor's process ID, the pipe's number."""

_WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)
_PR_SET_PDEATHSIG = 1


def needs_supervisor() -> bool:
    """Returns whether this command should run itself again under a supervisor."""
    return sys.platform == "linux" and bool(sys.orig_argv[1:]) and _pipe() is None


def _pipe() -> int | None:
    """Returns the pipe to the supervisor if that is our parent; other processes inherit the variable."""
    words = os.environ.get(_VARIABLE, "").split(".")
    if len(words) != 3 or not (words[1] + words[2]).isdecimal() or int(words[1]) != os.getppid():
        return None
    return int(words[2])


def run_supervised(kept: str, remedy: str) -> int:
    """Runs this command in a child and returns its exit status, which is not 0 if it ended early.

    Args:
        kept: what to tell the user about results if it ended early.
        remedy: what the user can do about it.
    """
    reader, writer = os.pipe()
    word = f"{uuid.uuid4().hex}.{os.getpid()}.{writer}"
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # if it is ignored, exit statuses are lost
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    main_pid = os.getpid()
    child = subprocess.Popen(
        [sys.executable, *sys.orig_argv[1:]],
        env={**os.environ, _VARIABLE: word},
        pass_fds=[writer],
        preexec_fn=lambda: _end_with(main_pid),
    )
    os.close(writer)
    while child.poll() is None:
        news = signal.sigwaitinfo(_WATCHED)
        # Signals of the terminal (code > 0) reach the child by themselves.
        if news.si_signo != signal.SIGCHLD and news.si_code <= 0:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(news.si_signo)
    from trackers.processes.process_tree import kill_marked

    kill_marked(f"{_VARIABLE}={word}")
    with os.fdopen(reader, "rb") as pipe:
        finished = bool(pipe.read(1))
    return _status(child.returncode, finished, f"{kept}; {remedy}")


def _status(code: int, finished: bool, more: str) -> int:
    from trackers.processes.process_tree import describe_exit
    from trackers.stderr import print_stderr

    if code < 0:
        if -code not in _WATCHED:
            print_stderr(f"error: the command's process {describe_exit(code)}; {more}")
        # The caller must see the same end.
        signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [-code])
        os.kill(os.getpid(), -code)
    if finished:
        return code
    print_stderr(
        f"error: the command ended early: its process {describe_exit(code)}, probably because of the tracker "
        f"or a library that it uses; {more}"
    )
    return code if code > 0 else 1


def _end_with(parent: int) -> None:
    """Makes the system kill this process when its parent ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class SupervisedCommand:
    """Context in which a supervised command runs; does nothing in a process without a supervisor."""

    def __enter__(self) -> None:
        self._pipe: int | None = None
        number = _pipe()
        if number is None:
            return
        # Trackers and workers inherit the variable, by which they can be found, but not the pipe.
        with contextlib.suppress(OSError):
            os.set_inheritable(number, False)
            self._pipe = number
            try:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
                from trackers.processes.reaper import kill_on_exit

                # In case both this process and its supervisor are killed.
                self._mark = f"{_VARIABLE}={os.environ[_VARIABLE]}"
                kill_on_exit(self._mark)
            except KeyboardInterrupt:  # it came while signals were blocked; `__exit__` will not be called
                self._tell_finished()
                raise

    def __exit__(self, *error: object) -> None:
        if self._pipe is not None:
            from trackers.processes.reaper import cancel_kill_on_exit

            cancel_kill_on_exit(self._mark)  # this process has the mark too, and is about to end
            self._tell_finished()

    def _tell_finished(self) -> None:
        """Tells the supervisor that this process ends by itself."""
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                os.write(self._pipe, b".")
                os.close(self._pipe)
            self._pipe = None
