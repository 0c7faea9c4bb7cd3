"""Sets the current CUDA device and the numerical options of torch for the duration of a computation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar, cast

import torch

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True)
class Numerics:
    """Numerical options of cuDNN and cuBLAS, which torch keeps for the whole process.

    Attributes:
        tf32: whether float32 convolutions and matrix products may use TF32. torch's default is TF32 in
            convolutions only.
        deterministic: whether cuDNN uses only deterministic algorithms.
        benchmark: whether cuDNN tries algorithms and takes the fastest, which may differ next time.
    """

    tf32: bool = False
    deterministic: bool = True
    benchmark: bool = False

    def apply(self) -> None:
        """Sets these options for the process."""
        cudnn, cuda = torch.backends.cudnn, torch.backends.cuda
        cudnn.allow_tf32 = cuda.matmul.allow_tf32 = self.tf32
        cudnn.deterministic, cudnn.benchmark = self.deterministic, self.benchmark


class DeviceContext(AbstractContextManager[None]):
    """Makes a CUDA device current and applies numerical options; restores both on exit.

    Kernels run on their tensors' device whichever device is current, but streams, events, pinned memory and
    graph captures use the current device.
    """

    def __init__(self, device: torch.device, numerics: Numerics) -> None:
        self._device = torch.cuda.device(device)
        self._numerics = numerics

    def __enter__(self) -> None:
        cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
        self._before = cudnn.allow_tf32, matmul.allow_tf32, cudnn.deterministic, cudnn.benchmark
        self._device.__enter__()  # type: ignore[no-untyped-call]
        self._numerics.apply()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
        cudnn.allow_tf32, matmul.allow_tf32, cudnn.deterministic, cudnn.benchmark = self._before
        self._device.__exit__(kind, error, trace)


def device_context(device: torch.device, numerics: Numerics | None = None) -> AbstractContextManager[None]:
    """Returns a `DeviceContext` for a CUDA device, and a context that does nothing for the CPU."""
    return DeviceContext(device, numerics or Numerics()) if device.type == "cuda" else nullcontext()


def in_device_context(method: Method) -> Method:
    """Decorates a method to run within its object's `device_context()`."""

    @functools.wraps(method)
    def wrapped(self: Any, *arguments: Any, **options: Any) -> Any:
        with self.device_context():
            return method(self, *arguments, **options)

    return cast(Method, wrapped)
