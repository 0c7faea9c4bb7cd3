"""The training loop: steps, learning rate, log, and checkpoints that resume exactly."""

from __future__ import annotations

import contextlib
import io
import json
import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from trackers.atomic import make_folder, write_atomic
from trackers.errors import UserError
from trackers.training.log_plot import plot_log
from trackers.training.patch_cache import PatchCache
from trackers.training.pinned_copies import pinned_copies
from trackers.training.sampling import Sampler
from trackers.training.settings import Schedule
from trackers.training.tasks import Task

CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"
PLOT = "training.png"


@dataclass
class Trainer:
    """One training run, with its folder.

    Attributes:
        task: the networks and their loss, on the device.
        cache: the images.
        sampler: draws pairs from them.
        schedule: steps and learning rates.
        out: folder of checkpoint, log and weights.
        about: everything that the result depends on, stored in each checkpoint and compared on resuming.
        bf16: whether networks compute in bfloat16.
        log_steps: steps per line of the log.
        save_seconds: time between checkpoints.
        deadline: on `time.monotonic()`'s clock; the run stops at the first checkpoint after it.
        validate: called every `validate_steps` steps and at the end; returns figures for the log.
    """

    task: Task
    cache: PatchCache
    sampler: Sampler
    schedule: Schedule
    out: Path
    about: dict[str, Any]
    bf16: bool = False
    log_steps: int = 20
    save_seconds: float = 120.0
    deadline: float | None = None
    validate: Callable[[Task], dict[str, float]] | None = None
    validate_steps: int = 1000

    def run(self, progress: Callable[[int, dict[str, float]], None]) -> bool:
        """Trains to the end, from the checkpoint in `out` if there is one.

        Args:
            progress: called after each step with its number and, if there are new ones, figures.

        Returns:
            Whether the end was reached before `deadline`.
        """
        make_folder(self.out)
        optimizer = make_optimizer(self.task, self.schedule)
        average = make_ema(self.task, self.schedule.average)
        first = self._resume(optimizer, average)
        saved = time.monotonic()
        sums: dict[str, torch.Tensor] = {}
        self.task.train()
        for step in range(first, self.schedule.steps):
            for name, value in self.train_step(step, optimizer).items():
                sums[name] = sums.get(name, 0) + value
            if average:
                average.update_parameters(self.task)
            figures: dict[str, float] = {}
            done = step + 1
            end = done == self.schedule.steps
            if done % self.log_steps == 0 or end:
                count = (done - 1) % self.log_steps + 1
                figures = {name: float(value) / count for name, value in sums.items()}
                sums = {}
                self._log({"step": done, "rate": self.schedule.rate_at(step), **figures})
            if self.validate and (done % self.validate_steps == 0 or end):
                kept = average.module if average else self.task
                assert isinstance(kept, Task)
                measured = self.validate(kept)
                self.task.train()
                figures |= measured
                self._log({"step": done, **measured})
                plot_log(self.out / LOG, self.out / PLOT)
            progress(done, figures)
            now = time.monotonic()
            # Save between lines of the log only, so that every line covers all its steps after resuming.
            between = done % self.log_steps == 0
            late = between and self.deadline is not None and now > self.deadline
            if end or late or (between and now - saved > self.save_seconds):
                self._save(done, optimizer, average)
                saved = now
            if late and not end:
                return False
        if first < self.schedule.steps:
            plot_log(self.out / LOG, self.out / PLOT)
        if average:
            self.task.load_state_dict(average.module.state_dict())
        return True

    def train_step(self, step: int, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
        schedule = self.schedule
        patches = self.cache.round(step // schedule.round_steps)
        with pinned_copies(patches.pixels.device):
            pairs = self.sampler.pairs(
                patches, step, schedule.batch, distinct=self.task.distinct, regions=self.task.regions
            )
        device = pairs.offsets.device
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate_at(step) * group["factor"]
        autocast = torch.autocast(device.type, torch.bfloat16) if self.bf16 else contextlib.nullcontext()
        with autocast, pinned_copies(device):
            loss, parts = self.task.loss(pairs, step / schedule.steps)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.task.parameters(), schedule.clip)
        # A step that is not finite would ruin the run; zero it without waiting for the device.
        for parameter in self.task.parameters():
            if parameter.grad is not None:
                parameter.grad.nan_to_num_(0.0, 0.0, 0.0)
        optimizer.step()
        return {"loss": loss.detach(), "norm": norm.detach(), **parts}

    def _log(self, line: dict[str, float]) -> None:
        with (self.out / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps({name: round(value, 7) for name, value in line.items()}) + "\n")

    def _save(self, step: int, optimizer: torch.optim.Optimizer, average: AveragedModel | None) -> None:
        content = {
            "step": step,
            "task": self.task.state_dict(),
            "optimizer": optimizer.state_dict(),
            "average": average.module.state_dict() if average else {},
            "about": json.dumps(self.about | {"schedule": asdict(self.schedule)}),
        }
        file = io.BytesIO()
        torch.save(content, file)
        write_atomic(self.out / CHECKPOINT, file.getvalue())

    def _resume(self, optimizer: torch.optim.Optimizer, average: AveragedModel | None) -> int:
        path = self.out / CHECKPOINT
        if not path.exists():
            (self.out / LOG).unlink(missing_ok=True)
            return 0
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            was = _by_name(json.loads(content["about"]))
            step = int(content["step"])
        except Exception:  # torch.load raises almost anything on a damaged file
            raise UserError(f"{path} is damaged; remove it to train from the start") from None
        now = _by_name(json.loads(json.dumps(self.about | {"schedule": asdict(self.schedule)})))
        if unknown := sorted(was.keys() ^ now.keys()):
            raise UserError(
                f"{path} was made by another version of sotbench, with other settings "
                f"({', '.join(unknown)}); resume it with that version, or give another --out to start anew"
            )
        if changed := sorted(name for name in was if was[name] != now[name]):
            raise UserError(
                f"{path} was made with other settings ({', '.join(changed)}); give those again to resume, or "
                "another --out to start anew"
            )
        self.task.load_state_dict(content["task"])
        optimizer.load_state_dict(content["optimizer"])
        if average:
            average.module.load_state_dict(content["average"])
            average.n_averaged.fill_(step)
        self._cut_log(step)
        return step

    def _cut_log(self, step: int) -> None:
        """Removes the lines of steps after the checkpoint, which will be repeated."""
        path = self.out / LOG
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [line for line in lines if _step_of(line) <= step]
        path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")


def make_optimizer(task: Task, schedule: Schedule) -> torch.optim.Optimizer:
    """Returns the optimizer of all trainable parameters; normalization and biases have no weight decay."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = defaultdict(list)
    for name, parameter in task.named_parameters():
        if parameter.requires_grad:
            decay = schedule.decay if parameter.dim() > 1 else 0.0
            groups[task.rate_factor(name), decay].append(parameter)
    options: list[dict[str, Any]] = [
        {"params": parameters, "weight_decay": decay, "factor": factor}
        for (factor, decay), parameters in groups.items()
    ]
    if schedule.optimizer == "sgd":
        return torch.optim.SGD(options, lr=schedule.rate, momentum=0.9)
    return torch.optim.AdamW(options, lr=schedule.rate)


def make_ema(task: Task, rate: float) -> AveragedModel | None:
    """Returns the exponential moving average of `task`, which becomes the result; None for a rate of 0.

    Args:
        task: the networks in training.
        rate: decay of the average per step, 0 to below 1.
    """
    if not rate:
        return None
    average = get_ema_multi_avg_fn(rate)  # type: ignore[no-untyped-call]
    return AveragedModel(task, multi_avg_fn=average, use_buffers=True)


def _by_name(about: dict[str, Any]) -> dict[str, Any]:
    """Returns a checkpoint's settings by the names of their options, without groups such as the schedule."""
    groups = [value for value in about.values() if isinstance(value, dict)]
    alone = {name: value for name, value in about.items() if not isinstance(value, dict)}
    return {name: value for group in (alone, *groups) for name, value in group.items()}


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf  # truncated when the run was interrupted
