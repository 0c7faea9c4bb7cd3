"""What a training step draws on the CPU, brought to a GPU without waiting for it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


class PinnedCopyMode(TorchFunctionMode):
    """Has copies from the host go from pinned memory, and not wait until they are done.

    A copy from other memory waits for all that the device has still to do. Without waiting the host draws the
    next step while the device computes the present one.
    """

    def __torch_function__(
        self, func: Any, types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is Tensor.to and args[0].device.type == "cpu" and _elsewhere(*args[1:], *kwargs.values()):
            return func(args[0].pin_memory(), *args[1:], **{**kwargs, "non_blocking": True})
        if func is torch.tensor and _elsewhere(kwargs.get("device")):
            device = kwargs.pop("device")
            return func(*args, **kwargs).pin_memory().to(device, non_blocking=True)
        return func(*args, **kwargs)


def _elsewhere(*words: object) -> bool:
    """Whether one of the words of `Tensor.to` is another device, or a tensor there."""
    devices = (word.device if isinstance(word, Tensor) else word for word in words)
    return any(isinstance(one, torch.device | str) and torch.device(one).type != "cpu" for one in devices)


def pinned_copies(device: torch.device) -> AbstractContextManager[Any]:
    """`PinnedCopyMode` for another device than the CPU."""
    return nullcontext() if device.type == "cpu" else PinnedCopyMode()
