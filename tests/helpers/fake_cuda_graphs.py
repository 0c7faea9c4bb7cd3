"""Recording and replay of steps on a CPU, in the manner of CUDA graphs.

A `Tape` records the operations of a step and replays them on the same memory. All tapes of a `SharedPool`
share their memory, so everything that a graph must not rely on is overwritten before one of them runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from fake_cuda import tensors, writes
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

POISON = 255  # in every byte: not a number, or -1


class Tape(TorchDispatchMode):
    """Records operations; `rewind` undoes their effects and overwrites their results."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[tuple[Any, Any, Any, list[Tensor]]] = []
        self.own: dict[int, Any] = {}
        self.others: dict[int, tuple[Any, Any]] = {}

    def __torch_dispatch__(
        self, func: Any, types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> object:
        kwargs = kwargs or {}
        taken = tensors(args, kwargs)
        changes = writes(func)
        if changes:
            for one in taken:
                storage = one.untyped_storage()
                if storage.data_ptr() not in self.own:
                    self.others.setdefault(storage.data_ptr(), (storage, storage.clone()))
        result = func(*args, **kwargs)
        known = {one.untyped_storage().data_ptr() for one in taken}
        fresh = [one for one in tensors(result) if one.untyped_storage().data_ptr() not in known]
        for one in fresh:
            self.own[one.untyped_storage().data_ptr()] = one.untyped_storage()
        if changes or (fresh and "empty" not in func.overloadpacket.__name__):
            self.operations.append((func, args, kwargs, [] if changes else tensors(result)))
        return result

    def rewind(self) -> None:
        """Restores the memory from before the recording."""
        for storage, content in self.others.values():
            storage.copy_(content)
        self.poison()

    def poison(self) -> None:
        """Overwrites the results of the operations."""
        for storage in self.own.values():
            storage.fill_(POISON)

    def play(self) -> None:
        """Runs the operations again."""
        with torch.no_grad(), torch._C._AutoDispatchBelowAutograd():
            for func, args, kwargs, outputs in self.operations:
                results = tensors(func(*args, **kwargs))
                for place, value in zip(outputs, results, strict=False):
                    place.copy_(value)


class SharedPool:
    """Captures like `trackers.siamese.graphs.cuda_capture`, with all tapes in one memory pool."""

    def __init__(self) -> None:
        self.tapes: list[Tape] = []

    def __call__(self, function: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        tape = Tape()
        with tape:
            output = function()
        tape.rewind()
        self.tapes.append(tape)

        def replay() -> None:
            for one in self.tapes:
                one.poison()
            tape.play()

        return replay, output
