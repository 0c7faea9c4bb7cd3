"""Compares GradNet trained with different options: its corrections, and the accuracy of its trackers.

    python tools/gradnet_training_study.py --data-root DIR [--dataset otb2015] NAME=FILE.safetensors ...

Prints a Markdown table with a row per weights file: the norm of the correction over that of the hidden
feature on pairs of a video's first template and a later frame, the loss before and after, and success and
precision of the trackers. The networks must not have been trained on these videos.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.datasets import Dataset, open_dataset
from benchmarks.geometry.overlap import center_error, iou
from benchmarks.scoring.metrics import PRECISION_20, SUCCESS_AUC
from trackers.siamese.backbone import STRIDE
from trackers.siamese.checkpoint import load_gradnet
from trackers.siamese.frame_upload import upload
from trackers.siamese.gradnet import GradNet
from trackers.siamese.gradnet_network import prepare_for_updates
from trackers.siamese.gradnet_paper import GradNetPaper
from trackers.siamese.gradnet_released import GradNetReleased
from trackers.siamese.response import balanced_logistic_loss, binary_labels
from trackers.siamese.search import RESPONSE_SIZE, Search
from trackers.siamese.settings import SearchSettings
from trackers.tracker import BatchTracker, OneSlot

CPU = torch.device("cpu")
LATER = (5, 10, 20, 40)  # frames to match with the first template, if a video has them
KINDS = {"gradnet": GradNet, "gradnet-released": GradNetReleased, "gradnet-paper": GradNetPaper}


def video_pairs(dataset: Dataset, search: Search, later: tuple[int, ...] = LATER) -> tuple[Tensor, Tensor]:
    """Returns exemplars (n, 3, 127, 127) of first frames, and search regions (n, 3, 255, 255) of later ones.

    The true box is in the center of both.
    """
    exemplars, regions = [], []
    for name in dataset.names():
        sequence = dataset[name]
        frames = sequence.open_frames()
        for index in (0, *(at for at in later if at < len(sequence.truth))):
            pixels, sizes = upload([frames[index]], CPU)
            targets = search.start(pixels, sizes, torch.tensor(sequence.truth[index : index + 1]))
            if index == 0:
                exemplar = search.exemplars(pixels, sizes, targets)
            else:
                exemplars.append(exemplar)
                regions.append(search.centered(pixels, sizes, targets))
    return torch.cat(exemplars), torch.cat(regions)


def corrections(weights: Path, dataset: Dataset) -> tuple[float, float, float]:
    """Returns the mean size of the correction as a share of the feature, and the loss before and after."""
    network = prepare_for_updates(load_gradnet(weights), CPU)
    with torch.no_grad():
        exemplars, regions = video_pairs(dataset, Search(SearchSettings(), CPU))
        hidden = network.template.shallow(exemplars)
        features = torch.cat([network.backbone(crop[None]) for crop in regions])
        labels = binary_labels(torch.zeros(1, 2), RESPONSE_SIZE, STRIDE).expand(len(features), -1, -1)
        step = network.step(hidden, features, labels)
        after = balanced_logistic_loss(network.scores(features[:, None], step.hidden)[:, 0], labels)
        change = (step.hidden - hidden).flatten(1).norm(dim=1) / hidden.flatten(1).norm(dim=1)
    return change.mean().item(), step.loss.mean().item(), after.mean().item()


def tracking(batch: BatchTracker, dataset: Dataset) -> tuple[float, float]:
    """Returns mean success and precision over the data set's videos, by the rules of profile `otb`."""
    tracker, scores = OneSlot(batch), []
    for name in dataset.names():
        sequence = dataset[name]
        frames = sequence.open_frames()
        tracker.init(frames[0], sequence.truth[0])
        rest = [tracker.update(frames[index]) for index in range(1, len(sequence.truth))]
        found = np.array([sequence.truth[0], *rest])
        overlap, error = iou(found, sequence.truth), center_error(found, sequence.truth)
        scores.append((SUCCESS_AUC.score(overlap), PRECISION_20.score(error)))
    success, precision = np.mean(scores, axis=0)
    return float(success), float(precision)


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--dataset", default="otb2015")
    parser.add_argument("weights", nargs="+", metavar="NAME=FILE")
    parser.add_argument("--trackers", nargs="+", choices=KINDS, default=list(KINDS))
    args = parser.parse_args()
    dataset = open_dataset(args.dataset, args.data_root)
    columns = ["training", "correction", "loss before", "after", *args.trackers]
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for text in args.weights:
        name, _, file = text.partition("=")
        change, before, after = corrections(Path(file), dataset)
        scores = [
            "{:.3f} / {:.3f}".format(*tracking(KINDS[kind](Path(file)), dataset)) for kind in args.trackers
        ]
        cells = [name, f"{change:.3f}", f"{before:.3f}", f"{after:.3f}", *scores]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
