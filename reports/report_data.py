"""The scores that plots and tables show: options that select them, reading, ranking."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from benchmarks.evaluation import Notify, Selection, ignore
from benchmarks.options import (
    add_data_root,
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
from reports.figure_options import FigureOptions
from reports.presentation import Presentation
from reports.presentation_options import add_presentation_options, presentation_of
from reports.published import (
    Published,
    differences_from_published,
    published_records,
    published_scores,
    published_tracker,
)
from reports.style import TrackerStyle
from trackers.commands import print_stderr
from trackers.errors import UserError
from trackers.registry import did_you_mean
from trackers.wording import agree, counted_of


class InapplicableError(UserError):
    """These results cannot have this kind of plot or table."""


@dataclass(frozen=True, eq=False)
class ReportData:
    """What a report shows.

    Attributes:
        title: the data set's title.
        dataset: the data set's name.
        protocol: the protocol of the runs.
        profile: the rules of scoring.
        scores: one per tracker, at least one.
        published: published scores to show as well.
        results: the results folder.
        chosen_metric: the metric that the user chose; None for the main one.
        intervals: whether the user wants 95 % intervals.
        trackers_named: whether the user named the trackers; `scores` are then in that order.
        total_trackers: how many trackers were scored, if `scores` are only the best of them; else None.
        presentation: how trackers are shown.
        figure_options: how figures look.
    """

    title: str
    dataset: str
    protocol: str
    profile: ScoringProfile
    scores: tuple[RunScore, ...]
    published: tuple[Published, ...] = ()
    results: Path = Path("results")
    chosen_metric: str | None = None
    intervals: bool = True
    trackers_named: bool = False
    total_trackers: int | None = None
    presentation: Presentation = field(default_factory=Presentation)
    figure_options: FigureOptions = field(default_factory=FigureOptions)

    @cached_property
    def records(self) -> list[Record]:
        """One record per tracker: those with an order, then best first by the main metric, ties by name."""
        return sorted(self._ranked, key=lambda row: self.presentation.place(str(row["tracker"])))

    @cached_property
    def _ranked(self) -> list[Record]:
        """One record per tracker, best first by the main metric, ties by name."""
        rows = [row for score in self.scores for row in score.records()]
        main = self.main_metric
        return sorted(rows, key=lambda row: (main.sort_key(row[main.name]), str(row["tracker"]).casefold()))

    @cached_property
    def attribute_records(self) -> list[Record]:
        """One record per tracker and attribute, trackers in the order of `records`.

        Raises:
            InapplicableError: the sequences have no attributes.
        """
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
        """The trackers' names in the order of `records`."""
        return [str(row["tracker"]) for row in self.records]

    @property
    def ranked_trackers(self) -> list[str]:
        """The trackers' names, best first by the main metric."""
        return [str(row["tracker"]) for row in self._ranked]

    def label(self, tracker: str) -> str:
        """Returns a tracker's name to show."""
        return self.presentation.label(tracker)

    def style(self, tracker: str) -> TrackerStyle:
        """Returns how a tracker is drawn; a published one like one's own of the same name."""
        return self._styles[tracker]

    def style_of(self, tracker: str) -> TrackerStyle:
        """Returns how a tracker is drawn that may be in another report."""
        return self.presentation.styles([tracker])[tracker]

    @cached_property
    def _styles(self) -> dict[str, TrackerStyle]:
        """The styles by the names in `records` and `published_records`."""
        published = {str(row["tracker"]): published_tracker(row) for row in self.published_records}
        own = [score.tracker for score in self.scores]
        styles = self.presentation.styles(dict.fromkeys([*own, *published.values()]))
        return styles | {name: styles[tracker] for name, tracker in published.items()}

    def best(self, most: int) -> ReportData:
        """Returns a report on the first `most` trackers."""
        if len(self.scores) <= most:
            return self
        kept = set(self.trackers[:most])
        scores = tuple(score for score in self.scores if score.tracker in kept)
        return replace(self, scores=scores, total_trackers=len(self.scores))

    def pair(self) -> tuple[RunScore, RunScore]:
        """Returns the two trackers to compare: the first two that the user named, or the best two.

        Raises:
            InapplicableError: there is only one tracker.
        """
        self.check_several()
        if self.trackers_named:
            first, second, *_ = self.scores
        else:
            by_tracker = {score.tracker: score for score in self.scores}
            first, second, *_ = (by_tracker[str(row["tracker"])] for row in self._ranked)
        return first, second

    def check_several(self) -> None:
        """Refuses to compare a tracker with itself.

        Raises:
            InapplicableError: there is only one tracker.
        """
        if len(self.scores) < 2:
            raise InapplicableError(
                f"a comparison needs two trackers; name another beside {self.scores[0].tracker}"
            )

    @property
    def metrics(self) -> list[str]:
        """The names of the profile's metrics, as in records."""
        return metric_names(self.records, [self.profile])

    @property
    def main_metric(self) -> Metric:
        """The metric that trackers are ranked by."""
        return self.scores[0].main_metric

    @property
    def metric(self) -> str:
        """The metric of kinds that show one: the chosen one, or the main one.

        Raises:
            UserError: the profile has no such metric.
        """
        self.check_metric()
        return self.chosen_metric or self.main_metric.name

    def check_metric(self) -> None:
        """Checks the chosen metric.

        Raises:
            UserError: the profile has no such metric.
        """
        if self.chosen_metric is not None and self.chosen_metric not in self.metrics:
            raise UserError(
                f"profile '{self.profile.name}' has no metric '{self.chosen_metric}'"
                f"{did_you_mean(self.chosen_metric, self.metrics)}; it has: {', '.join(self.metrics)}"
            )

    @property
    def sequence_metric(self) -> str:
        """`metric` if it is defined for single sequences (EAO is not), else the profile's first that is."""
        defined = list(self.scores[0].sequence_values())
        return self.metric if self.metric in defined else defined[0]

    @property
    def shown_published(self) -> list[Published]:
        """The published scores in metrics of this profile."""
        return [one for one in self.published if one.metric in self.metrics]

    @property
    def max_scored_sequences(self) -> int:
        """The number of scored sequences of the tracker that has the most."""
        return max(len(score.sequences) for score in self.scores)

    @property
    def total_sequences(self) -> int:
        """The number of sequences in the data set."""
        return self.scores[0].total_sequences

    @property
    def show_intervals(self) -> bool:
        """Whether to draw intervals over sequences: wanted, and defined (there are several sequences)."""
        return self.intervals and self.max_scored_sequences > 1


