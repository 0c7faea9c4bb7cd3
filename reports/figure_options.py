"""Size, font, legend and title of figures: the options of `sotbench plot`, and what they mean."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from trackers.errors import UserError

COLUMN_INCHES = 3.4
"""Width of a column in the field's two-column papers."""

PAGE_INCHES = 7.0
"""Width of both columns."""

SIZES = {"one-column": COLUMN_INCHES, "two-column": PAGE_INCHES}

Legend: TypeAlias = Literal["auto", "inside", "outside", "none"]

_INCHES = {"in": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72.27, "": 1.0}
_LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,6})?) ?(in|cm|mm|pt|)", re.ASCII)
_MIN_INCHES, _MAX_INCHES = 0.5, 40.0
_FONT_POINTS = 7.0
"""Size of text in `house.mplstyle`."""

_LATEX_PACKAGES = ("type1cm", "type1ec")
"""Packages that matplotlib needs and a small LaTeX lacks."""

_GENERIC_FONTS = {"serif": "DejaVu Serif", "sans-serif": "DejaVu Sans", "monospace": "DejaVu Sans Mono"}
"""Fonts that come with matplotlib."""


@dataclass(frozen=True)
class FigureOptions:
    """How figures look, beyond their style.

    Attributes:
        width, height: in inches; None for those of the kind of plot.
        font: a font's name, or serif, sans-serif or monospace; None for the style's.
        font_size: size of text in points; None for the style's, 7.
        usetex: whether LaTeX sets all text.
        legend: where the legend is; `"auto"`: where it hides nothing.
        title: `"full"`, `"dataset"` (its title alone) or `"none"`.
    """

    width: float | None = None
    height: float | None = None
    font: str | None = None
    font_size: float | None = None
    usetex: bool = False
    legend: Legend = "auto"
    title: Literal["full", "dataset", "none"] = "full"

    @property
    def scale(self) -> float:
        """The size of text relative to the style's."""
        return 1.0 if self.font_size is None else self.font_size / _FONT_POINTS

    def settings(self) -> tuple[tuple[str, Any], ...]:
        """Returns matplotlib's settings that differ from the style, with their values."""
        changed: list[tuple[str, Any]] = []
        if self.font is not None:
            # The style's font has the letters that another one lacks.
            named = [_GENERIC_FONTS.get(self.font, self.font), "DejaVu Sans"]
            changed.append(("font.family", [self.font] if self.usetex else named))
        if self.font_size is not None:
            sizes = {"font.size": 7, "axes.titlesize": 7.5, "axes.labelsize": 7, "figure.titlesize": 7.5}
            sizes |= {"xtick.labelsize": 7, "ytick.labelsize": 7, "legend.fontsize": 6}
            changed += [(name, size * self.scale) for name, size in sizes.items()]
        if self.usetex:
            changed.append(("text.usetex", True))
        return tuple(changed)

    def check(self) -> FigureOptions:
        """Returns the options if this machine has what they need.

        Raises:
            UserError: the font or LaTeX is not installed, or an option is none of its choices.
        """
        if self.legend not in get_args(Legend):
            raise UserError(f"legend is {self.legend!r:.40}; it takes {', '.join(get_args(Legend))}")
        if self.usetex:
            _check_latex()
        if self.font is not None and self.font not in _GENERIC_FONTS:
            from matplotlib import font_manager

            from trackers.registry import did_you_mean

            known = sorted(set(font_manager.get_font_names()))
            if self.font not in known:
                raise UserError(
                    f"there is no font '{self.font}' on this machine{did_you_mean(self.font, known)}; "
                    f"install it, or take one of {', '.join(_GENERIC_FONTS)}"
                )
        return self


def _check_latex() -> None:
    """Checks that LaTeX is installed with what matplotlib needs.

    Raises:
        UserError: it is not.
    """
    if shutil.which("latex") is None:
        raise UserError(
            "LaTeX cannot set the text: there is no program 'latex'; install LaTeX, or export with "
            "the format tex"
        )
    for package in _LATEX_PACKAGES if shutil.which("kpsewhich") else ():
        found = subprocess.run(["kpsewhich", f"{package}.sty"], capture_output=True, check=False)
        if not found.stdout:
            raise UserError(
                f"LaTeX cannot set the text: its package '{package}' is missing; install it, or export "
                "with the format tex"
            )


def read_length(text: str | float) -> float:
    """Returns a length in inches.

    Args:
        text: such as `"3.5in"`, `"89mm"`, `"8.9cm"` or `"252pt"` (TeX's points); a number is in inches.

    Raises:
        UserError: it is none, or is shorter than half an inch or longer than 40.
    """
    found = _LENGTH.fullmatch(str(text))
    inches = float(found[1]) * _INCHES[found[2]] if found else 0.0
    if not _MIN_INCHES <= inches <= _MAX_INCHES:
        raise UserError(
            f"'{text}' is no length of {_MIN_INCHES:g} to {_MAX_INCHES:g} inches; write one such as 3.5in, "
            "89mm, 8.9cm or 252pt"
        )
    return inches


def read_font_size(points: float) -> float:
    """Checks a size of text in points.

    Raises:
        UserError: it is not between 3 and 40.
    """
    if not 3 <= points <= 40:
        raise UserError(f"{points:g} is no font size; take one from 3 to 40 points")
    return float(points)


def add_figure_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options in a group of their own."""
    group = parser.add_argument_group("how figures look")
    size = group.add_mutually_exclusive_group()
    size.add_argument("--size", choices=list(SIZES), help="width of one or both columns of a paper")
    size.add_argument("--width", metavar="LENGTH", help="width of the figure, such as 3.5in, 89mm or 252pt")
    add = group.add_argument
    add("--height", metavar="LENGTH", help="height of the figure (default: what it needs)")
    add("--font", metavar="NAME", help="serif, sans-serif, monospace, or an installed font's name")
    add("--font-size", type=_points, metavar="PT", help="size of text in points (default: 7)")
    add("--usetex", action="store_true", help="LaTeX sets all text, in its fonts; it must be installed")
    add(
        "--legend",
        choices=get_args(Legend),
        default="auto",
        help="inside the axes, outside, or none (default: inside if there is room)",
    )
    add("--no-title", action="store_true", help="without title, for figures with a caption")


def _points(text: str) -> float:
    """Reads a font size, for argparse."""
    value = float(text)
    if not 3 <= value <= 40:
        raise ValueError
    return value


_points.__name__ = "font size (3 to 40 points)"


def figure_options_of(arguments: argparse.Namespace) -> FigureOptions:
    """Returns what the options say.

    Raises:
        UserError: a length is invalid, or the font or LaTeX is not installed.
    """
    width = SIZES[arguments.size] if arguments.size else arguments.width
    return FigureOptions(
        width=None if width is None else read_length(width),
        height=None if arguments.height is None else read_length(arguments.height),
        font=arguments.font,
        font_size=arguments.font_size,
        usetex=arguments.usetex,
        legend=arguments.legend,
        title="none" if arguments.no_title else "full",
    ).check()
