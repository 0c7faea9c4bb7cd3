"""Devices: found by name, and made ready for a tracker that runs many updates."""

from __future__ import annotations

import ctypes
import os
import re
import sys

from trackers.errors import UserError, class_name, describe_error


def resolve_device(name: str) -> str:
    """Turns `"auto"` into `"cuda:0"` or `"cpu"`, and makes sure that a named device is there.

    Raises:
        UserError: no such device; the message says which there are.
    """
    if name == "cpu":
        return name
    number_by_bus()
    import torch  # takes two seconds, which only trackers with a device should cost

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return "cuda:0" if count else "cpu"
    match = re.fullmatch(r"cuda(?::(\d+))?", name)
    if not match:
        raise UserError(f"there is no device '{name}'; give auto, cpu, cuda or cuda:N")
    if not count:
        why = "this torch is a CPU build"
        if torch.version.cuda is not None:
            why = "torch sees no NVIDIA GPU"
        elif torch.version.hip is not None:
            why = "this torch is built for ROCm and sees no AMD GPU"
        raise UserError(f"device '{name}' cannot be used: {why}; give --device cpu")
    index = int(match[1] or 0)
    if index >= count:
        raise UserError(f"there is no device '{name}'; this machine has cuda:0 to cuda:{count - 1}")
    return f"cuda:{index}"


def number_by_bus() -> None:
    """Has CUDA number devices as `nvidia-smi` does, by their place on the bus, where nothing else is said.

    By itself it puts the fastest first. To be called before CUDA is first used.
    """
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")


_NO_ROOM = re.compile("out of memory|(CUDNN|CUBLAS|NVJPEG)_STATUS_[A-Z_]*ALLOC[A-Z]*_FAIL")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that a device's memory is not enough; torch is not imported to ask.

    torch has a class for what its own allocator refuses. What CUDA, cuDNN, cuBLAS and nvJPEG refuse are
    RuntimeErrors like others, and told apart by their words.
    """
    if class_name(error) == "OutOfMemoryError":
        return True
    # A tracker's own exception may have a text that raises.
    return isinstance(error, RuntimeError) and bool(_NO_ROOM.search(describe_error(error)))


def cuda_in_use() -> bool:
    """Whether something in this process has begun to use CUDA through torch, which is not imported to ask."""
    torch = sys.modules.get("torch")
    return torch is not None and torch.cuda.is_initialized()


def keep_freed_memory() -> None:
    """Asks the C library to keep memory that was freed, for this process, where that library is glibc.

    Otherwise it gives large blocks back to the system and gets them again, zeroed page by page, in every
    update and for every decoded frame: a tenth of the time of a full-width network on a CPU, and half of that
    of decoding 1920 x 1080 pixels. The process holds on to its peak instead.
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
