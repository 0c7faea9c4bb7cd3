"""Options that `import` and `export` share."""

from __future__ import annotations

import argparse


def add_format_name(parser: argparse.ArgumentParser, flag: str, more: str = "") -> None:
    """Adds the option `flag`, which names another tool's format of results; stored as `form`.

    Args:
        parser: gets the option.
        flag: its name.
        more: what its help says after the formats.
    """
    parser.add_argument(
        flag,
        dest="form",
        required=True,
        metavar="FORMAT",
        help="otb-mat, otb-json, got10k, pysot, pytracking, vot or txt" + more,
    )


def add_format_protocol(parser: argparse.ArgumentParser) -> None:
    """Adds `--protocol`, whose default depends on the format."""
    parser.add_argument(
        "--protocol",
        metavar="P",
        help="how the tracker was run (default: ope; for vot: supervised); see `sotbench list protocols`",
    )


def add_pixel_origin(parser: argparse.ArgumentParser, text: str) -> None:
    """Adds `--one-based` and `--zero-based`; `text` is their help, with `{}` for the number."""
    origin = parser.add_mutually_exclusive_group()
    for name, value, number in (("--one-based", "one", "1"), ("--zero-based", "zero", "0")):
        origin.add_argument(name, dest="origin", action="store_const", const=value, help=text.format(number))
