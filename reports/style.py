"""How every figure looks: for one column of a paper, in colour, in grey and to colour-blind eyes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import matplotlib.style

COLUMN_INCHES = 3.4
"""Width of one column in the field's two-column papers."""

SETTINGS: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 7,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7,
    "legend.fontsize": 6,
    "axes.linewidth": 0.6,
    "axes.edgecolor": "0.3",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "0.9",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.2,
    "legend.frameon": False,
    "legend.handlelength": 3.2,
    "legend.labelspacing": 0.3,
    "savefig.dpi": 300,
    # Text stays text that can be searched and edited; many publishers refuse PDF's default, Type 3 fonts.
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    # The same figure gives the same bytes.
    "svg.hashsalt": "sotbench",
}
"""Matplotlib's settings wherever they differ from its defaults."""

# Okabe and Ito's colour-blind safe palette (https://jfly.uni-koeln.de/color/) without yellow, which is lost
# on white paper; in an order in which neighbours differ in lightness.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_DASHES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1.2, 1, 1.2)), (0, (8, 2)))


def house_style() -> AbstractContextManager[None]:
    """Puts `SETTINGS` in force, to build and to write a figure in; a user's own matplotlibrc has no say."""
    return matplotlib.style.context(SETTINGS, after_reset=True)


def line_style(rank: int) -> dict[str, Any]:
    """Colour and dashes of the tracker that stands at `rank` (0-based).

    Both change from one rank to the next, so that neighbours differ in grey as well; no combination repeats
    among 35.
    """
    return {"color": _COLORS[rank % len(_COLORS)], "linestyle": _DASHES[rank % len(_DASHES)]}
