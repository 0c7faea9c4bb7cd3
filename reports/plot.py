"""`sotbench plot`: plots of the scores on one or several data sets."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from reports.figure_options import add_figure_options, figure_options_of
from reports.left_out import LeftOut
from reports.plots import PLOTS
from reports.presentation_options import add_tex_labels
from reports.report_data import InapplicableError, ReportData, add_report_options
from reports.several import add_datasets, read_reports
from trackers.atomic import make_folder, write_atomic
from trackers.commands import Parser, catch_user_errors, print_path, print_stderr
from trackers.errors import UserError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reports.plots.figure import Format

CURVE_KINDS = ("success", "precision", "normalized-precision", "eao", "precision-recall")
"""The kinds that draw curves, which can be exported as TeX."""

FORMATS = ("png", "pdf", "svg", "tex")
RADAR = "radar"


def parser() -> Parser:
    """Returns the parser of the command line."""
    kinds = {name: PLOTS.summary(name) for name in PLOTS} | {RADAR: "a corner per data set, or per attribute"}
    options = Parser(
        prog="sotbench plot",
        description="Plot the scores on a data set; of several, a panel for each. Kinds: "
        + "; ".join(f"{name}: {summary}" for name, summary in kinds.items())
        + ".",
        epilog="example: sotbench plot --dataset otb2015 lasot --kind success --size two-column --format pdf",
    )
    add_datasets(options)
    add_report_options(options)
    options.add_argument(
        "--kind",
        nargs="+",
        choices=list(kinds),
        metavar="KIND",
        help=f"the plots (default: all that apply, without {RADAR})",
    )
    options.add_argument(
        "--out", type=Path, metavar="DIR", help="output folder (default: plots/<dataset>, or plots/<A>+<B>)"
    )
    options.add_argument(
        "--format",
        nargs="+",
        choices=FORMATS,
        default=("png",),
        help="tex is a document with pgfplots, for curves (default: png)",
    )
    options.add_argument(
        "--csv", action="store_true", help="write what is drawn beside each plot as <kind>.csv"
    )
    options.add_argument("--no-band", action="store_true", help="omit 95 %% intervals")
    add_figure_options(options)
    add_tex_labels(options)
    return options


def draw(reports: Sequence[ReportData], kind: str, ax: Axes | None = None) -> Figure:
    """Returns the figure of one kind of plot of one or several data sets.

    Args:
        reports: the scores on each data set.
        kind: the kind of plot.
        ax: for one data set, the axes to draw on.

    Raises:
        UserError: the kind is unknown, or does not apply.
    """
    from reports.plots.several import grid_figure, radar_figure

    if kind == RADAR:
        return radar_figure(reports, ax)
    if len(reports) == 1:
        figure: Figure = PLOTS.load(kind)(reports[0]) if ax is None else PLOTS.load(kind)(reports[0], ax=ax)
        return figure
    return grid_figure(reports, PLOTS.load(kind), kind in CURVE_KINDS)


@catch_user_errors
def main(arguments: Sequence[str] | None = None) -> int:
    """Scores the runs, writes the plots and prints their paths; 1 if one is left out."""
    chosen = parser().parse_args(arguments)
    if "tex" in chosen.format and (others := [kind for kind in chosen.kind or () if kind not in CURVE_KINDS]):
        raise UserError(
            f"the format tex is for curves ({', '.join(CURVE_KINDS)}), not for '{others[0]}'; take pdf"
        )
    figure_options = figure_options_of(chosen)
    from reports.plots.figure import MAX_DRAWN_TRACKERS

    reports = []
    for report in read_reports(chosen):
        shown = replace(report, intervals=not chosen.no_band, figure_options=figure_options)
        shown = shown.best(MAX_DRAWN_TRACKERS)
        reports.append(shown)
        if (total := shown.total_trackers) is not None:
            print_stderr(
                f"plots show the best {MAX_DRAWN_TRACKERS} of {total} trackers; select others with --tracker"
            )
    folder = chosen.out or Path("plots", "+".join(report.dataset for report in reports))
    make_folder(folder)
    left_out, made = LeftOut(), 0
    for kind in dict.fromkeys(chosen.kind or PLOTS):
        contents: dict[str, bytes] = {}
        with left_out.instead_of_failing(kind):
            try:
                contents = _files(reports, kind, chosen.format, chosen.csv)
            except InapplicableError:
                if chosen.kind:
                    raise
        for ending, content in contents.items():
            path = folder / f"{kind}.{ending}"
            write_atomic(path, content)
            print_path(path)
        made += bool(contents)
    return left_out.report(made)


def _files(reports: Sequence[ReportData], kind: str, formats: Sequence[str], csv: bool) -> dict[str, bytes]:
    """Returns the content of the files of one kind of plot, by their endings."""
    from reports.plots.data import plot_records
    from reports.plots.figure import figure_bytes
    from reports.plots.pgfplots import pgfplots_document

    files = {}
    figure = draw(reports, kind)
    for form in formats:
        if form != "tex":
            files[form] = figure_bytes(figure, cast("Format", form))
        elif kind in CURVE_KINDS:
            files[form] = pgfplots_document(reports, kind).encode()
    if csv:
        from benchmarks.scoring.dataframes import records_csv

        files["csv"] = records_csv(plot_records(reports, kind)).encode()
    return files


if __name__ == "__main__":
    sys.exit(main(None))
