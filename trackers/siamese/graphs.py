"""Steps that a GPU does again and again, recorded once as CUDA graphs.

A Siamese tracker's update is some 120 small kernels. Handing them over one by one costs the CPU more time
than the GPU needs for them; a recorded graph is handed over as one.
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
"""Calls before the recording, in which libraries choose and load their kernels."""

MAX_GRAPHS = 16
"""Graphs that are remembered; the one that was used longest ago goes first."""


def cuda_capture(device: torch.device) -> Capture:
    """Records on a CUDA device; graphs share their memory, since one runs after the other.

    The stream is that device's own. `torch.cuda.graph` would take one of the device that was current when
    anything was first recorded, on which a recording of another device's kernels remains empty.
    """
    pool = torch.cuda.graph_pool_handle()
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def capture(function: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        graph = torch.cuda.CUDAGraph()
        stream.wait_stream(torch.cuda.current_stream(device))
        try:
            # When a capture fails at its end, `torch.cuda.graph` leaves its stream the current one.
            with torch.cuda.stream(stream), torch.cuda.graph(graph, pool=pool, stream=stream):
                output = function()
        except RuntimeError:
            with contextlib.suppress(AttributeError, RuntimeError):
                # Nor does it tell the allocator, which would go on serving the pool of the failed capture.
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
    """Calls steps: the first times plainly, then by a recording of each shape of inputs.

    What a step reads and changes beside its inputs has to stay in the same tensors, changed in place; what
    it does must depend on tensors alone, or on `variant`.

    Where a recording fails, what it may have changed is put back, and from then on nothing is recorded in
    this process, whose allocator may be in any state.

    Args:
        capture: records a function without running it, and returns how to run it and where its output is.
        state: the tensors that steps change.
    """

    usable: ClassVar[bool] = True
    """Whether no recording has failed in this process."""

    def __init__(self, capture: Capture, state: Callable[[], Sequence[Tensor]] = tuple) -> None:
        self._capture = capture
        self._state = state
        self._recordings: OrderedDict[object, _Recording] = OrderedDict()

    def __call__(self, step: Step, *inputs: Tensor, variant: object = None) -> Tensor:
        """What `step(*inputs)` returns; to be used before the next call, which may overwrite it."""
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
                warnings.warn(f"goes on without CUDA graphs: {error}", stacklevel=2)
                GraphCache.usable = False
                self._recordings.clear()
                for place, content in before:
                    place.copy_(content)
                return step(*inputs)
        for place, x in zip(recording.inputs, inputs, strict=True):
            place.copy_(x, non_blocking=True)
        recording.replay()
        assert recording.output is not None
        return recording.output
