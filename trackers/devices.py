"""Devices by name, and settings of CUDA and of the C library that trackers benefit from."""

from __future__ import annotations

import ctypes
import os
import re
import sys

from trackers.errors import UserError, class_name, describe_error


def resolve_device(name: str) -> str:
    """Resolves `"auto"` to `"cuda:0"` or `"cpu"`, and checks that a named device exists.

    Raises:
        UserError: there is no such device; the message says which exist.
    """
    if name == "cpu":
        return name
    number_by_bus()
    import torch  # takes two seconds, which only trackers with a device need

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
    """Makes CUDA number devices by bus ID, as `nvidia-smi` does, unless the environment says otherwise.

    CUDA's own default is the fastest first. Must be called before CUDA is first used.
    """
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")


_OUT_OF_MEMORY = re.compile("out of memory|(CUDNN|CUBLAS|NVJPEG)_STATUS_[A-Z_]*ALLOC[A-Z]*_FAIL")


def is_out_of_memory(error: BaseException) -> bool:
    """Returns whether `error` means that a device is out of memory, without importing torch.

    torch's allocator raises a class of its own. CUDA, cuDNN, cuBLAS and nvJPEG raise RuntimeErrors that
    only their texts distinguish.
    """
    if class_name(error) == "OutOfMemoryError":
        return True
    # Not str(error): the text of a tracker's own exception may raise.
    return isinstance(error, RuntimeError) and bool(_OUT_OF_MEMORY.search(describe_error(error)))


def cuda_in_use() -> bool:
    """Returns whether this process uses CUDA through torch, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and torch.cuda.is_initialized()


def keep_freed_memory() -> None:
    """Makes glibc keep freed memory in this process; does nothing with other C libraries.

    By default glibc returns large blocks to the system and gets them again, zeroed page by page, in every
    update and for every decoded frame. That is a tenth of the time of a full-width network on a CPU, and half
    of the time of decoding 1920 x 1080 pixels. In exchange, the process keeps its peak memory.
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
