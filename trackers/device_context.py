"""What has to hold while something computes on a device: which one is current, and how it rounds."""

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
    """How cuDNN and cuBLAS compute; torch keeps one such choice for the whole process.

    Attributes:
        tf32: whether float32 may be TF32, in convolutions and in matrix products. torch's own default is TF32
            in convolutions only.
        deterministic: whether cuDNN takes only algorithms that give the same bytes each time.
        benchmark: whether it tries algorithms and takes the fastest, which may be another one next time.
    """

    tf32: bool = False
    deterministic: bool = True
    benchmark: bool = False

    def apply(self) -> None:
        """Makes this the choice of the process."""
        cudnn, cuda = torch.backends.cudnn, torch.backends.cuda
        cudnn.allow_tf32 = cuda.matmul.allow_tf32 = self.tf32
        cudnn.deterministic, cudnn.benchmark = self.deterministic, self.benchmark


class DeviceContext(AbstractContextManager[None]):
    """Makes a CUDA device the current one and its numerics the process's; at the end all is as it was.

    Kernels run on their tensors' device whichever is current. Streams, events, pinned memory and captures of
    graphs do not: those go by the current device.
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
    """A `DeviceContext` for a CUDA device; nothing for a CPU."""
    return DeviceContext(device, numerics or Numerics()) if device.type == "cuda" else nullcontext()


def in_device_context(method: Method) -> Method:
    """Has a method run within its object's `device_context()`, a context."""

    @functools.wraps(method)
    def wrapped(self: Any, *arguments: Any, **options: Any) -> Any:
        with self.device_context():
            return method(self, *arguments, **options)

    return cast(Method, wrapped)
