"""What has to hold while something computes on a device: that device is the current one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar, cast

import torch

Method = TypeVar("Method", bound=Callable[..., Any])


def computing_on(device: torch.device) -> AbstractContextManager[Any]:
    """Makes a CUDA device the current one, and the one before again at the end; nothing on a CPU.

    Kernels run on their tensors' device whichever is current. Streams, events, pinned memory and recordings
    of graphs do not: those go by the current device.
    """
    return torch.cuda.device(device) if device.type == "cuda" else nullcontext()


def on_own_device(method: Method) -> Method:
    """Has a method run with its object's `device` as the current one."""

    @functools.wraps(method)
    def wrapped(self: Any, *arguments: Any, **options: Any) -> Any:
        with computing_on(self.device):
            return method(self, *arguments, **options)

    return cast(Method, wrapped)
