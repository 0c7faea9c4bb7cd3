"""Tests a training step's use of a GPU without one, see `fake_cuda`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from fake_cuda import FakeCuda, OperationMonitor
from small_networks import WIDTH, siamfc_weights

from trackers.training.patch_cache import PATCH_SIZE, Patches
from trackers.training.sampling import Sampler
from trackers.training.settings import Difficulty, GradNetOptions, Schedule, SiamFCOptions
from trackers.training.tasks import GradNetTask, SiamFCTask
from trackers.training.trainer import Trainer, make_optimizer


class OneRound:
    """A cache of given patches."""

    def __init__(self) -> None:
        pixels = torch.zeros(16, 4, PATCH_SIZE, PATCH_SIZE, dtype=torch.uint8, device="cuda")
        clips, four, unknown = torch.arange(4), torch.full((4,), 4), torch.full((4,), -1)
        self.patches = Patches(pixels, torch.full((16, 2), 50.0), 4 * clips, four, clips, unknown)

    def round(self, number: int) -> Patches:
        return self.patches


OPTIONS = [
    {"objective": "later", "regions": 3, "foreign": 0.5},
    {"objective": "paper", "k": 4},
    {"objective": "released", "k": 4},
    None,
]


@pytest.mark.parametrize("options", OPTIONS)
def test_training_steps_neither_mix_devices_nor_wait(
    options: dict[str, Any] | None, cuda: FakeCuda, tmp_path: Path
) -> None:
    weights = siamfc_weights(tmp_path)
    task = (
        SiamFCTask(SiamFCOptions(width=WIDTH, teacher=weights))
        if options is None
        else GradNetTask(weights, GradNetOptions(**options))
    )
    task.to("cuda")
    schedule = Schedule(steps=10, batch=4)
    cache: Any = OneRound()
    trainer = Trainer(task, cache, Sampler(torch.ones(4), Difficulty(), 0), schedule, tmp_path, {})
    optimizer = make_optimizer(task, schedule)
    watch = OperationMonitor(cuda)
    with watch:
        for step in range(3):
            trainer.train_step(step, optimizer)
    assert watch.violations == []
    assert watch.up > 0
