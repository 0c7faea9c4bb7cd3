r"""Ablation of GradNet's training and network, with the paper's names.

    python tools/ablation.py --out DIR --backbone siamfc-lite.safetensors --source KIND:DIR[=WEIGHT] ... \
        --data-root DIR [--dataset otb2015] [--steps 200] [--plot FILE.png]

Trains one network per row, equal but for what the row names, and prints the share of peaks near the target
with a correction of five frames ago and with corrections that are carried on (`correction_study.py`), and
success and precision of `gradnet` with the network. The sources must not hold videos of the data set. Give
the same command again to resume an interrupted run.

    baseline   SiamFC: the fixed template alone
    w/o U      the template is never corrected
    w/o M      no template generalization: every pair starts from its own exemplar
    M          all pairs start from another target's exemplar
    w/o MG     neither: U_2 gets the hidden feature instead of the gradient
    w 2U       the first pass has a separate U_1
    small U_2  a convolution of 1x1, a ninth of the parameters
    deep U_2   two convolutions of 3x3 with a ReLU between them
    paper      the paper's objective, k = 8
    released   the released code's objective, k = 8
    GradNet    the default of `python -m trackers.train`
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import correction_study
import torch
from gradnet_training_study import tracking
from torch import Tensor, nn

from benchmarks.datasets import open_dataset
from trackers.commands import catch_user_errors
from trackers.siamese.gradnet import GradNet
from trackers.siamese.gradnet_network import GradNetNetwork, UpdateStep, prepare_for_updates
from trackers.training.patch_cache import PATCH_BYTES, PatchCache
from trackers.training.sampling import Sampler
from trackers.training.settings import Difficulty, GradNetOptions, Schedule
from trackers.training.sources.reading import read_sources
from trackers.training.tasks import GradNetTask
from trackers.training.trainer import Trainer

DIFFICULTY = Difficulty(distractors=0.6, look_alikes=0.3, occlusion=0.15)
BATCH = 16


class WithoutGradient(GradNetNetwork):
    """U_2 gets the hidden feature, which does not depend on the frame."""

    def step(
        self, hidden: Tensor, features: Tensor, labels: Tensor, *, create_graph: bool = False
    ) -> UpdateStep:
        step = super().step(hidden, features, labels, create_graph=False)
        seen = hidden / hidden.square().mean().sqrt().detach().clamp(min=1e-12)
        corrected = hidden + self.correction(seen)
        return step._replace(hidden=corrected if create_graph else corrected.detach())


class SeparateFirstPass(GradNetNetwork):
    """The first pass, which gives the gradient, has a separate U_1."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.first = nn.ModuleList()

    def separate(self) -> None:
        """Gives the first pass a copy of U_1."""
        self.first = nn.ModuleList([copy.deepcopy(self.template)])

    def gradient(
        self, hidden: Tensor, features: Tensor, labels: Tensor, *, create_graph: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        shared = self.template
        self.template = self.first[0]  # type: ignore[assignment]
        try:
            return super().gradient(hidden, features, labels, create_graph=create_graph)
        finally:
            self.template = shared


def variant(name: str, backbone: Path) -> GradNetTask:
    """Creates the task of one row."""
    options: dict[str, dict[str, Any]] = {
        "GradNet": {},
        "w/o M": {"foreign": 0.0},
        "M": {"foreign": 1.0},
        "w/o MG": {"foreign": 0.0},
        "w 2U": {},
        "small U_2": {},
        "deep U_2": {},
        "paper": {"objective": "paper"},
        "released": {"objective": "released"},
    }
    torch.manual_seed(0)
    task = GradNetTask(backbone, GradNetOptions(**options[name]))
    if name == "w/o MG":
        task.network.__class__ = WithoutGradient
    if name == "w 2U":
        task.network.__class__ = SeparateFirstPass
        task.network.separate()  # type: ignore[operator]
        task.train()
    if "U_2" in name:
        task.network.correction[0] = first_layers(name, task.network.widths[1])
    return task


def first_layers(name: str, width: int) -> nn.Module:
    """Returns another beginning of U_2, with GradNet's initial values."""
    sizes = (1,) if name == "small U_2" else (3, 3)
    layers = [nn.Conv2d(width, width, size, padding=size // 2) for size in sizes]
    for layer in layers:
        nn.init.trunc_normal_(layer.weight, std=0.01)
        nn.init.constant_(layer.bias, 0.1)  # type: ignore[arg-type]
    return layers[0] if len(layers) == 1 else nn.Sequential(layers[0], nn.ReLU(), layers[1])


def training_data(sources: Sequence[str], memory: float) -> tuple[PatchCache, Sampler]:
    """Reads the training data of all rows."""
    clips, weights, _ = read_sources(sources, 0.15, print)
    cache = PatchCache(clips, torch.device("cpu"), max(1, int(memory * 1e9 / PATCH_BYTES)), 0, print)
    return cache, Sampler(torch.tensor(weights), DIFFICULTY, 0)


def train(
    name: str, backbone: Path, cache: PatchCache, sampler: Sampler, steps: int, out: Path
) -> GradNetNetwork:
    """Trains one row's network, or resumes an earlier run."""
    task = variant(name, backbone)
    task.calibrate(sampler.pairs(cache.round(0), -1, BATCH, distinct=True))
    schedule = Schedule(steps, BATCH, rate=0.002, last_rate=5e-5, warm_up=min(50, steps), average=0.98)
    folder = out / name.replace("/", "").replace(" ", "-")
    Trainer(task, cache, sampler, schedule, folder, {"variant": name}).run(lambda *_: None)
    return task.network


def measured(network: GradNetNetwork, dataset: Any, tracker: GradNet) -> str:
    """Returns the cells of one row: `network` measured on its own and in `tracker`."""
    figures = correction_study.measure(network, dataset)
    names = (correction_study.age_name(correction_study.STEP), correction_study.CARRIED)
    near = [correction_study.UNCORRECTED] * 2 if tracker.settings.interval == 0 else names
    tracker.network = prepare_for_updates(network, torch.device("cpu"))
    success, precision = tracking(tracker, dataset)
    shares = " | ".join(f"{figures.mean(name)[0]:.3f}" for name in near)
    return f"{shares} | {success:.3f} / {precision:.3f}"


def draw(rows: dict[str, float], path: Path) -> None:
    """Plots the success of every row."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 2.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot(list(rows.values())[::-1], list(rows)[::-1], "o", color="C0")
    axes.axvline(rows["baseline"], color="0.6", linewidth=1, linestyle="--")
    axes.margins(x=0.1, y=0.08)
    axes.set_xlabel("success (AUC)")
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    figure.savefig(path, dpi=120)


@catch_user_errors
def main(words: Sequence[str] | None = None) -> int:
    """Trains, measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--backbone", type=Path, required=True)
    parser.add_argument("--source", action="append", required=True, metavar="KIND:DIR[=WEIGHT]")
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--dataset", default="otb2015")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--memory", type=float, default=6.0)
    parser.add_argument("--plot", type=Path)
    args = parser.parse_args(words)
    dataset = open_dataset(args.dataset, args.data_root)
    print("| row | < 8 px, 5 frames ago | carried on | success / precision |\n|---|---|---|---|")
    drawn: dict[str, float] = {}

    def row(name: str, network: GradNetNetwork, **settings: float) -> None:
        # The running average of SiamFC's template would hide what the networks do.
        tracker = GradNet(args.out / "tracker.safetensors", average=0.0, **settings)
        cells = measured(network, dataset, tracker)
        drawn[name] = float(cells.split("|")[-1].split("/")[0])
        print(f"| {name} | {cells} |", flush=True)

    args.out.mkdir(parents=True, exist_ok=True)
    cache, sampler = training_data(args.source, args.memory)
    whole = train("GradNet", args.backbone, cache, sampler, args.steps, args.out)
    # All trackers below share its f_x; the other networks are those of each row.
    task = variant("GradNet", args.backbone)
    task.network.load_state_dict(whole.state_dict())
    task.save(args.out / "tracker.safetensors")
    row("baseline", whole, interval=0, share=0.0)
    row("w/o U", whole, interval=0)
    for name in ("w/o M", "M", "w/o MG", "w 2U", "small U_2", "deep U_2", "paper", "released"):
        row(name, train(name, args.backbone, cache, sampler, args.steps, args.out))
    row("GradNet", whole)
    if args.plot:
        draw(drawn, args.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main(None))
