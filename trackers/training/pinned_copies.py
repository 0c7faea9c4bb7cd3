"""Makes copies from the host to a GPU asynchronous during a training step."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


class PinnedCopyMode(TorchFunctionMode):
    """Makes host-to-device copies asynchronous by pinning their source.

    A copy from other memory waits for all pending work of the device. Without waiting, the host draws the
    next step while the device computes the current one.
    """

    def __torch_function__(
        self, func: Any, types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is Tensor.to and args[0].device.type == "cpu" and _off_cpu(*args[1:], *kwargs.values()):
            return func(args[0].pin_memory(), *args[1:], **{**kwargs, "non_blocking": True})
        if func is torch.tensor and _off_cpu(kwargs.get("device")):
            device = kwargs.pop("device")
            return func(*args, **kwargs).pin_memory().to(device, non_blocking=True)
        return func(*args, **kwargs)


def _off_cpu(*arguments: object) -> bool:
    """Returns whether arguments of `Tensor.to` name a device other than the CPU, or hold a tensor there."""
    devices = (argument.device if isinstance(argument, Tensor) else argument for argument in arguments)
    return any(isinstance(one, torch.device | str) and torch.device(one).type != "cpu" for one in devices)


def pinned_copies(device: torch.device) -> AbstractContextManager[Any]:
    """Returns `PinnedCopyMode` for a device other than the CPU."""
    return nullcontext() if device.type == "cpu" else PinnedCopyMode()
