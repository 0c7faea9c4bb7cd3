"""Measures how well GradNet's corrected templates localize the target on later frames.

    python tools/correction_study.py --data-root DIR [--dataset otb2015] [--plot FILE.png] NAME=FILE ...

Every fifth frame of each target is searched around its true position, shifted by up to 32 px per axis,
without a window. The table shows the share of frames whose highest score lies within 8 and within 16 px (of
the 255 px region) of the truth, and the logistic loss, which does not depend on the peak's position.
Templates: SiamFC's, fixed; GradNet's without a correction; corrected once, on the first frame, on a frame of
some age, and on one of age 5 with a label that is some pixels off; and corrected on every fifth frame before,
carried on. Update steps see the target in the center, at its true size.

Prints Markdown tables and draws them.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.datasets import Dataset, open_dataset
from benchmarks.geometry.missing_boxes import usable_box_mask
from trackers.siamese.backbone import STRIDE
from trackers.siamese.base import prepare_for_inference, upload
from trackers.siamese.checkpoint import load_gradnet
from trackers.siamese.gradnet_network import GradNetNetwork, prepare_for_updates
from trackers.siamese.response import balanced_logistic_loss, binary_labels, cross_correlation
from trackers.siamese.search import RESPONSE_SIZE, SEARCH_SIZE, Search, Targets
from trackers.siamese.settings import SearchSettings
from trackers.training.tasks import peak_positions

CPU = torch.device("cpu")
STEP = 5  # frames between update steps, and between searches
AGES = (5, 10, 20, 40)  # frames since the update step
ERRORS = (0, 2, 4, 8, 16)  # of an update step's label, in pixels
SHIFT = 32.0  # largest distance of the target from the search region's center, per axis, in pixels
MAX_FRAMES = 60  # searched frames per target

FIXED, UNCORRECTED, FIRST, CARRIED = (
    "SiamFC, fixed",
    "uncorrected",
    "corrected on the first frame",
    "carried on",
)


def age_name(age: int) -> str:
    """Names a template corrected on a frame of this age."""
    return f"corrected, {age} frames ago"


def error_name(error: int) -> str:
    """Names a template corrected with a label this far off."""
    return f"label {error} px off"


class Figures:
    """Collects measurements by template."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[float, float, float]]] = defaultdict(list)

    def add(self, name: str, scores: Tensor, place: Tensor) -> None:
        """Adds scores (1, m, m) of a region whose target is at `place` (1, 2)."""
        away = (peak_positions(scores) - place).norm().item()
        loss = balanced_logistic_loss(scores, binary_labels(place, scores.shape[-1], STRIDE)).item()
        self.rows[name].append((float(away < 8), float(away < 16), loss))

    def mean(self, name: str) -> np.ndarray:
        """Returns the shares within 8 and 16 px, and the loss."""
        return np.mean(self.rows[name], axis=0)


def label(error: int, generator: torch.Generator) -> Tensor:
    """Returns labels (1, 17, 17) of an update step, `error` pixels off in a random direction."""
    angle = 2 * torch.pi * torch.rand(1, generator=generator)
    offset = error * torch.stack([angle.cos(), angle.sin()], 1)
    return binary_labels(offset, RESPONSE_SIZE, STRIDE)


