"""What template generalisation does to GradNet: the size of its corrections, and what they achieve.

    python tools/template_generalisation.py --data-root DIR [--dataset otb2015] 1=K1.safetensors 4=...

For each file of GradNet's weights, named by the k it was trained with: on pairs of a video's first template
and a later frame, the norm of the correction over that of the hidden feature, and the loss before and after;
then success and precision of both trackers. No video here may have been trained on. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from video_pairs import video_pairs

from benchmarks.datasets import Dataset, open_dataset
from benchmarks.scoring.one_pass import precision_curve, success_curve
from benchmarks.scoring.overlap import center_error, iou
from trackers.siamese.backbone import STRIDE
from trackers.siamese.checkpoint import load_gradnet
from trackers.siamese.correction import for_steps
from trackers.siamese.gradnet import GradNet
from trackers.siamese.gradnet_paper import GradNetPaper
from trackers.siamese.response import balanced_logistic, centred_labels
from trackers.siamese.search import RESPONSE_SIZE, Search, SearchSettings
from trackers.tracker import BatchTracker, OneSlot

CPU = torch.device("cpu")


def corrections(weights: Path, dataset: Dataset) -> tuple[float, float, float]:
    """Mean size of the correction as a share of the feature, loss before, and loss after."""
    network = for_steps(load_gradnet(weights), CPU)
    with torch.no_grad():
        exemplars, regions = video_pairs(dataset, Search(SearchSettings(), CPU))
        hidden = network.template.shallow(exemplars)
        features = torch.cat([network.backbone(crop[None]) for crop in regions])
        labels = centred_labels(torch.zeros(1, 2), RESPONSE_SIZE, STRIDE).expand(len(features), -1, -1)
        step = network.step(hidden, features, labels)
        after = balanced_logistic(network.scores(features[:, None], step.hidden)[:, 0], labels)
        change = (step.hidden - hidden).flatten(1).norm(dim=1) / hidden.flatten(1).norm(dim=1)
    return change.mean().item(), step.loss.mean().item(), after.mean().item()


def tracking(batch: BatchTracker, dataset: Dataset) -> tuple[float, float]:
    """Mean success and precision over the data set's videos, by the rules of profile `otb`."""
    tracker, scores = OneSlot(batch), []
    for name in dataset.names():
        sequence = dataset[name]
        frames = sequence.open_frames()
        tracker.init(frames[0], sequence.truth[0])
        rest = [tracker.update(frames[index]) for index in range(1, len(sequence.truth))]
        found = np.array([sequence.truth[0], *rest])
        overlap, error = iou(found, sequence.truth), center_error(found, sequence.truth)
        scores.append((success_curve(overlap).mean(), precision_curve(error)[20]))
    success, precision = np.mean(scores, axis=0)
    return float(success), float(precision)


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--dataset", default="otb2015")
    parser.add_argument("weights", nargs="+", metavar="K=FILE")
    given = parser.parse_args()
    dataset = open_dataset(given.dataset, given.data_root)
    print("| k | correction | loss before | after | gradnet | gradnet-paper |\n|---|---|---|---|---|---|")
    for text in given.weights:
        k, _, file = text.partition("=")
        change, before, after = corrections(Path(file), dataset)
        scores = [
            "{:.3f} / {:.3f}".format(*tracking(kind(Path(file)), dataset)) for kind in (GradNet, GradNetPaper)
        ]
        print(f"| {k} | {change:.3f} | {before:.3f} | {after:.3f} | {scores[0]} | {scores[1]} |", flush=True)


if __name__ == "__main__":
    main()
