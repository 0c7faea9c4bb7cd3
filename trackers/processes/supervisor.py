"""A process that sees how a command ends, whatever a tracker in its process does.

A tracker, or a library that it uses, may end its process (`os._exit(0)`, C's `exit`) with status 0 without
a word, or fork and leave copies. So commands that have a tracker in their process are carried out by a child;
this process waits for it, passes signals on, says what happened where the child did not come to its end, and
ends what it left behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import uuid

_NAME = "SOTBENCH_RUN"
"""The variable by which a command knows that it is witnessed: a unique word, numbers of witness and pipe."""

_WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)
_PR_SET_PDEATHSIG = 1


def needs_supervisor() -> bool:
    """Whether this command has no witness yet and can have one."""
    return sys.platform == "linux" and bool(sys.orig_argv[1:]) and _pipe() is None


def _pipe() -> int | None:
    """The pipe to the witness, where that is this process's parent: others have inherited the variable."""
    words = os.environ.get(_NAME, "").split(".")
    if len(words) != 3 or not (words[1] + words[2]).isdecimal() or int(words[1]) != os.getppid():
        return None
    return int(words[2])


def run_supervised(kept: str, remedy: str) -> int:
    """Carries this command out in a child and returns its exit status: not 0 if it was broken off.

    Args:
        kept: what is to be said of results where it was.
        remedy: what to do about it.
    """
    reader, writer = os.pipe()
    word = f"{uuid.uuid4().hex}.{os.getpid()}.{writer}"
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever ignores it is not told how a child ended
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    main_pid = os.getpid()
    child = subprocess.Popen(
        [sys.executable, *sys.orig_argv[1:]],
        env={**os.environ, _NAME: word},
        pass_fds=[writer],
        preexec_fn=lambda: _end_with(main_pid),
    )
    os.close(writer)
    while child.poll() is None:
        news = signal.sigwaitinfo(_WATCHED)
        # What the terminal sends (a code above 0) goes to all of its processes, to the child as well.
        if news.si_signo != signal.SIGCHLD and news.si_code <= 0:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(news.si_signo)
    from trackers.processes.process_tree import kill_marked

    kill_marked(f"{_NAME}={word}")
    with os.fdopen(reader, "rb") as pipe:
        came_to_its_end = bool(pipe.read(1))
    return _status(child.returncode, came_to_its_end, f"{kept}; {remedy}")


def _status(code: int, came_to_its_end: bool, more: str) -> int:
    from trackers.commands import print_stderr
    from trackers.processes.process_tree import describe_exit

    if code < 0:
        if -code not in _WATCHED:
            print_stderr(f"error: the command's process {describe_exit(code)}; {more}")
        # Whoever started this process is to see the same end.
        signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [-code])
        os.kill(os.getpid(), -code)
    if came_to_its_end:
        return code
    print_stderr(
        f"error: the command was broken off: its process {describe_exit(code)} in the middle of its work, by the "
        f"tracker or a library that it uses; {more}"
    )
    return code if code > 0 else 1


def _end_with(parent: int) -> None:
    """Has this process killed when its parent ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class SupervisedCommand:
    """A command within its witnessed process; elsewhere nothing."""

    def __enter__(self) -> None:
        self._pipe: int | None = None
        number = _pipe()
        if number is None:
            return
        # Trackers and workers inherit the variable, by which they are found, and not the pipe.
        with contextlib.suppress(OSError):
            os.set_inheritable(number, False)
            self._pipe = number
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
            from trackers.processes.reaper import kill_on_exit

            # For the case that this process and its witness are killed, together or in turn.
            self._mark = f"{_NAME}={os.environ[_NAME]}"
            kill_on_exit(self._mark)

    def __exit__(self, *error: object) -> None:
        if self._pipe is not None:
            from trackers.processes.reaper import cancel_kill_on_exit

            cancel_kill_on_exit(self._mark)  # this process carries it as well, and is about to end by itself
            with contextlib.suppress(OSError):
                os.write(self._pipe, b".")
                os.close(self._pipe)
            self._pipe = None
