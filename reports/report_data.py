"""The scores that a report is about: the options that choose them, and reading them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from benchmarks.evaluation import Notify, Selection, ignore
from benchmarks.options import (
    add_data_root,
    add_dataset,
    add_profile,
    add_protocol,
    add_results,
    add_selection,
    add_split,
    add_trackers,
    read_selection,
)
from benchmarks.scoring import Metric, Record, RunScore, ScoringProfile, choose_profile
from benchmarks.scoring.tables import metric_names
from reports.published import Published, differences_from_published, published_records, published_scores
from trackers.commands import print_stderr
from trackers.errors import UserError
from trackers.registry import did_you_mean


class InapplicableError(UserError):
    """A kind of plot or table that these results cannot have."""


@dataclass(frozen=True, eq=False)
class ReportData:
    """What a report shows.

    Attributes:
        title: the data set's name.
        dataset, protocol: whose results they are.
        profile: the profile.
        scores: one per tracker, at least one.
        published: scores that others published and that are to be shown beside them.
        results: the folder of results.
        chosen_metric: the one that was asked for.
        band: whether intervals are drawn.
        named: whether the trackers were named, so that their order is the user's.
        there: how many trackers there are, where `scores` are the best of them alone.
    """

    title: str
    dataset: str
    protocol: str
    profile: ScoringProfile
    scores: tuple[RunScore, ...]
    published: tuple[Published, ...] = ()
    results: Path = Path("results")
    chosen_metric: str | None = None
    band: bool = True
    named: bool = False
    there: int | None = None

    @cached_property
    def records(self) -> list[Record]:
        """One per tracker, best first by the main metric; equals by name."""
        rows = [row for score in self.scores for row in score.records()]
        main = self.main_metric
        return sorted(rows, key=lambda row: (main.sort_key(row[main.name]), str(row["tracker"]).casefold()))

    @cached_property
    def attribute_records(self) -> list[Record]:
        """One per tracker and attribute, trackers in the order of `records`."""
        by_tracker = {score.tracker: score for score in self.scores}
        rows = [row for name in self.trackers for row in by_tracker[name].records("attribute")]
        if not rows:
            raise InapplicableError(f"sequences of {self.title} have no attributes")
        return rows

    @cached_property
    def published_records(self) -> list[Record]:
        """The published scores as records, best first by the main metric."""
        return published_records(self.published, self.profile.name, self.metrics, self.main_metric)

    @property
    def trackers(self) -> list[str]:
        """Best first."""
        return [str(row["tracker"]) for row in self.records]

    def best(self, most: int) -> ReportData:
        """This with its best `most` trackers alone, by the main metric, where there are more."""
        if len(self.scores) <= most:
            return self
        kept = set(self.trackers[:most])
        scores = tuple(score for score in self.scores if score.tracker in kept)
        return replace(self, scores=scores, there=len(self.scores))

    @property
    def pair(self) -> tuple[str, str]:
        """The first two trackers that were named, or the best two: those that are compared."""
        first, second, *_ = [score.tracker for score in self.scores] if self.named else self.trackers
        return first, second

    @property
    def metrics(self) -> list[str]:
        """The profile's figures, as records name them."""
        return metric_names(self.records)

    @property
    def main_metric(self) -> Metric:
        """The metric that trackers are ranked by."""
        return self.scores[0].main_metric

    @property
    def metric(self) -> str:
        """The one to show where there is room for one: as chosen, or the profile's main one."""
        if self.chosen_metric is None:
            return self.main_metric.name
        if self.chosen_metric not in self.metrics:
            raise UserError(
                f"profile '{self.profile.name}' has no metric '{self.chosen_metric}'"
                f"{did_you_mean(self.chosen_metric, self.metrics)}; it has: {', '.join(self.metrics)}"
            )
        return self.chosen_metric

    @property
    def sequence_metric(self) -> str:
        """`metric`, or the profile's first where one sequence has no figure of it (expected overlap)."""
        there = list(self.scores[0].sequence_values())
        return self.metric if self.metric in there else there[0]

    @property
    def shown_published(self) -> list[Published]:
        """Those of `published` that are figures of this profile."""
        return [one for one in self.published if one.metric in self.metrics]

    @property
    def most(self) -> int:
        """How many sequences are scored of the tracker that has the most."""
        return max(len(score.sequences) for score in self.scores)

    @property
    def of(self) -> int:
        """How many sequences the data set has."""
        return self.scores[0].total_sequences


