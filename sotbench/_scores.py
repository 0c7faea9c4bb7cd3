"""Scores: tables, comparisons and plots of results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from benchmarks.datasets.subset import select_part
from benchmarks.evaluation import Selection
from benchmarks.scoring import RunScore, choose_profile, score_run
from benchmarks.scoring.pairing import restrict_to_dataset
from benchmarks.store import RunResults
from sotbench._messages import LOADING, in_python, python_errors
from sotbench._paths import AnyPath, to_names
from trackers.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from benchmarks.scoring.compare import Comparison
    from reports.figure_options import Legend
    from reports.report_data import ReportData

    TableFormat = Literal["markdown", "latex", "html", "csv"]

_KEYWORDS = ("profile", "sequences", "attribute", *LOADING)
"""Of `Results.score` and `load_results`."""


class TrackerOptions(TypedDict, total=False):
    """How trackers are shown in plots and tables, beyond the table `[trackers]` of `sotbench.toml`.

    Attributes:
        style: a file to read instead of `sotbench.toml` in the results folder or the current one.
        labels: names to show, by tracker.
        colors: colors, by tracker.
        linestyles: `"solid"`, `"dashed"`, `"dotted"`, `"dashdot"` or `"long-dashed"`, by tracker.
        order: the trackers that come first, in this order.
        highlight: those drawn on top and in bold.
        hide: those left out.
        tex_labels: whether labels are TeX.
    """

    style: AnyPath | None
    labels: Mapping[str, str]
    colors: Mapping[str, str]
    linestyles: Mapping[str, str]
    order: Sequence[str]
    highlight: str | Iterable[str]
    hide: str | Iterable[str]
    tex_labels: bool


class Scores:
    """The scores of several trackers on one data set, under one profile.

    Attributes:
        dataset: the data set's name.
        profile: the name of the scoring profile.
        left_out: by tracker, why the profile cannot score its results.
    """

    def __init__(
        self,
        selection: Selection,
        runs: Sequence[RunResults],
        profile: str | None = None,
        sequences: Sequence[str] | None = None,
        attributes: Sequence[str] | None = None,
    ) -> None:
        part = select_part(selection.dataset, sequences, attributes)
        self._selection = replace(selection, dataset=part)
        self._profile = choose_profile(profile, part.name, selection.protocol)
        self.dataset = part.name
        self.profile = self._profile.name
        self.left_out: dict[str, str] = {}
        self._scores: dict[str, RunScore] = {}
        for run in runs:
            try:
                self._scores[run.tracker] = score_run(restrict_to_dataset(run, part), part, self._profile)
            except UserError as error:
                self.left_out[run.tracker] = in_python(str(error), _KEYWORDS)
        if not self._scores:
            raise UserError(next(iter(self.left_out.values())))

    @property
    def trackers(self) -> list[str]:
        """The scored trackers, best first by the profile's main metric."""
        return self._report.trackers

    @property
    def metrics(self) -> list[str]:
        """The names of the profile's metrics, as columns of `to_frame` have them."""
        return self._report.metrics

    @python_errors
    def to_frame(self, by: Literal["sequence", "attribute"] | None = None) -> pd.DataFrame:
        """Returns the scores as a table, best tracker first.

        Args:
            by: a row per tracker and sequence, or per tracker and attribute, indexed by both; by default a
                row per tracker, indexed by it.

        Returns:
            Columns: `sequences` (how many are scored), `of` (how many the data set has), `frames`, and each
            metric with its 95 % interval: `success`, `success_low`, `success_high`. NaN where a value is
            not defined.
        """
        from benchmarks.scoring.dataframes import records_frame

        if by not in (None, "sequence", "attribute"):
            raise UserError(f"scores are tabulated by 'sequence' or 'attribute', not {by!r}")
        records = [row for name in self.trackers for row in self._scores[name].records(by)]
        if not records:
            raise UserError(f"sequences of {self.dataset} have no attributes")
        frame = records_frame(records).drop(columns=["dataset", "protocol", "profile"])
        return frame.set_index(["tracker", by] if by else "tracker")

    @python_errors
    def compare(self, a: str, b: str, metric: str | None = None) -> Comparison:
        """Compares two trackers on the sequences that both have.

        Args:
            a: a tracker.
            b: another one.
            metric: what to compare (default: the profile's first metric that single sequences have).

        Returns:
            The difference a - b with its 95 % interval, two p-values, and `.verdict` in words.
        """
        from benchmarks.scoring.compare import compare

        pair = [self._score(a), self._score(b)]
        if a == b:
            raise UserError(f"a comparison is between two trackers; name another beside '{a}'")
        [comparison] = compare(pair, [metric or next(iter(pair[0].sequence_values()))])
        return comparison

    @python_errors
    def compare_all(self, metric: str | None = None) -> pd.DataFrame:
        """Compares every pair of trackers; p-values are corrected for all comparisons (Holm).

        Returns:
            A row per pair, indexed by the two trackers `a` and `b`, with the columns that
            `sotbench compare --format csv` has.
        """
        from benchmarks.scoring.compare import compare, comparison_record
        from benchmarks.scoring.dataframes import records_frame

        scores = [self._scores[name] for name in self.trackers]
        if len(scores) < 2:
            raise UserError("a comparison is between two trackers; there are results of only one")
        metric = metric or next(iter(scores[0].sequence_values()))
        records = [
            comparison_record(comparison, scores[0].total_sequences)
            for comparison in compare(scores, [metric])
        ]
        return records_frame(records).set_index(["a", "b"])

    @python_errors
    def plot(
        self,
        kind: str = "success",
        ax: Axes | None = None,
        *,
        metric: str | None = None,
        band: bool = True,
        published: str | Iterable[str] | None = None,
        width: str | float | None = None,
        height: str | float | None = None,
        font: str | None = None,
        font_size: float | None = None,
        usetex: bool = False,
        legend: Legend = "auto",
        title: bool = True,
        **trackers: Unpack[TrackerOptions],
    ) -> Figure:
        """Plots the scores.

        Args:
            kind: one of the kinds that `sotbench plot --help` lists: `"success"`, `"precision"`, `"scores"`,
                `"attributes"`, `"sequences"`, ...
            ax: the axes to draw on (default: a new figure).
            metric: what to show, for kinds that show one metric (default: the profile's main one).
            band: whether to draw 95 % intervals.
            published: show the published scores of these trackers as well; of all on record if empty.
            width: width of a new figure: a length such as `"89mm"`, inches as a number, `"one-column"` or
                `"two-column"`.
            height: its height.
            font: its font: `"serif"`, `"sans-serif"`, `"monospace"` or an installed font's name.
            font_size: size of its text in points (default: 7).
            usetex: whether LaTeX sets its text; LaTeX must be installed.
            legend: `"inside"` the axes, `"outside"`, `"none"`, or where there is room: `"auto"`.
            title: whether the plot has a title.
            **trackers: how trackers are shown, beyond `sotbench.toml`: see `TrackerOptions`.

        Returns:
            The figure.

        Raises:
            UserError: the kind is unknown, or these results cannot be plotted so.
        """
        from sotbench._figures import check_axes, draw_figure, figure_options

        options = figure_options(width, height, font, font_size, usetex, legend, title)
        if ax is not None:
            check_axes(ax, options)
        shown = self.report_for(metric, published, trackers)
        return draw_figure([replace(shown, intervals=band, figure_options=options)], kind, ax)

    @python_errors
    def table(
        self,
        kind: Literal["accuracy", "attributes", "speed", "comparison"] = "accuracy",
        format: TableFormat = "markdown",  # noqa: A002
        *,
        metric: str | None = None,
        interval: bool = True,
        published: str | Iterable[str] | None = None,
        caption: str | None = None,
        label: str | None = None,
        wide: bool = False,
        **trackers: Unpack[TrackerOptions],
    ) -> str:
        """Returns a table of the scores for a paper or a page, the best in bold, the second underlined.

        Args:
            kind: what to show.
            format: how to write it; `"latex"` needs the package booktabs.
            metric: what to show, for kinds that show one metric (default: the profile's main one).
            interval: whether to write 95 % intervals.
            published: show the published scores of these trackers as well; of all on record if empty.
            caption: replaces the caption.
            label: the name by which LaTeX refers to the table (default: `tab:<dataset>-<kind>`).
            wide: whether LaTeX makes it as wide as both columns of a paper.
            **trackers: how trackers are shown, beyond `sotbench.toml`: see `TrackerOptions`.
        """
        from reports.table import table_text

        report = self.report_for(metric, published, trackers)
        return table_text([report], kind, format, interval, caption=caption, label=label, wide=wide)

    def __repr__(self) -> str:
        head = f"Scores on {self.dataset}, protocol {self._selection.protocol}, profile {self.profile}"
        frame = self.to_frame()
        partial = (frame["sequences"] < frame["of"]).any()
        columns = [*(("sequences", "of") if partial else ()), *self.metrics]
        left_out = "".join(f"\n{name} is left out: {reason}" for name, reason in self.left_out.items())
        return f"{head}\n{frame[columns].round(3).to_string()}{left_out}"

    def _repr_html_(self) -> str:
        """Returns the table of scores for notebooks."""
        return self.table(format="html")

    def _score(self, tracker: str) -> RunScore:
        if tracker in self.left_out:
            raise UserError(f"'{tracker}' is not scored: {self.left_out[tracker]}")
        if tracker not in self._scores:
            from trackers.registry import did_you_mean

            names = list(self._scores)
            raise UserError(
                f"there is no score of tracker '{tracker}'{did_you_mean(tracker, names)}; "
                f"there are: {', '.join(names)}"
            )
        return self._scores[tracker]

    @cached_property
    def _report(self) -> ReportData:
        from reports.report_data import ReportData

        return ReportData(
            title=self._selection.dataset.title,
            dataset=self.dataset,
            protocol=self._selection.protocol,
            profile=self._profile,
            scores=tuple(self._scores.values()),
            results=self._selection.results,
            trackers_named=self._selection.trackers is not None,
        )

    def report_for(
        self, metric: str | None, published: str | Iterable[str] | None, trackers: TrackerOptions
    ) -> ReportData:
        """Returns what a report shows: without hidden trackers, and with the others as they are shown."""
        from reports.report_data import choose_published
        from sotbench._figures import presentation_of

        presentation = presentation_of(self._selection, trackers)
        kept = set(presentation.shown(list(self._scores)))

        names = [] if published is not None and not published else to_names(published)
        shown = choose_published(self._selection, names)
        return replace(
            self._report,
            chosen_metric=metric,
            published=shown,
            presentation=presentation,
            scores=tuple(score for name, score in self._scores.items() if name in kept),
        )
