"""Python imports this before anything else where its folder is in PYTHONPATH: what is to go wrong, and when.

`FAULT` is `<what> <n>`: at the n-th step in the writing of files this process is killed (`SIGKILL`, `SIGINT`,
`SIGTERM`), or that step and all later ones fail (`ENOSPC`, `EIO`, `EROFS`). `count <file>` counts the steps.
`FSIZE` is the size that no file may exceed. `CLOCK` has the clock of the wall jump with each look at it.
"""

from __future__ import annotations

import atexit
import errno
import os
import random
import resource
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

what, _, number = os.environ.get("FAULT", "").partition(" ")
steps = 0


def step() -> None:
    global steps
    steps += 1
    if what == "count" or steps < int(number):
        return
    if not what.startswith("SIG"):
        code = getattr(errno, what)
        raise OSError(code, os.strerror(code))
    if steps == int(number):
        os.kill(os.getpid(), getattr(signal, what))


def stepwise(function: Callable[..., Any]) -> Callable[..., Any]:
    def stepped(*arguments: Any, **named: Any) -> Any:
        step()
        result = function(*arguments, **named)
        if what.startswith("SIG") or what == "count":  # what was done cannot fail afterwards
            step()
        return result

    return stepped


class Halves:
    """A file that takes what is written in two steps."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def write(self, content: bytes) -> int:
        self.file.write(content[: len(content) // 2])
        self.file.flush()
        step()
        self.file.write(content[len(content) // 2 :])
        return len(content)

    def __enter__(self) -> Halves:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


if what and not {"SOTBENCH_WORKER", "SOTBENCH_CHILD"} & os.environ.keys():
    opened = os.fdopen

    def fdopen(handle: int, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        file = opened(handle, mode, *arguments, **named)
        return Halves(file) if mode == "wb" else file

    os.fdopen = fdopen  # type: ignore[assignment]
    for module, name in ((tempfile, "mkstemp"), (os, "fsync"), (os, "chmod"), (os, "replace")):
        setattr(module, name, stepwise(getattr(module, name)))
    if what == "SIGKILL":
        os.unlink = stepwise(os.unlink)
    if what == "count":
        # The process that waits for a run takes no step.
        atexit.register(lambda: steps and Path(number).write_text(str(steps)))

if "FSIZE" in os.environ:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(os.environ["FSIZE"]),) * 2)

if "CLOCK" in os.environ:
    truth, dice = time.time, random.Random(0)
    time.time = lambda: truth() + dice.uniform(-3e8, 3e8)
    time.time_ns = lambda: int(time.time() * 1e9)