@torch.no_grad()
def measure(network: GradNetNetwork, dataset: Dataset) -> Figures:
    """Measures one network."""
    backbone = prepare_for_inference(network.backbone, CPU, "float32")
    steps = prepare_for_updates(network, CPU)
    search = Search(SearchSettings(), CPU)
    generator = torch.Generator().manual_seed(0)
    figures = Figures()
    center = label(0, generator)

    def template(hidden: Tensor) -> Tensor:
        return steps.template.deep(hidden) * steps.score_scale

    def corrected(hidden: Tensor, features: Tensor, labels: Tensor = center) -> Tensor:
        return steps.step(hidden, features, labels).hidden

    for name in dataset.names():
        sequence = dataset[name]
        frames = sequence.open_frames()
        usable = usable_box_mask(sequence.truth)
        stored: dict[int, Tensor] = {}
        for index in range(0, min(len(sequence.truth), STEP * MAX_FRAMES), STEP):
            if not usable[index]:
                continue
            pixels, sizes = upload([frames[index]], CPU)
            targets = search.start(pixels, sizes, torch.tensor(sequence.truth[index : index + 1]))
            features = backbone(search.centered(pixels, sizes, targets))
            if index == 0:
                exemplar = search.exemplars(pixels, sizes, targets)
                hidden = carried = steps.template.shallow(exemplar)
                fixed = backbone(exemplar) * steps.score_scale
                templates = {FIXED: fixed, UNCORRECTED: template(hidden)}
                templates[FIRST] = template(corrected(hidden, features))
            else:
                shift = SHIFT * (2 * torch.rand(1, 2, generator=generator) - 1)
                pixel = search.side(targets)[:, None] / SEARCH_SIZE
                moved = Targets(
                    targets.center - shift.double() * pixel, targets.first_size, targets.scale, targets.fill
                )
                seen = backbone(search.centered(pixels, sizes, moved))
                present = dict(templates)
                for age in AGES:
                    if index - age in stored:
                        present[age_name(age)] = template(corrected(hidden, stored[index - age]))
                if index - STEP in stored:
                    for error in ERRORS:
                        off = corrected(hidden, stored[index - STEP], label(error, generator))
                        present[error_name(error)] = template(off)
                present[CARRIED] = template(carried)
                for kind, one in present.items():
                    figures.add(kind, cross_correlation(seen[:, None], one)[:, 0], shift)
            stored[index] = features
            carried = corrected(carried, features)
    return figures


def table(figures: Figures, names: list[str]) -> str:
    """Returns a Markdown table of the templates `names`."""
    lines = ["| template | < 8 px | < 16 px | loss | frames |", "|---|---|---|---|---|"]
    for name in names:
        near, wide, loss = figures.mean(name)
        lines.append(f"| {name} | {near:.3f} | {wide:.3f} | {loss:.3f} | {len(figures.rows[name])} |")
    return "\n".join(lines)


def draw(measured: dict[str, Figures], path: Path) -> None:
    """Plots the shares within 8 px by template, by age and by the label's error."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.7), layout="constrained")
    FigureCanvasAgg(figure)
    by_template, by_age, by_error = figure.subplots(1, 3, sharey=True)
    kinds = [FIXED, UNCORRECTED, FIRST, age_name(STEP), CARRIED]
    width = 0.8 / len(measured)
    for number, (name, figures) in enumerate(measured.items()):
        values = [figures.mean(kind)[0] for kind in kinds]
        by_template.bar(np.arange(len(kinds)) + number * width, values, width, label=name)
        by_age.plot(AGES, [figures.mean(age_name(age))[0] for age in AGES], marker="o", label=name)
        by_error.plot(ERRORS, [figures.mean(error_name(e))[0] for e in ERRORS], marker="o", label=name)
        for axes in (by_age, by_error):
            axes.axhline(figures.mean(FIXED)[0], color=f"C{number}", linestyle=":", linewidth=1)
    by_template.set_xticks(
        np.arange(len(kinds)) + width * (len(measured) - 1) / 2,
        ["SiamFC", "uncorrected", "first\nframe", f"{STEP} frames\nago", "carried\non"],
        fontsize=8,
    )
    by_template.set_ylabel("peak within 8 px (share of frames)")
    by_template.set_title("by template", fontsize=10)
    by_age.set_title("by age of the correction (dotted: SiamFC)", fontsize=10)
    by_age.set_xlabel("frames")
    by_error.set_title(f"by error of the label, {STEP} frames ago", fontsize=10)
    by_error.set_xlabel("pixels")
    handles, labels = by_template.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(measured), fontsize=9, frameon=False)
    for axes in (by_template, by_age, by_error):
        axes.grid(axis="y", color="0.9")
        axes.set_axisbelow(True)
    figure.savefig(path, dpi=120)


def main() -> None:
    """Prints the tables and draws them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--dataset", default="otb2015")
    parser.add_argument("--plot", type=Path, metavar="FILE")
    parser.add_argument("weights", nargs="+", metavar="NAME=FILE")
    args = parser.parse_args()
    dataset = open_dataset(args.dataset, args.data_root)
    measured = {}
    for text in args.weights:
        name, _, path = text.rpartition("=")
        figures = measured[name or Path(path).stem] = measure(load_gradnet(Path(path)), dataset)
        names = [FIXED, UNCORRECTED, FIRST, *map(age_name, AGES), *map(error_name, ERRORS), CARRIED]
        print(f"\n{name or path}\n\n{table(figures, [n for n in names if n in figures.rows])}", flush=True)
    if args.plot:
        draw(measured, args.plot)


if __name__ == "__main__":
    main()
