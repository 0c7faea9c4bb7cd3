"""Devices: found by name, and made ready for a tracker that runs many updates."""

from __future__ import annotations

import ctypes
import re
import sys

from trackers.errors import UserError


def resolve_device(name: str) -> str:
    """Turns `"auto"` into `"cuda:0"` or `"cpu"`, and makes sure that a named device is there.

    Raises:
        UserError: no such device; the message says which there are.
    """
    if name == "cpu":
        return name
    import torch  # takes two seconds, which only trackers with a device should cost

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return "cuda:0" if count else "cpu"
    match = re.fullmatch(r"cuda(?::(\d+))?", name)
    if not match:
        raise UserError(f"there is no device '{name}'; give auto, cpu, cuda or cuda:N")
    if not count:
        why = "this torch is a CPU build" if torch.version.cuda is None else "torch sees no NVIDIA GPU"
        raise UserError(f"device '{name}' cannot be used: {why}; give --device cpu")
    index = int(match[1] or 0)
    if index >= count:
        raise UserError(f"there is no device '{name}'; this machine has cuda:0 to cuda:{count - 1}")
    return f"cuda:{index}"


def cuda_in_use() -> bool:
    """Whether something in this process has begun to use CUDA through torch, which is not imported to ask."""
    torch = sys.modules.get("torch")
    return torch is not None and torch.cuda.is_initialized()


def keep_freed_memory() -> None:
    """Asks the C library to keep memory that was freed, for this process, where that library is glibc.

    Otherwise it gives large blocks back to the system and gets them again, zeroed page by page, in every
    update: a tenth of the time of a full-width network on a CPU. The process holds on to its peak instead.
    """
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        for parameter in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
            library.mallopt(parameter, _KEPT_BYTES)


# Parameters of mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 1 << 30
