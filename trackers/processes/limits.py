"""Specification of a tracker's process: command, environment, limits, log."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class ProcessLimits:
    """Limits of a tracker's process.

    Attributes:
        start_timeout: seconds until it is ready.
        frame_timeout: seconds per reply.
        memory: resident bytes of the process and its descendants; None for three quarters of the memory that
            this process may use.
    """

    start_timeout: float = 120.0
    frame_timeout: float = 60.0
    memory: int | None = None

    def memory_bytes(self, processes: int = 1) -> int:
        """Returns the memory limit in bytes; the default is shared equally by `processes` trackers."""
        return available_memory() * 3 // 4 // processes if self.memory is None else self.memory


@dataclass(frozen=True)
class ProcessSpec:
    """A process to run.

    Attributes:
        command: the program and its arguments.
        limits: limits of the process.
        log: the file for its standard error; None keeps only the end, for messages.
        environment: variables in addition to those of this process.
    """

    command: Sequence[str]
    limits: ProcessLimits = field(default_factory=ProcessLimits)
    log: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def available_memory() -> int:
    """Returns the bytes of memory that this process may use: the machine's, or the container's limit."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):  # "max" is not a number
            whole = min(whole, int(Path(path).read_text()))
    return whole
