"""The options of reports that say how trackers are shown."""

from __future__ import annotations

import argparse
from pathlib import Path

from reports.presentation import Presentation, PresentationChanges, read_presentation
from reports.style import LINE_STYLES
from trackers.commands import OptionContainer
from trackers.errors import UserError


def add_presentation_options(parser: argparse.ArgumentParser, *, lines: bool = True) -> None:
    """Adds the options in a group of their own.

    Args:
        parser: the command's parser.
        lines: whether the command draws lines.
    """
    group = parser.add_argument_group("how trackers are shown (or in [trackers] of sotbench.toml)")
    add = group.add_argument
    add(
        "--style",
        type=Path,
        metavar="FILE",
        help="file with the table [trackers] (default: sotbench.toml in the results folder, else here)",
    )
    add("--label", nargs="+", metavar="TRACKER=TEXT", help="names in the report")
    add("--color", nargs="+", metavar="TRACKER=COLOR", help='colors such as "#0072B2" or red')
    if lines:
        choices = ", ".join(LINE_STYLES)
        add("--linestyle", nargs="+", metavar="TRACKER=STYLE", help=f"line styles: {choices}")
    add("--order", nargs="+", metavar="TRACKER", help="the trackers that come first, in this order")
    add("--highlight", nargs="+", default=[], metavar="TRACKER", help="draw these on top and bold")
    add("--hide", nargs="+", default=[], metavar="TRACKER", help="leave these out")


def add_tex_labels(container: OptionContainer) -> None:
    """Adds `--tex-labels`."""
    container.add_argument(
        "--tex-labels",
        action="store_true",
        help="labels are TeX: not escaped in LaTeX, and in plots $...$ is a formula",
    )


def presentation_of(arguments: argparse.Namespace) -> Presentation:
    """Returns how the options say that trackers are shown.

    Raises:
        UserError: the file or an option is invalid.
    """
    if both := [name for name in arguments.tracker or () if name in arguments.hide]:
        raise UserError(f"--tracker and --hide both name '{both[0]}'; name it in one of them")
    changes = PresentationChanges(
        labels=_pairs(arguments.label, "label"),
        colors=_pairs(arguments.color, "color"),
        linestyles=_pairs(getattr(arguments, "linestyle", None), "linestyle"),
        order=arguments.order,
        highlight=arguments.highlight,
        hide=arguments.hide,
        named=arguments.tracker or (),
        tex_labels=getattr(arguments, "tex_labels", False),
    )
    return changes.apply(read_presentation(arguments.results, arguments.style))


def _pairs(words: list[str] | None, option: str) -> dict[str, str]:
    """Parses `TRACKER=VALUE` words."""
    pairs: dict[str, str] = {}
    for word in words or ():
        name, equals, value = word.partition("=")
        if not (name and equals and value):
            raise UserError(f"--{option} takes TRACKER=VALUE, not '{word}'")
        if pairs.get(name, value) != value:
            raise UserError(f"--{option} gives '{name}' both '{pairs[name]}' and '{value}'; give one")
        pairs[name] = value
    return pairs
