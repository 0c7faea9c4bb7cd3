"""Plots the log of a training run: `training.png`."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path


def plot_log(log: Path, path: Path) -> None:
    """Plots every figure of a log against the step, one panel each.

    Args:
        log: a file of JSON lines, each with `step` and some figures.
        path: the PNG file to write.
    """
    # Not pyplot, which keeps figures and may want a screen.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    curves: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for text in log.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        for name, value in line.items():
            if name != "step":
                curves[name][0].append(line["step"])
                curves[name][1].append(value)
    columns = min(4, max(1, len(curves)))
    rows = max(1, math.ceil(len(curves) / columns))
    figure = Figure(figsize=(3 * columns, 2.2 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    for index, (name, (steps, values)) in enumerate(curves.items()):
        panel = figure.add_subplot(rows, columns, index + 1)
        panel.plot(steps, values, linewidth=0.8, marker="." if len(steps) < 20 else "")
        panel.set_title(name, fontsize=9)
        panel.tick_params(labelsize=7)
        panel.grid(color="0.9")
    partial = path.with_name(path.name + ".partial")
    figure.savefig(partial, format="png", dpi=110)
    partial.replace(path)
