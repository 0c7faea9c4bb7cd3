"""Draws the README's figure of the demo: python tools/demo_figure.py docs/images/demo.jpg."""

from __future__ import annotations

import argparse
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from benchmarks.datasets.demo import Demo

MOMENTS = {"occlusion": 32, "illumination": 21, "motion": 22, "clutter": 32, "out-of-view": 22}
"""Typical frames of sequences; the 25th is the default."""


def demo_figure() -> Figure:
    """Draws one frame of each sequence with the ground truth."""
    figure = Figure(figsize=(9, 7.4), layout="constrained")
    FigureCanvasAgg(figure)
    demo = Demo()
    for name, axes in zip(demo.names(), figure.subplots(3, 3).flat, strict=True):
        sequence = demo[name]
        moment = MOMENTS.get(name, 25)
        x, y, w, h = sequence.truth[moment]
        # imshow has the center of the first pixel, not its corner, at (0, 0).
        axes.imshow(sequence.open_frames()[moment])
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), w, h, fill=False, edgecolor="#19e619", linewidth=1.5))
        axes.set_title(" ".join((name, *(f"· {a}" for a in sequence.attributes))), fontsize=10)
        axes.set_axis_off()
    return figure


def main() -> None:
    """Writes the figure to the given file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    demo_figure().savefig(parser.parse_args().file, dpi=110)


if __name__ == "__main__":
    main()
