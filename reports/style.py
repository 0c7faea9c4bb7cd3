"""The style of all figures (`house.mplstyle`), and the colors, dashes and markers of trackers.

A tracker has the same color in every plot, page, video and data set: colors belong to names, not to ranks.
`assign_styles` gives each tracker of a results folder one of 60 styles:

1. The trackers are taken in the order of `_FIRST_CHOICES`, the others after them by name.
2. Each gets its first choice among the styles that are free. A built-in tracker's first choice is recorded;
   all other choices follow from a hash of the name alone.

So colors are distinct, do not depend on the data set, the scores or on who is hidden, and are the same on
every machine. A new tracker changes the color of another one only if it is taken first and both have the
same choice; a color in `sotbench.toml` never changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from trackers.video.palette import PALETTE

COLORS = (
    *PALETTE[:6],
    *("#66A61E", "#F4A582", "#6A3D9A", "#7F7F7F", "#B2182B", "#E7298A", "#00CED1"),
    *("#8C510A", "#BCBD22", "#8CA252", "#E31A1C", "#FF7F7F", "#BD9E39", "#AA4499"),
)
"""The palette without black, which a dark page hides, and 14 more colors, each chosen to differ most from
those before it in CIELAB, at a lightness between 35 and 76."""

LINE_STYLES: dict[str, Any] = {
    "solid": "-",
    "dashed": (0, (4, 1.5)),
    "dotted": (0, (1, 1)),
    "dashdot": (0, (5, 1.2, 1, 1.2)),
    "long-dashed": (0, (8, 2)),
}
"""Matplotlib's form of each line style, by name."""

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
_SHADES = ((1.0, 0.0), (0.6, 0.12), (0.5, 0.5))
"""Shares of a color and of white in its variants: as it is, darker, lighter."""

_FIRST_CHOICES = {
    name: COLORS.index(color)
    for name, color in {
        "siamfc": "#0072B2",
        "siamfc-lite": "#56B4E9",
        "siamfc-gd": "#CC79A7",
        "siamfc-avg": "#6A3D9A",
        "gradnet": "#D55E00",
        "gradnet-lite": "#E69F00",
        "gradnet-released": "#B2182B",
        "gradnet-paper": "#8C510A",
        "ncc": "#009E73",
        "still": "#7F7F7F",
    }.items()
}
_HASH_SALT = "867"
"""Among the first 1,500 numbers the one for which the first choices of twenty well-known trackers (SiamFC,
SiamRPN++, ATOM, DiMP, TransT, OSTrack, ...) differ most."""

_SHEET = Path(__file__).with_name("house.mplstyle")


@dataclass(frozen=True)
class TrackerStyle:
    """How a tracker is drawn.

    Attributes:
        color: as `"#0072B2"`.
        dashes: a name of `LINE_STYLES`.
        marker: matplotlib's name of a marker.
        highlight: whether it is drawn on top, in thick lines, with its name in bold.
    """

    color: str
    dashes: str = "solid"
    marker: str = "o"
    highlight: bool = False

    def line(self, width: float = 1.2) -> dict[str, Any]:
        """Returns the style of a line, `width` points wide, as arguments of matplotlib's `plot`."""
        style: dict[str, Any] = {"color": self.color, "linestyle": LINE_STYLES[self.dashes]}
        if self.highlight:
            return style | {"linewidth": 1.8 * width, "zorder": 3}
        return style | {"linewidth": width}

    def point(self, size: float = 4.0) -> dict[str, Any]:
        """Returns the style of a point, `size` points wide, as arguments of matplotlib's `plot`."""
        style: dict[str, Any] = {"color": self.color, "marker": self.marker}
        if self.highlight:
            return style | {"markersize": 1.3 * size, "zorder": 5}
        return style | {"markersize": size}

    def plotly(self) -> dict[str, Any]:
        """Returns the style as the HTML page's charts need it: color, dashes in pixels, highlight."""
        dashes = LINE_STYLES[self.dashes]
        dash = "solid" if dashes == "-" else ",".join(f"{2 * length:g}px" for length in dashes[1])
        return {"color": self.color, "dash": dash, "highlight": self.highlight}


def assign_styles(trackers: Iterable[str], taken: Iterable[str] = ()) -> dict[str, TrackerStyle]:
    """Returns a style for each tracker: the same ones for the same names, in whatever order.

    Up to 60 trackers have different colors; more share them.

    Args:
        trackers: the names of all trackers, whether they are shown or not.
        taken: colors such as `"#0072B2"` that no tracker should get.
    """
    names = sorted(set(trackers), key=lambda name: (name not in _FIRST_CHOICES, name.casefold(), name))
    free: set[int] = set()
    styles = {}
    shade = -1
    colors: list[str] = []
    for name in names:
        if not free:
            shade += 1
            colors = [_shaded(color, *_SHADES[shade % len(_SHADES)]) for color in COLORS]
            avoided = {color.upper() for color in taken}
            free = {place for place, color in enumerate(colors) if color not in avoided}
        place = _choice(name, free)
        free.remove(place)
        styles[name] = TrackerStyle(
            colors[place],
            tuple(LINE_STYLES)[(place + shade) % len(LINE_STYLES)],
            _MARKERS[(place + shade) % len(_MARKERS)],
        )
    return styles


def house_style(changes: Sequence[tuple[str, Any]] = ()) -> AbstractContextManager[None]:
    """Applies the style while a figure is built or written, whatever the user's matplotlibrc says.

    Args:
        changes: settings of matplotlib that differ from the style, with their values.
    """
    import matplotlib.style

    return matplotlib.style.context(_settings() | dict(changes), after_reset=True)


@cache
def _settings() -> dict[str, Any]:
    import matplotlib
    from matplotlib.rcsetup import cycler

    # Any: matplotlib types each setting by its name.
    settings: Any = matplotlib.rc_params_from_file(_SHEET, use_default_template=False)
    settings["axes.prop_cycle"] = cycler(color=PALETTE)
    return dict(settings)


def _choice(name: str, free: set[int]) -> int:
    """Returns the tracker's first choice among the free places.

    Each place has a rank that depends on the name alone (rendezvous hashing), so a place that is taken or
    added changes nothing for trackers that do not choose it.
    """
    if (first := _FIRST_CHOICES.get(name)) in free:
        return first
    return max(free, key=lambda place: hashlib.sha256(f"{_HASH_SALT}{name}\0{place}".encode()).digest())


def _shaded(color: str, share: float, white: float) -> str:
    """Returns a color mixed with white and black."""
    mixed = (round(int(color[i : i + 2], 16) * share + 255 * white) for i in (1, 3, 5))
    return "#" + "".join(f"{value:02X}" for value in mixed)
