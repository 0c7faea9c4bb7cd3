"""Caches CUDA graphs of the steps that a GPU repeats.

A Siamese tracker's update is some 120 small kernels. Launching them one by one costs the CPU more time than
the GPU needs for them; a graph is launched as one.
"""

from __future__ import annotations

import contextlib
import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

import torch
from torch import Tensor

Step: TypeAlias = Callable[..., Tensor]
Capture: TypeAlias = Callable[[Callable[[], Tensor]], tuple[Callable[[], None], Tensor]]

WARM_UP = 3
"""Calls before recording, in which libraries choose and load their kernels."""

MAX_GRAPHS = 16
"""Capacity; the least recently used graph is evicted."""


def cuda_capture(device: torch.device) -> Capture:
    """Returns a function that records on a CUDA device; graphs share memory, since they run one at a time.

    It has its own stream on that device: `torch.cuda.graph` would use one of the device that was current at
    the first recording, on which the recording of another device's kernels stays empty.
    """
    pool = torch.cuda.graph_pool_handle()
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def capture(function: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        graph = torch.cuda.CUDAGraph()
        stream.wait_stream(torch.cuda.current_stream(device))
        try:
            # If a capture fails at its end, `torch.cuda.graph` leaves its stream current.
            with torch.cuda.stream(stream), torch.cuda.graph(graph, pool=pool, stream=stream):
                output = function()
        except RuntimeError:
            with contextlib.suppress(AttributeError, RuntimeError):
                # Nor does it reset the allocator, which would keep serving the failed capture's pool.
                torch._C._cuda_endAllocateToPool(device.index or 0, pool)
            raise
        return graph.replay, output

    return capture


@dataclass
class _Recording:
    calls: int = 0
    inputs: list[Tensor] = field(default_factory=list)
    replay: Callable[[], None] | None = None
    output: Tensor | None = None


class GraphCache:
    """Calls steps: directly at first, then through one recorded graph per shape of inputs.

    A step must keep its state in the same tensors, changed in place, and depend on nothing but tensors and
    `variant`.

    If a recording fails, the state is restored, and nothing more is recorded in this process, whose
    allocator may be in any state.

    Args:
        capture: records a function without running it; returns a function to replay it, and its output.
        state: returns the tensors that steps change.
    """

    usable: ClassVar[bool] = True
    """False once a recording has failed in this process."""

    def __init__(self, capture: Capture, state: Callable[[], Sequence[Tensor]] = tuple) -> None:
        self._capture = capture
        self._state = state
        self._recordings: OrderedDict[object, _Recording] = OrderedDict()

    def __call__(self, step: Step, *inputs: Tensor, variant: object = None) -> Tensor:
        """Returns `step(*inputs)`; the next call may overwrite the result."""
        if not GraphCache.usable:
            return step(*inputs)
        key = (step.__name__, variant, tuple((x.shape, x.dtype) for x in inputs))
        recording = self._recordings.setdefault(key, _Recording())
        self._recordings.move_to_end(key)
        if len(self._recordings) > MAX_GRAPHS:
            self._recordings.popitem(last=False)
        if recording.calls < WARM_UP:
            recording.calls += 1
            return step(*inputs)
        if recording.replay is None:
            recording.inputs = [x.clone() for x in inputs]
            before = [(x, x.clone()) for x in self._state()]
            try:
                recording.replay, recording.output = self._capture(lambda: step(*recording.inputs))
            except RuntimeError as error:
                warnings.warn(f"continuing without CUDA graphs: {error}", stacklevel=2)
                GraphCache.usable = False
                self._recordings.clear()
                for tensor, content in before:
                    tensor.copy_(content)
                return step(*inputs)
        for recorded, x in zip(recording.inputs, inputs, strict=True):
            recorded.copy_(x, non_blocking=True)
        recording.replay()
        assert recording.output is not None
        return recording.output