def add_report_options(parser: argparse.ArgumentParser) -> None:
    """Adds what chooses the scores."""
    add_dataset(parser)
    add_trackers(parser)
    add_protocol(parser)
    add_profile(parser)
    add_split(parser)
    add_selection(parser)
    parser.add_argument(
        "--metric",
        metavar="M",
        help="for kinds that show one: success, eao, ... (default: the profile's main one)",
    )
    parser.add_argument(
        "--published",
        nargs="*",
        metavar="NAME",
        help="show scores that others published too: of these trackers, or of all there are",
    )
    add_data_root(parser)
    add_results(parser)


def read_report_data(arguments: argparse.Namespace) -> ReportData:
    """Reads and scores the runs that the options select; see `load_report_data`."""
    selection = read_selection(arguments)
    profile = choose_profile(arguments.profile, selection.dataset.name, selection.protocol)
    return load_report_data(selection, profile, arguments.published, arguments.metric, print_stderr)


def load_report_data(
    selection: Selection,
    profile: ScoringProfile,
    published: Sequence[str] | None = None,
    metric: str | None = None,
    notify: Notify = ignore,
) -> ReportData:
    """Reads and scores runs for a report.

    Args:
        selection: the runs.
        profile: the rules of scoring.
        published: show the published scores of these trackers as well; of all on record if empty, of none
            if None.
        metric: what to show where one metric is shown; None for the profile's main one.
        notify: is told what is missing, and where scores differ from published ones.

    Raises:
        UserError: there are no such results, or a name is unknown.
    """
    dataset = selection.dataset
    shown = choose_published(selection, published)
    scores: list[RunScore] = []
    for score in selection.score(profile, notify):
        if (scored := len(score.sequences)) < len(dataset.all_names):
            notify(f"{score.tracker}: {scored} of {len(dataset.all_names)} sequences are scored")
        scores.append(score)
    report = ReportData(
        title=dataset.title,
        dataset=dataset.name,
        protocol=selection.protocol,
        profile=profile,
        scores=tuple(scores),
        published=shown,
        results=selection.results,
        chosen_metric=metric,
        named=selection.trackers is not None,
    )
    for sentence in differences_from_published(report.records, _published(selection)):
        notify(sentence)
    return report


def choose_published(selection: Selection, names: Sequence[str] | None) -> tuple[Published, ...]:
    """Returns the published scores of the trackers `names`: of all on record if empty, of none if None.

    Raises:
        UserError: there are none of a tracker, or the selection is a part of the data set.
    """
    if names is None:
        return ()
    dataset = selection.dataset
    if len(dataset.all_names) < dataset.total:
        raise UserError("published scores are of all sequences; leave out --published, or the choice of some")
    return _chosen(_published(selection), names, dataset.title)


def _published(selection: Selection) -> Sequence[Published]:
    """Returns the scores that others published on the whole of the data set."""
    dataset = selection.dataset
    whole = len(dataset.all_names) == dataset.total
    return published_scores(dataset.name, selection.protocol) if whole else []


def _chosen(known: Sequence[Published], names: Sequence[str], title: str) -> tuple[Published, ...]:
    """Returns those of `names`; all for an empty list."""
    there = sorted({one.tracker for one in known}, key=str.casefold)
    for name in names:
        if name not in there:
            known_names = ", ".join(there) or "none"
            raise UserError(
                f"no published score of '{name}' on {title} is on record{did_you_mean(name, there)}; "
                f"there are: {known_names}"
            )
    return tuple(one for one in known if not names or one.tracker in names)
