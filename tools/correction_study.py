"""How GradNet's correction carries over to later frames, and what happens when it is repeated.

    python tools/correction_study.py --data-root DIR [--dataset otb2015] FILE.safetensors ...

Prints two Markdown tables for each file of weights. The first has the mean loss on later frames (true place
in the middle of the search region) of SiamFC's fixed template, of GradNet's before any correction, and after
one correction on frame 6. The second repeats the correction on one pair of frames: the loss before each
step, and how far the step moves the hidden feature, over the norm of the first one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor
from video_pairs import video_pairs

from benchmarks.datasets import Dataset, open_dataset
from trackers.siamese.backbone import STRIDE
from trackers.siamese.checkpoint import load_gradnet
from trackers.siamese.correction import GradNetNetwork, for_steps
from trackers.siamese.response import balanced_logistic, centred_labels, cross_correlation
from trackers.siamese.search import RESPONSE_SIZE, Search, SearchSettings

CPU = torch.device("cpu")
LEARNT, LATER = 6, (8, 12, 20, 40)
STEPS = (1, 2, 4, 8, 12)


def embedded(network: GradNetNetwork, dataset: Dataset, frame: int) -> tuple[Tensor, Tensor]:
    """Exemplars of the first frames, and f_x of `frame`."""
    exemplars, regions = video_pairs(dataset, Search(SearchSettings(), CPU), (frame,))
    return exemplars, torch.cat([network.backbone(crop[None]) for crop in regions])


def later_frames(network: GradNetNetwork, dataset: Dataset) -> list[str]:
    """Rows of the first table."""
    exemplars, learnt = embedded(network, dataset, LEARNT)
    labels = centred_labels(torch.zeros(1, 2), RESPONSE_SIZE, STRIDE).expand(len(learnt), -1, -1)
    hidden = network.template.shallow(exemplars)
    corrected = network.step(hidden, learnt, labels).hidden
    templates = {
        "SiamFC, fixed": network.backbone(exemplars) * network.score_scale,
        "GradNet, uncorrected": network.template.deep(hidden) * network.score_scale,
        f"GradNet, corrected on frame {LEARNT}": network.template.deep(corrected) * network.score_scale,
    }
    seen = [embedded(network, dataset, frame)[1] for frame in LATER]
    rows = []
    for name, template in templates.items():
        losses = [
            balanced_logistic(cross_correlation(features[:, None], template)[:, 0], labels).mean().item()
            for features in seen
        ]
        rows.append(f"| {name} | " + " | ".join(f"{loss:.3f}" for loss in losses) + " |")
    return rows


def repeated(network: GradNetNetwork, dataset: Dataset) -> list[str]:
    """Rows of the second table."""
    exemplars, features = embedded(network, dataset, LEARNT)
    labels = centred_labels(torch.zeros(1, 2), RESPONSE_SIZE, STRIDE).expand(len(features), -1, -1)
    hidden = first = network.template.shallow(exemplars)
    losses, moves = [], []
    for number in range(1, STEPS[-1] + 1):
        step = network.step(hidden, features, labels)
        move = (step.hidden - hidden).flatten(1).norm(dim=1) / first.flatten(1).norm(dim=1)
        hidden = step.hidden
        if number in STEPS:
            losses.append(f"{step.loss.mean():.3f}")
            moves.append(f"{move.mean():.3f}")
    return [f"| loss | {' | '.join(losses)} |", f"| move | {' | '.join(moves)} |"]


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--dataset", default="otb2015")
    parser.add_argument("weights", nargs="+", type=Path, metavar="FILE")
    given = parser.parse_args()
    dataset = open_dataset(given.dataset, given.data_root)
    for path in given.weights:
        with torch.no_grad():
            network = for_steps(load_gradnet(path), CPU)
            for title, columns, rows in (
                ("template", [f"frame {at}" for at in LATER], later_frames(network, dataset)),
                ("step", [str(number) for number in STEPS], repeated(network, dataset)),
            ):
                print(f"\n{path.name}\n\n| {title} | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")
                print("\n".join(rows), flush=True)


if __name__ == "__main__":
    main()
