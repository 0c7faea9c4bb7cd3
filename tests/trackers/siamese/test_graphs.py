"""Tests the cache with a recorder that needs no GPU; test_cuda.py tests the real one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fake_cuda import FakeCuda
from small_networks import gradnet_weights, siamfc_weights, track, video
from torch import Tensor

from trackers.siamese.gradnet import GradNet
from trackers.siamese.gradnet_paper import GradNetPaper
from trackers.siamese.graphs import MAX_GRAPHS, WARM_UP, GraphCache, cuda_capture
from trackers.siamese.siamfc import SiamFC
from trackers.siamese.siamfc_online import SiamFCGradientDescent


class Recorder:
    """Records like CUDA: a replay runs the function on the tensors it was recorded with."""

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


def test_recorded_steps_equal_direct_ones() -> None:
    state, plain_state = torch.zeros(1), torch.zeros(1)
    recorder = Recorder(state)
    graphs, step, plain = GraphCache(recorder), counter(state), counter(plain_state)
    for call in range(10):
        for size in (2, 3):
            values = torch.arange(size) + float(call)
            assert graphs(step, values).tolist() == plain(values).tolist()
    assert recorder.recorded == 2
    assert state == plain_state


def test_each_variant_has_its_recording() -> None:
    state = torch.zeros(1)
    recorder = Recorder(state)
    graphs, doubled = GraphCache(recorder), [False]

    def step(values: Tensor) -> Tensor:
        return values * (2 if doubled[0] else 1)

    for call in range(12):
        doubled[0] = call % 3 == 0
        found = graphs(step, torch.ones(2), variant=doubled[0])
        assert found.tolist() == ([2, 2] if doubled[0] else [1, 1])
    assert recorder.recorded == 2


def test_least_recently_used_recording_is_evicted() -> None:
    state = torch.zeros(1)
    recorder = Recorder(state)
    graphs, step = GraphCache(recorder), counter(state)
    for size in range(1, MAX_GRAPHS + 4):
        for _ in range(WARM_UP + 1):
            graphs(step, torch.ones(size))
    before = recorder.recorded
    graphs(step, torch.ones(MAX_GRAPHS + 3))
    assert recorder.recorded == before
    for _ in range(WARM_UP + 1):
        graphs(step, torch.ones(1))
    assert recorder.recorded == before + 1


@pytest.fixture
def usable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GraphCache, "usable", True, raising=False)


def test_failed_recording_restores_the_state(usable: None) -> None:
    def capture(function: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        function()  # as if recorded on another stream
        raise RuntimeError("not permitted when stream is capturing")

    state, plain_state = torch.zeros(1), torch.zeros(1)
    graphs, step, plain = GraphCache(capture, lambda: [state]), counter(state), counter(plain_state)
    for _ in range(WARM_UP):
        assert graphs(step, torch.ones(2)).tolist() == plain(torch.ones(2)).tolist()
    with pytest.warns(UserWarning, match="without CUDA graphs: not permitted"):
        assert graphs(step, torch.ones(2)).tolist() == plain(torch.ones(2)).tolist()
    assert graphs(step, torch.ones(2)).tolist() == plain(torch.ones(2)).tolist()


def test_failed_recording_disables_further_ones(usable: None) -> None:
    tried = []

    def capture(function: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        tried.append(function)
        raise RuntimeError("not permitted")

    for graphs in (GraphCache(capture), GraphCache(capture)):
        step = counter(torch.zeros(1))
        with contextlib.nullcontext() if tried else pytest.warns(UserWarning, match="without CUDA graphs"):
            for _ in range(WARM_UP + 2):
                graphs(step, torch.ones(2))
    assert len(tried) == 1


def test_failed_recording_keeps_the_current_stream(cuda: FakeCuda, usable: None) -> None:
    cuda.capture_fails = True
    before = torch.cuda.current_stream()
    graphs = GraphCache(cuda_capture(torch.device("cuda:0")))
    step = counter(torch.zeros(1))
    for _ in range(WARM_UP):
        graphs(step, torch.ones(2))
    with pytest.warns(UserWarning, match="without CUDA graphs"):
        graphs(step, torch.ones(2))
    assert torch.cuda.current_stream() is before
    assert cuda.capturing is None


@pytest.mark.parametrize("kind", [SiamFC, SiamFCGradientDescent, GradNet, GradNetPaper])
def test_recording_failure_midway_changes_no_boxes(kind: Any, tmp_path: Path, usable: None) -> None:
    def capture(function: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        function()
        raise RuntimeError("no")

    frames, truth = video(3, 8)
    weights = (siamfc_weights if kind in (SiamFC, SiamFCGradientDescent) else gradnet_weights)(tmp_path)
    plain, recorded = kind(weights), kind(weights)
    recorded.graphs = GraphCache(capture, recorded.state)
    with pytest.warns(UserWarning, match="without CUDA graphs: no"):
        found = track(recorded, frames, truth[0])
    np.testing.assert_array_equal(found, track(plain, frames, truth[0]))