def add_report_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that select the scores, without `--dataset`."""
    add_trackers(parser)
    add_protocol(parser)
    add_profile(parser)
    add_split(parser)
    add_selection(parser)
    parser.add_argument(
        "--metric",
        metavar="M",
        help="for kinds that show one metric: its name, as in `sotbench score --format csv` "
        "(default: the profile's main metric)",
    )
    parser.add_argument(
        "--published",
        nargs="*",
        metavar="NAME",
        help="show published scores too: of these trackers, or of all on record",
    )
    add_data_root(parser)
    add_results(parser)
    add_presentation_options(parser)


def read_report_data(arguments: argparse.Namespace) -> ReportData:
    """Reads and scores the runs that the options select; see `load_report_data`."""
    selection = read_selection(arguments)
    profile = choose_profile(arguments.profile, selection.dataset.name, selection.protocol)
    presentation = presentation_of(arguments)
    return load_report_data(
        selection, profile, arguments.published, arguments.metric, print_stderr, presentation
    )


def load_report_data(
    selection: Selection,
    profile: ScoringProfile,
    published: Sequence[str] | None = None,
    metric: str | None = None,
    notify: Notify = ignore,
    presentation: Presentation | None = None,
) -> ReportData:
    """Reads and scores runs for a report.

    Args:
        selection: the runs.
        profile: the rules of scoring.
        published: show the published scores of these trackers as well; of all on record if empty, of none
            if None.
        metric: for kinds that show one metric; None for the profile's main one.
        notify: receives a sentence on each run that is incomplete or differs from published scores.
        presentation: how trackers are shown; hidden ones are not read.

    Raises:
        UserError: there are no such results, or a name is unknown.
    """
    dataset = selection.dataset
    named = selection.trackers is not None
    presentation = presentation or Presentation()
    selection = without_hidden(selection, presentation)
    shown = choose_published(selection, published)
    scores: list[RunScore] = []
    for score in selection.score(profile, notify):
        if (scored := len(score.sequences)) < len(dataset.all_names):
            part = counted_of(scored, len(dataset.all_names), "sequence")
            notify(f"{score.tracker}: {part} {agree(scored, 'is', 'are')} scored")
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
        trackers_named=named,
        presentation=presentation,
    )
    report.check_metric()  # here, as not every kind shows it
    for sentence in differences_from_published(report.records, _published(selection)):
        notify(sentence)
    return report


def without_hidden(selection: Selection, presentation: Presentation) -> Selection:
    """Returns a selection without the trackers that are hidden.

    Raises:
        UserError: there are no results, all trackers are hidden, or two of them have the same label.
    """
    found = [folder.tracker for folder in selection.folders()]
    shown = presentation.shown(found)
    return selection if shown == found else replace(selection, trackers=tuple(shown))


def choose_published(selection: Selection, names: Sequence[str] | None) -> tuple[Published, ...]:
    """Returns the published scores of the trackers `names`: all on record if empty, none if None.

    Raises:
        UserError: a tracker has none, or the selection is only a part of the data set.
    """
    if names is None:
        return ()
    dataset = selection.dataset
    if len(dataset.all_names) < dataset.total:
        raise UserError("published scores cover all sequences; drop --published, or select all sequences")
    return _chosen(_published(selection), names, dataset.title)


def _published(selection: Selection) -> Sequence[Published]:
    """Returns the published scores on the data set; none if only a part of it is selected."""
    dataset = selection.dataset
    whole = len(dataset.all_names) == dataset.total
    return published_scores(dataset.name, selection.protocol) if whole else []


def _chosen(known: Sequence[Published], names: Sequence[str], title: str) -> tuple[Published, ...]:
    """Returns the published scores of the trackers `names`; all of them if `names` is empty."""
    trackers = sorted({one.tracker for one in known}, key=str.casefold)
    for name in names:
        if name not in trackers:
            raise UserError(
                f"no published score of '{name}' on {title} is on record{did_you_mean(name, trackers)}; "
                f"on record: {', '.join(trackers) or 'none'}"
            )
    return tuple(one for one in known if not names or one.tracker in names)
