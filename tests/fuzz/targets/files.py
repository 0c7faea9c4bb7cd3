"""Files in memory, for parsers that take a path."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

_SHARED = "/dev/shm"


@cache
def folder() -> Path:
    """A folder of this process, in memory where the system allows; removed at its end."""
    made = Path(
        tempfile.mkdtemp(prefix="sotbench-fuzz-", dir=_SHARED if os.access(_SHARED, os.W_OK) else None)
    )
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def as_file(name: str, content: bytes | Callable[[Path], object]) -> Path:
    """A file with this content, or one that a function writes; it takes the place of the last one."""
    path = folder() / name
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    return path
