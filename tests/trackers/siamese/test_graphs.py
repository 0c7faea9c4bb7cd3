"""The bookkeeping of recorded steps, with a recorder that needs no GPU; test_cuda.py has the real one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from trackers.siamese.graphs import KEPT, WARM_UP, Graphs


class Recorder:
    """Like CUDA's: a recorded function runs when it is replayed, on the tensors it was recorded with."""

    def __init__(self, state: Tensor) -> None:
        self.state = state
        self.recorded = 0

    def __call__(self, function: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        self.recorded += 1
        before = self.state.clone()
        output = function()
        self.state.copy_(before)

        def replay() -> None:
            output.copy_(function())

        return replay, output


def counter(state: Tensor) -> Callable[[Tensor], Tensor]:
    def add(values: Tensor) -> Tensor:
        state.add_(values.sum())
        return state + values

    return add


def test_recorded_steps_give_what_plain_ones_give() -> None:
    state, plain_state = torch.zeros(1), torch.zeros(1)
    recorder = Recorder(state)
    graphs, step, plain = Graphs(recorder), counter(state), counter(plain_state)
    for call in range(10):
        for size in (2, 3):
            values = torch.arange(size) + float(call)
            assert graphs(step, values).tolist() == plain(values).tolist()
    assert recorder.recorded == 2
    assert state == plain_state


def test_a_variant_has_a_recording_of_its_own() -> None:
    state = torch.zeros(1)
    recorder = Recorder(state)
    graphs, doubled = Graphs(recorder), [False]

    def step(values: Tensor) -> Tensor:
        return values * (2 if doubled[0] else 1)

    for call in range(12):
        doubled[0] = call % 3 == 0
        found = graphs(step, torch.ones(2), variant=doubled[0])
        assert found.tolist() == ([2, 2] if doubled[0] else [1, 1])
    assert recorder.recorded == 2


def test_recordings_are_bounded_and_the_oldest_goes() -> None:
    state = torch.zeros(1)
    recorder = Recorder(state)
    graphs, step = Graphs(recorder), counter(state)
    for size in range(1, KEPT + 4):
        for _ in range(WARM_UP + 1):
            graphs(step, torch.ones(size))
    before = recorder.recorded
    graphs(step, torch.ones(KEPT + 3))
    assert recorder.recorded == before
    for _ in range(WARM_UP + 1):
        graphs(step, torch.ones(1))
    assert recorder.recorded == before + 1


def test_where_recording_fails_steps_go_on_plainly() -> None:
    def capture(function: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        raise RuntimeError("not permitted when stream is capturing")

    state, plain_state = torch.zeros(1), torch.zeros(1)
    graphs, step, plain = Graphs(capture), counter(state), counter(plain_state)
    for _ in range(WARM_UP):
        assert graphs(step, torch.ones(2)).tolist() == plain(torch.ones(2)).tolist()
    with pytest.warns(UserWarning, match="without CUDA graphs: not permitted"):
        assert graphs(step, torch.ones(2)).tolist() == plain(torch.ones(2)).tolist()
    assert graphs(step, torch.ones(2)).tolist() == plain(torch.ones(2)).tolist()
