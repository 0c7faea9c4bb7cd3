"""How every figure looks: `house.mplstyle`, and what tells trackers apart."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.style

COLUMN_INCHES = 3.4
"""Width of one column in the field's two-column papers."""

PAGE_INCHES = 7.0
"""Width of both columns and what lies between."""

_SHEET = Path(__file__).with_name("house.mplstyle")
# Any: matplotlib types a setting by its name, and here they are passed on as they are.
_SETTINGS: Any = matplotlib.rc_params_from_file(_SHEET, use_default_template=False)
_COLORS: list[str] = _SETTINGS["axes.prop_cycle"].by_key()["color"]
_DASHES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1.2, 1, 1.2)), (0, (8, 2)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")


def house_style() -> AbstractContextManager[None]:
    """Puts the sheet in force, to build and to write a figure in; a user's own matplotlibrc has no say."""
    return matplotlib.style.context(dict(_SETTINGS), after_reset=True)


def line_style(rank: int) -> dict[str, Any]:
    """Colour and dashes of the tracker that stands at `rank` (0-based).

    Both change from one rank to the next, so that neighbours differ in grey as well; no combination repeats
    among 35.
    """
    return {"color": _COLORS[rank % len(_COLORS)], "linestyle": _DASHES[rank % len(_DASHES)]}


def point_style(rank: int) -> dict[str, Any]:
    """Colour and marker of the tracker that stands at `rank`; no combination repeats among 63."""
    return {"color": _COLORS[rank % len(_COLORS)], "marker": _MARKERS[rank % len(_MARKERS)]}
