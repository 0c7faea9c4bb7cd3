"""Measures how much success a tracker loses to wrong positions, and how much to wrong sizes.

    python tools/success_ceilings.py --data-root DIR [--dataset otb2015] [--results DIR] NAME ...

Prints the success (mean over sequences, profile `otb`'s thresholds) of each run's boxes, and of the same
boxes with one aspect replaced by the ground truth: the most that a tracker could gain in this respect alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.datasets import Dataset, open_dataset
from benchmarks.geometry.overlap import iou
from benchmarks.scoring.metrics import SUCCESS_AUC
from benchmarks.store.runs import read_run
from trackers.tracker import Boxes


def placed(centers: Boxes, sizes: Boxes) -> Boxes:
    """Returns boxes (n, 4) with sizes (n, 2) around centers (n, 2)."""
    return np.concatenate([centers - sizes / 2, sizes], axis=1)


def replaced(boxes: Boxes, truth: Boxes) -> dict[str, Boxes]:
    """Returns `boxes` (n, 4), and variants with one aspect of the ground truth (n, 4)."""
    center, size = boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:]
    true_center, true_size = truth[:, :2] + truth[:, 2:] / 2, truth[:, 2:]
    lost = (iou(boxes, truth) == 0)[:, None]
    return {
        "as it is": boxes,
        "true center where the target is lost": np.where(lost, placed(true_center, size), boxes),
        "true centers": placed(true_center, size),
        "true sizes": placed(center, true_size),
    }


def successes(name: str, results: Path, dataset: Dataset) -> dict[str, float]:
    """Returns a run's success with each of `replaced`."""
    curves: dict[str, list[float]] = {}
    for sequence, (trajectory, *_) in read_run(results, dataset.name, name).trajectories.items():
        truth = dataset[sequence].truth
        for kind, boxes in replaced(trajectory.boxes, truth).items():
            curves.setdefault(kind, []).append(SUCCESS_AUC.score(iou(boxes, truth)))
    return {kind: float(np.mean(values)) for kind, values in curves.items()}


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--dataset", default="otb2015")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("names", nargs="+", metavar="NAME")
    args = parser.parse_args()
    dataset = open_dataset(args.dataset, args.data_root)
    for place, name in enumerate(args.names):
        found = successes(name, args.results, dataset)
        if place == 0:
            print(f"| tracker | {' | '.join(found)} |\n{'|---' * (len(found) + 1)}|")
        print(f"| `{name}` | {' | '.join(f'{value:.3f}' for value in found.values())} |")


if __name__ == "__main__":
    main()
