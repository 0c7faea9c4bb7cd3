"""The options that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.datasets import default_data_root


def count(text: str) -> int:
    """Reads a whole number above zero, for argparse."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def add_dataset(parser: argparse.ArgumentParser) -> None:
    """Adds `--dataset`."""
    parser.add_argument(
        "--dataset", required=True, metavar="D", help="the data set's name, such as demo or otb2015"
    )


def add_data_root(parser: argparse.ArgumentParser) -> None:
    """Adds `--data-root`."""
    parser.add_argument(
        "--data-root",
        type=Path,
        default=default_data_root(),
        metavar="DIR",
        help="folder that holds one folder per data set (default: $SOTBENCH_DATA); demo needs none",
    )


def add_split(parser: argparse.ArgumentParser) -> None:
    """Adds `--split`."""
    parser.add_argument(
        "--split",
        metavar="PART",
        help="which part of a data set that has several: test (default) or all of lasot",
    )


def add_results(parser: argparse.ArgumentParser) -> None:
    """Adds `--results`."""
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="folder of results (default: results)",
    )


def add_protocol(parser: argparse.ArgumentParser) -> None:
    """Adds `--protocol`."""
    parser.add_argument(
        "--protocol", default="ope", metavar="P", help="how the tracker is run (default: ope)"
    )


def add_trackers(parser: argparse.ArgumentParser) -> None:
    """Adds `--tracker`, for commands that read results."""
    parser.add_argument(
        "--tracker", nargs="+", metavar="NAME", help="whose results to use (default: all that are there)"
    )


def add_profile(parser: argparse.ArgumentParser) -> None:
    """Adds `--profile`."""
    parser.add_argument(
        "--profile", metavar="NAME", help="the rules of scoring (default: those of the data set)"
    )
