"""Command-line options that several commands share, and reading them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.datasets import Dataset, default_data_root
from trackers.commands import OptionContainer
from trackers.errors import UserError
from trackers.stderr import print_stderr
from trackers.wording import agree, counted

if TYPE_CHECKING:
    from benchmarks.evaluation import Selection

_MAX_NAMED = 5
"""Missing sequences that a message names."""


def count(text: str) -> int:
    """Parses a positive integer, for argparse."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


count.__name__ = "count (1 or more)"  # in argparse's message


def count_or_zero(text: str) -> int:
    """Parses an integer, 0 or more, for argparse."""
    value = int(text)
    if value < 0:
        raise ValueError
    return value


count_or_zero.__name__ = "count (0 or more)"


def add_dataset(parser: OptionContainer, default: str | None = None) -> None:
    """Adds `--dataset`; required if there is no default."""
    default_text = f" (default: {default})" if default else ""
    parser.add_argument(
        "--dataset",
        required=default is None,
        default=default,
        metavar="D",
        help=f"the data set's name, such as demo or otb2015{default_text}",
    )


def add_data_root(parser: OptionContainer) -> None:
    """Adds `--data-root`."""
    parser.add_argument(
        "--data-root",
        type=Path,
        default=default_data_root(),
        metavar="DIR",
        help="folder that holds one folder per data set (default: $SOTBENCH_DATA); for the data "
        "set `folder` it is the data set itself; demo needs none",
    )


def add_split(parser: OptionContainer) -> None:
    """Adds `--split`."""
    parser.add_argument(
        "--split",
        metavar="PART",
        help="which part of a data set that has several: for got10k val (default) or test, for lasot test "
        "(default) or all, for nfs 30 (default) or 240",
    )


def add_results(parser: OptionContainer) -> None:
    """Adds `--results`."""
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="folder of results (default: results)",
    )


def add_protocol(parser: OptionContainer) -> None:
    """Adds `--protocol`."""
    parser.add_argument(
        "--protocol",
        default="ope",
        metavar="P",
        help="how the tracker is run (default: ope); see `sotbench list protocols`",
    )


def add_trackers(parser: argparse.ArgumentParser) -> None:
    """Adds `--tracker`, for commands that read results."""
    parser.add_argument("--tracker", nargs="+", metavar="NAME", help="whose results to use (default: all)")


def add_profile(parser: argparse.ArgumentParser) -> None:
    """Adds `--profile`."""
    parser.add_argument(
        "--profile",
        metavar="NAME",
        help="the scoring profile (default: the data set's); see `sotbench list profiles`",
    )


def add_sequences(parser: OptionContainer) -> None:
    """Adds `--sequences`, for commands that run trackers."""
    parser.add_argument(
        "--sequences",
        nargs="+",
        metavar="S",
        help="run only these: names, or @FILE with one name per line (default: all that are present)",
    )


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Adds `--sequences` and `--attribute`, for commands that read results."""
    parser.add_argument(
        "--sequences", nargs="+", metavar="S", help="only these: names, or @FILE with one name per line"
    )
    parser.add_argument(
        "--attribute",
        nargs="+",
        metavar="A",
        help="only sequences that have this attribute, or all of several",
    )


def read_selection(arguments: argparse.Namespace, trackers: Sequence[str] | None = None) -> Selection:
    """Returns the runs that the options select.

    Args:
        arguments: the parsed options.
        trackers: names; by default those of `--tracker`, or all.

    Raises:
        UserError: a name is unknown, or the data set's files are missing.
    """
    from benchmarks.evaluation import select

    return select(
        arguments.dataset,
        protocol=arguments.protocol,
        results=arguments.results,
        trackers=trackers or getattr(arguments, "tracker", None),
        data_root=arguments.data_root,
        split=getattr(arguments, "split", None),
        sequences=arguments.sequences,
        attributes=getattr(arguments, "attribute", None),
    )


def sequences_to_run(dataset: Dataset, requested: Sequence[str] | None, data_root: Path | None) -> list[str]:
    """Returns the sequences that `requested` names, or all present ones; warns if some are missing.

    Args:
        dataset: the data set.
        requested: names, or `@FILE` for those in a file; None for all.
        data_root: the data root, for messages.

    Raises:
        UserError: no sequence is present, a requested one is unknown or missing, or a file of names cannot be
            read.
    """
    from benchmarks.datasets.sequence_names import select_sequences
    from benchmarks.datasets.subset import expand_name_files

    present = dataset.names()
    if not present:
        raise UserError(f"no sequence of {dataset.name} is in {data_root}")
    if requested:
        names = select_sequences(expand_name_files(requested), dataset.all_names, dataset.name)
        present_names = set(present)
        if missing := [name for name in names if name not in present_names]:
            raise UserError(f"sequence {missing[0]} of {dataset.name} is not in {data_root}")
        return names
    present_names = set(present)
    if missing := [name for name in dataset.all_names if name not in present_names]:
        named = f": {', '.join(missing)}" if len(missing) <= _MAX_NAMED else ""
        count_missing = f"{len(missing)} of the {counted(len(dataset.all_names), 'sequence')}"
        print_stderr(f"{count_missing} of {dataset.title} {agree(len(missing), 'is', 'are')} missing{named}")
    return list(present)
