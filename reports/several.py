"""Reports on several data sets at once: their scores, and options that make no sense for several."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from copy import copy
from dataclasses import replace

from benchmarks.store import find_runs, other_protocols
from reports.report_data import ReportData, read_report_data
from trackers.commands import print_stderr
from trackers.errors import UserError
from trackers.registry import did_you_mean


def add_datasets(parser: argparse.ArgumentParser) -> None:
    """Adds `--dataset` for one or several data sets."""
    parser.add_argument(
        "--dataset",
        nargs="+",
        required=True,
        metavar="D",
        help="the data set's name, such as demo or otb2015; several names make one report on all of them",
    )


def read_reports(arguments: argparse.Namespace) -> list[ReportData]:
    """Reads and scores the runs on each data set that the options name.

    Of several data sets, one that a named tracker has no results on is shown without it.

    Raises:
        UserError: there are no such results, an option is about a single data set, or a name is unknown.
    """
    names = list(dict.fromkeys(arguments.dataset))
    if len(names) > 1:
        for option in ("sequences", "split"):
            if getattr(arguments, option) is not None:
                raise UserError(
                    f"--{option} is for one data set, not for {len(names)}; name one with --dataset"
                )
    reports = []
    for name in names:
        part = copy(arguments)
        part.dataset = name
        if len(names) > 1 and arguments.tracker:
            part.tracker = _with_results(arguments, name, names)
            if not part.tracker:
                print_stderr(f"{name} is left out: none of {', '.join(arguments.tracker)} has results on it")
                continue
        reports.append(read_report_data(part))
    return reports


def check_several(reports: Sequence[ReportData]) -> None:
    """Checks that reports can be shown together.

    Raises:
        UserError: there is none, or two are on the same data set.
    """
    names = [report.dataset for report in reports]
    if not names:
        raise UserError("there is nothing to show: no scores are given")
    if twice := [name for name in names if names.count(name) > 1]:
        raise UserError(f"data set {twice[0]} is given twice; give each once")


def same_trackers(reports: Sequence[ReportData]) -> list[str]:
    """Returns the trackers of all reports: those with an order, then best first by their mean rank.

    Ranks are those in the main metric of each data set, in which a tracker without results counts as last.
    """
    places: dict[str, list[int]] = {}
    for report in reports:
        for tracker in report.trackers:
            places.setdefault(tracker, [])
    for report in reports:
        ranked = report.ranked_trackers
        for tracker, found in places.items():
            found.append(ranked.index(tracker) if tracker in ranked else len(places))
    best_first = sorted(places, key=lambda name: (sum(places[name]), name.casefold()))
    return reports[0].presentation.in_order(best_first)


def with_the_same_trackers(reports: Sequence[ReportData]) -> list[ReportData]:
    """Returns the reports with styles assigned among the trackers of all of them.

    Trackers that are in no results folder, such as published ones, then differ across reports, too.
    """
    together = dict.fromkeys(tracker for report in reports for tracker in report.trackers)
    trackers = tuple(dict.fromkeys([*reports[0].presentation.trackers, *together]))
    return [
        replace(report, presentation=replace(report.presentation, trackers=trackers)) for report in reports
    ]


def _with_results(arguments: argparse.Namespace, dataset: str, datasets: Sequence[str]) -> list[str]:
    """Returns which of the named trackers have results on a data set.

    Raises:
        UserError: one has none on any of the data sets.
    """
    from benchmarks.datasets import open_dataset

    found: dict[str, set[str]] = {}
    places_of_all: list[str] = []
    for name in datasets:
        opened = open_dataset(name, arguments.data_root)
        places = (opened.name, *opened.related)
        places_of_all += places
        found[name] = {
            run for place in places for run in find_runs(arguments.results, place, arguments.protocol)
        }
    every = sorted(set().union(*found.values()))
    for tracker in arguments.tracker:
        if tracker not in every:
            if hint := other_protocols(arguments.results, places_of_all, arguments.protocol, tracker):
                raise UserError(
                    f"there are no results of tracker '{tracker}' of protocol '{arguments.protocol}' on "
                    f"{', '.join(datasets)}; {hint}"
                )
            raise UserError(
                f"there are no results of tracker '{tracker}' on {', '.join(datasets)}"
                f"{did_you_mean(tracker, every)}; there are: {', '.join(every) or 'none'}"
            )
    return [tracker for tracker in arguments.tracker if tracker in found[dataset]]
