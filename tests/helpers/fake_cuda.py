"""Fake NVIDIA GPUs.

`FakeCuda` replaces torch.cuda: it tracks the current device and stream, as CUDA does per thread, and
records on which of them everything happens. Tensors of a fake device are meta tensors: they have shapes and
types but no values, so an operation that needs a value on the host fails. `OperationMonitor` inspects all
operations and records what a GPU would refuse or what would make the host wait.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

NEEDS_A_VALUE = {
    "_local_scalar_dense",
    "nonzero",
    "masked_select",
    "is_nonzero",
    "equal",
    "_unique2",
    "unique_dim",
    "unique_consecutive",
    "repeat_interleave",
    "bincount",
}
"""Operations that need a value, or a size that depends on values, on the host."""


def tensors(*what: object) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(what) if isinstance(leaf, Tensor)]


def storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def memory(tensor: Tensor) -> int:
    """Identifies the memory of a tensor that has no address."""
    return int(tensor.untyped_storage()._cdata)


def writes(func: Any) -> bool:
    """Returns whether an operation changes one of its arguments."""
    return any(argument.alias_info and argument.alias_info.is_write for argument in func._schema.arguments)


def _number(device: Any) -> int | None:
    """Returns the index of a CUDA device given in any form; None for other devices and for None."""
    if device is None or isinstance(device, int):
        return device
    device = torch.device(device)
    return (device.index or 0) if device.type == "cuda" else None


class Stream:
    def __init__(self, device: Any = None, priority: int = 0) -> None:
        index = _number(device)
        self.index = CURRENT[-1].current if index is None else index
        self.device = torch.device("cuda", self.index)
        CURRENT[-1].note("stream made", self.index)

    def wait_stream(self, other: Stream) -> None:
        CURRENT[-1].note("waits for stream", self.index)
        CURRENT[-1].waited[self, other] = CURRENT[-1].tick

    def wait_event(self, event: Event) -> None:
        assert event.recorded is not None, "waits for an event that was never recorded"
        CURRENT[-1].note("waits for event", self.index)
        CURRENT[-1].waited[self, event.recorded] = event.tick

    def synchronize(self) -> None:
        CURRENT[-1].note("host waits", self.index)


class Event:
    def __init__(self, **options: Any) -> None:
        self.recorded: Stream | None = None

    def record(self, stream: Stream | None = None) -> None:
        self.recorded = stream or CURRENT[-1].stream()
        self.tick = CURRENT[-1].tick
        CURRENT[-1].note("event", self.recorded.index)

    def synchronize(self) -> None:
        assert self.recorded is not None, "waits for an event that was never recorded"
        CURRENT[-1].note("host waits", self.recorded.index)

    def query(self) -> bool:
        return CURRENT[-1].idle


class CUDAGraph:
    def __init__(self) -> None:
        self.index: int | None = None

    def capture_begin(self, *pool: Any, **options: Any) -> None:
        here = CURRENT[-1]
        here.note("capture", here.current)
        stream = here.stream()
        assert stream is not here.default(stream.index), "the default stream cannot be captured"
        self.index, self.stream = stream.index, stream
        here.capturing = self

    def capture_end(self) -> None:
        CURRENT[-1].capturing = None
        if CURRENT[-1].capture_fails:
            raise RuntimeError("CUDA error: operation failed due to a previous error during capture")

    def replay(self) -> None:
        assert self.index is not None
        here = CURRENT[-1]
        here.note("replay", self.index)
        here.made.update({key: (here.stream(), 0) for key, (on, _) in here.made.items() if on is self.stream})


class _Graph:
    """Like `torch.cuda.graph`, which does not restore the stream either if its `__exit__` fails."""

    shared: Stream | None = None

    def __init__(
        self, graph: CUDAGraph, pool: Any = None, stream: Stream | None = None, **options: Any
    ) -> None:
        if stream is None:
            _Graph.shared = _Graph.shared or Stream()
        self.graph, self.stream = graph, stream or _Graph.shared
        self.context = CURRENT[-1].on_stream(self.stream)

    def __enter__(self) -> None:
        CURRENT[-1].note("host waits", CURRENT[-1].current)
        self.context.__enter__()
        self.graph.capture_begin()

    def __exit__(self, *error: Any) -> None:
        self.graph.capture_end()
        self.context.__exit__(*error)


class _OnStream:
    """Like the context of `torch.cuda.stream`; not a generator, which would clean up when it is discarded."""

    def __init__(self, cuda: FakeCuda, stream: Stream) -> None:
        self.cuda, self.made = cuda, stream

    def __enter__(self) -> None:
        cuda, index = self.cuda, self.made.index
        self.before = cuda.current, cuda.stream(index)
        cuda.current, cuda.streams[index] = index, self.made

    def __exit__(self, *error: object) -> None:
        self.cuda.current, self.cuda.streams[self.made.index] = self.before


class FakeCuda(TorchFunctionMode):
    """torch.cuda without a GPU; tensors of its devices are meta tensors.

    Attributes:
        count: number of devices.
        current: index of the current device.
        notes: events with the index of their device.
        idle: whether devices have finished all work.
        capture_fails: whether captures fail when they end.
        pinned: pinned host memory, by address.
        down: number of tensors copied to the host.
        before: functions to call before functions of torch, by name.
        tick: number of operations so far.
        made: stream and tick at which memory was last written.
        waited: for two streams, the tick of the second stream's work until which the first one waits.
        lent: memory that was registered with the allocator (`record_stream`) for another stream.
    """

    def __init__(self, count: int = 2) -> None:
        super().__init__()
        self.count, self.current = count, 0
        self.notes: list[tuple[str, int]] = []
        self.capture_fails = False
        self.idle = True
        self.capturing: CUDAGraph | None = None
        self.pinned: dict[int, Tensor] = {}
        self.down = 0
        self.before: dict[str, Callable[[], object]] = {}
        self.streams: dict[int, Stream] = {}
        self.defaults: dict[int, Stream] = {}
        self.tick = 0
        self.made: dict[int, tuple[Stream, int]] = {}
        self.waited: dict[tuple[Stream, Stream], int] = {}
        self.lent: set[tuple[int, Stream]] = set()
        self.values = torch.Generator().manual_seed(0)

    def note(self, what: str, index: int) -> None:
        self.notes.append((what, index))

    def devices_of(self, what: str) -> set[int]:
        return {index for said, index in self.notes if said == what}

    def default(self, index: int) -> Stream:
        if index not in self.defaults:
            self.defaults[index] = Stream(index)
        return self.defaults[index]

    def stream(self, device: Any = None) -> Stream:
        index = _number(device)
        index = self.current if index is None else index
        return self.streams.get(index) or self.default(index)

    @contextlib.contextmanager
    def on_device(self, device: Any) -> Iterator[None]:
        before, index = self.current, _number(device)
        self.current = before if index is None else index
        yield
        self.current = before

    def on_stream(self, stream: Stream) -> _OnStream:
        return _OnStream(self, stream)

    def pin(self, tensor: Tensor) -> Tensor:
        self.note("pinned", self.current)
        assert self.capturing is None, "memory cannot be pinned during a capture"
        self.pinned[storage(tensor)] = tensor  # kept, so that its address is not reused
        return tensor

    def __torch_function__(
        self, func: Any, types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if name in self.before:
            self.before[name]()
        if name == "pin_memory":
            return self.pin(args[0].clone())
        if name == "is_pinned":
            return storage(args[0]) in self.pinned
        if name == "cpu" and args[0].device.type == "meta":
            return self._brought(torch.empty(args[0].shape, dtype=args[0].dtype))
        if name == "copy_" and args[0].device.type == "cpu" and args[1].device.type == "meta":
            assert storage(args[0]) in self.pinned, "a copy to the host waits: its memory is not pinned"
            return self._brought(args[0])
        pinned = kwargs.pop("pin_memory", False)
        if name == "to":
            args = tuple(torch.device("meta") if _is_cuda(one) else one for one in args)
        kwargs = tree_map(lambda one: torch.device("meta") if _is_cuda(one) else one, kwargs)
        result = func(*args, **kwargs)
        return self.pin(result) if pinned else result

    def _brought(self, place: Tensor) -> Tensor:
        assert self.capturing is None, "a capture brings values to the host"
        self.down += 1
        with torch._C.DisableTorchFunction():
            if place.dtype.is_floating_point:
                return place.copy_(torch.rand(place.shape, generator=self.values, dtype=place.dtype) * 100)
            return place.zero_()


def _is_cuda(what: object) -> bool:
    if isinstance(what, str):
        return what.startswith("cuda")
    return isinstance(what, torch.device) and what.type == "cuda"


CURRENT: list[FakeCuda] = []


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCuda]:
    """Replaces torch.cuda by two fake GPUs during a test."""
    here = FakeCuda()
    CURRENT.append(here)
    _Graph.shared = None
    replacements: dict[str, Callable[..., Any]] = {
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "device_count": lambda: here.count,
        "current_device": lambda: here.current,
        "device": here.on_device,
        "Stream": Stream,
        "stream": here.on_stream,
        "current_stream": here.stream,
        "Event": Event,
        "CUDAGraph": CUDAGraph,
        "graph": _Graph,
        "graph_pool_handle": lambda: (0, 1),
        "synchronize": lambda device=None: here.note("host waits", here.stream(device).index),
        "reset_peak_memory_stats": lambda device=None: here.note("memory", here.stream(device).index),
        "max_memory_allocated": lambda device=None: here.note("memory", here.stream(device).index) or 1,
        "memory_reserved": lambda device=None: 1,
        "get_device_name": lambda device=None: "fake",
    }
    for name, value in replacements.items():
        monkeypatch.setattr(torch.cuda, name, value)
    monkeypatch.setattr(
        Tensor, "record_stream", lambda tensor, stream: here.lent.add((memory(tensor), stream))
    )
    with here:
        yield here
    CURRENT.pop()


class OperationMonitor(TorchDispatchMode):
    """Inspects all operations.

    Attributes:
        in_step: whether a step, which may be captured, is running.
        violations: operations that a GPU would refuse, or that make the host wait.
        up: number of copies to the device.
        kernels: number of operations within steps.
    """

    def __init__(self, cuda: FakeCuda) -> None:
        super().__init__()
        self.cuda = cuda
        self.in_step = False
        self.violations: list[str] = []
        self.up = self.kernels = 0

    def __torch_dispatch__(
        self, func: Any, types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> object:
        kwargs = kwargs or {}
        taken = tensors(args, kwargs)
        self._streams(func, taken)
        result = func(*args, **kwargs)
        self.cuda.tick += 1
        known = set() if writes(func) else {memory(one) for one in taken}
        for one in tensors(result):
            if one.device.type == "meta" and memory(one) not in known:
                self.cuda.made[memory(one)] = self.cuda.stream(), self.cuda.tick
        name = func.overloadpacket.__name__
        where = {one.device.type for one in (*taken, *tensors(result))}
        self.kernels += self.in_step
        if where == {"cpu", "meta"}:
            self._crossing(name, func, taken, args, kwargs)
        if self.in_step and "cpu" in where:
            self.violations.append(f"{func} touches the host within a step")
        masked = name in ("index", "index_put_", "index_put") and any(
            one is not None and one.dtype in (torch.bool, torch.uint8) for one in args[1]
        )
        if "meta" in where and (name in NEEDS_A_VALUE or masked):
            self.violations.append(f"{func} waits for the device")
        return result

    def _streams(self, func: Any, taken: list[Tensor]) -> None:
        """Checks the use of memory that another stream has written."""
        cuda = self.cuda
        if cuda.capturing is not None:  # a capture begins by waiting for everything
            return
        here = cuda.stream()
        for one in taken:
            stream, tick = cuda.made.get(memory(one), (here, 0))
            if one.device.type != "meta" or stream is here:
                continue
            if cuda.waited.get((here, stream), -1) < tick:
                self.violations.append(f"{func} does not wait for what another stream makes")
            elif (memory(one), here) not in cuda.lent:
                self.violations.append(f"{func} uses memory that the allocator may hand out again")

    def _crossing(self, name: str, func: Any, taken: list[Tensor], args: Any, kwargs: Any) -> None:
        if name not in ("_to_copy", "copy_"):
            self.violations.append(
                f"{func} mixes devices: {[(str(t.device), tuple(t.shape)) for t in taken]}"
            )
            return
        source = args[1] if name == "copy_" else args[0]
        if source.device.type == "meta":
            self.violations.append(f"{func} copies {tuple(source.shape)} to the host")
            return
        self.up += 1
        later = kwargs.get("non_blocking") or (name == "copy_" and len(args) > 2 and args[2])
        if not later or storage(source) not in self.cuda.pinned:
            self.violations.append(f"{func} of {tuple(source.shape)} waits: its memory is not pinned")

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        before, self.in_step = self.in_step, True
        try:
            yield
        finally:
            self.in_step = before


def fake_device(index: int) -> SimpleNamespace:
    """Returns an object that has a device and nothing else."""
    return SimpleNamespace(device=torch.device("cuda", index))
