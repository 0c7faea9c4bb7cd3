"""What a tracker's process is allowed."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProcessLimits:
    """What a tracker's process is allowed.

    Attributes:
        start_timeout: seconds until it is ready.
        frame_timeout: seconds per answer.
        memory: bytes that it and its children may have resident; by default three quarters of what this
            process may have itself.
    """

    start_timeout: float = 120.0
    frame_timeout: float = 60.0
    memory: int | None = None


def available_memory() -> int:
    """Bytes of memory that this process may have: the machine's, or less in a container."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):  # "max" is no number
            whole = min(whole, int(Path(path).read_text()))
    return whole
