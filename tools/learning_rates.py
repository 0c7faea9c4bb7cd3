"""Compares gradient descent on SiamFC's template with GradNet's single update step.

    python tools/learning_rates.py --data-root DIR [--weights siamfc.safetensors] [--gradnet FILE]
                                   [--plot docs/images/learning-rates.png]

The setting of table 1 of Li et al., GradNet, ICCV 2019: a template of a video's first frame is fitted to a
later frame by gradient descent on the tracking loss, at multiples of a basic learning rate, until the loss is
a tenth of its first value. The basic rate is the one that takes as many iterations as in the paper: 449
(median over pairs of frames). Prints a Markdown table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from gradnet_training_study import video_pairs
from torch import Tensor

from benchmarks.datasets import open_dataset
from reports.style import house_style
from trackers.siamese.backbone import SCORE_SCALE, STRIDE
from trackers.siamese.checkpoint import load_gradnet
from trackers.siamese.gradient_descent import gradient_descent
from trackers.siamese.gradnet_network import prepare_for_updates
from trackers.siamese.response import balanced_logistic_loss, binary_labels
from trackers.siamese.search import RESPONSE_SIZE
from trackers.siamese.siamfc import SiamFC
from trackers.siamese.weights import bundled_weights

# Multiple of the basic learning rate: iterations to converge, table 1 of the paper; None is never.
PUBLISHED = {
    1: 449, 3: 136, 5: 77, 7: 64, 9: 60, 10: 58, 30: 59, 50: 51, 70: 54, 90: 56, 100: 55, 500: 54, 1000: 61,
    3000: 67, 5000: None,
}  # fmt: skip
CONVERGED = 0.1  # of the first loss
LIMIT = 1000  # iterations after which descent counts as not converging


def iterations(templates: Tensor, features: Tensor, labels: Tensor, rate: float) -> float:
    """Returns the median number of iterations to converge; infinite if most pairs do not."""
    _, losses = gradient_descent(templates, features, labels, rate, LIMIT)
    reached = losses <= CONVERGED * losses[:, :1]
    first = torch.where(reached.any(1), reached.float().argmax(1).double(), torch.inf)
    # The upper median, so that it is infinite if half of the pairs do not converge.
    return first.sort().values[len(first) // 2].item()


def basic_rate(templates: Tensor, features: Tensor, labels: Tensor) -> float:
    """Finds the rate that takes as many iterations as the paper's basic rate, by bisection."""
    low, high = 1e-7, 1.0
    for _ in range(30):
        middle = (low * high) ** 0.5
        if iterations(templates, features, labels, middle) > PUBLISHED[1]:
            low = middle
        else:
            high = middle
    return high


def main() -> None:
    """Measures, prints the table and draws the plot."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--dataset", default="otb2015")
    parser.add_argument("--weights", type=Path, help="SiamFC's (default: those that come with the project)")
    parser.add_argument("--gradnet", type=Path, default=None, help="GradNet's (default: likewise)")
    parser.add_argument("--plot", type=Path)
    args = parser.parse_args()
    with torch.no_grad():
        tracker = SiamFC(args.weights)
        exemplars, regions = video_pairs(open_dataset(args.dataset, args.data_root), tracker.search)
        templates = torch.cat([tracker.network(crop[None]) * SCORE_SCALE for crop in exemplars])
        features = torch.cat([tracker.network(crop[None]) for crop in regions])
        labels = binary_labels(torch.zeros(1, 2), RESPONSE_SIZE, STRIDE).expand(len(features), -1, -1)
        network = prepare_for_updates(
            load_gradnet(args.gradnet or bundled_weights("gradnet")), torch.device("cpu")
        )
        # GradNet's f_x may differ from SiamFC's weights.
        own = torch.cat([network.backbone(crop[None]) for crop in regions])
        step = network.step(network.template.shallow(exemplars), own, labels)
        after = balanced_logistic_loss(network.scores(own[:, None], step.hidden)[:, 0], labels)
        basic = basic_rate(templates, features, labels)
        found = {n: iterations(templates, features, labels, n * basic) for n in PUBLISHED}
        curves = {
            n: gradient_descent(templates, features, labels, n * basic, 200)[1].mean(0).numpy()
            for n in (1, 10, 100, 1000)
        }
    print(f"{len(features)} pairs of frames; basic learning rate {basic:.2e}\n")
    print("| multiple of the basic rate | iterations, paper | iterations, here |\n|---|---|---|")
    for n, published in PUBLISHED.items():
        mine = f"{found[n]:.0f}" if np.isfinite(found[n]) else "never"
        print(f"| {n} | {published or 'never'} | {mine} |")
    before, corrected = step.loss.mean().item(), after.mean().item()
    print(f"\nGradNet, one step: mean loss {before:.3f} before, {corrected:.3f} after.")
    one = gradient_descent(templates, features, labels, basic, 1)[1].mean(0)
    best = min(
        gradient_descent(templates, features, labels, n * basic, 1)[1][:, 1].mean().item()
        for n in np.geomspace(1, 1e4, 60)
    )
    print(f"Gradient descent, one iteration: {one[0]:.3f} before, {best:.3f} after, at the best rate.")
    if args.plot:
        plot(curves, found, args.plot)


def plot(curves: dict[int, np.ndarray], found: dict[int, float], path: Path) -> None:
    """Plots iterations against the rate, with the paper's, and the loss by iteration."""
    with house_style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 2.8), layout="constrained")
        for label, values in (("Li et al. 2019, table 1", PUBLISHED), ("here", found)):
            there = {n: v for n, v in values.items() if v is not None and np.isfinite(v)}
            left.loglog(list(there), list(there.values()), marker="o", label=label)
        left.axhline(1, color="black", linestyle=":", label="GradNet: one step")
        left.set(xlabel="multiple of the basic learning rate", ylabel="iterations to converge")
        left.legend()
        for n, losses in curves.items():
            right.semilogy(losses, label=f"{n} x")
        right.set(xlabel="iteration", ylabel="mean loss")
        right.legend()
        figure.savefig(path)


if __name__ == "__main__":
    main()
