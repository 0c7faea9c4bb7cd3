"""The style of all figures (`house.mplstyle`), and the colors, dashes and markers of trackers."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.style
from matplotlib.rcsetup import cycler

from trackers.video.palette import PALETTE

COLUMN_INCHES = 3.4
"""Width of a column in the field's two-column papers."""

PAGE_INCHES = 7.0
"""Width of both columns."""

_SHEET = Path(__file__).with_name("house.mplstyle")
# Any: matplotlib types each setting by its name.
_SETTINGS: Any = matplotlib.rc_params_from_file(_SHEET, use_default_template=False)
_SETTINGS["axes.prop_cycle"] = cycler(color=PALETTE)
_DASHES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1.2, 1, 1.2)), (0, (8, 2)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")


def house_style() -> AbstractContextManager[None]:
    """Applies the style while a figure is built or written, whatever the user's matplotlibrc says."""
    return matplotlib.style.context(dict(_SETTINGS), after_reset=True)


def tracker_color(rank: int) -> str:
    """Returns the color of the tracker at `rank` (0-based) as `"#0072B2"`; colors repeat after 7 ranks."""
    return PALETTE[rank % len(PALETTE)]


def line_style(rank: int) -> dict[str, Any]:
    """Returns color and dashes of the tracker at `rank` (0-based).

    Both change from one rank to the next, so neighbors also differ in gray; 35 ranks have different styles.
    """
    return {"color": tracker_color(rank), "linestyle": _DASHES[rank % len(_DASHES)]}


def point_style(rank: int) -> dict[str, Any]:
    """Returns color and marker of the tracker at `rank` (0-based); 63 ranks have different styles."""
    return {"color": tracker_color(rank), "marker": _MARKERS[rank % len(_MARKERS)]}
