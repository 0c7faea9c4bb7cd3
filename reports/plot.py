"""`sotbench plot`: plots of the scores on a data set."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reports.plots import PLOTS
from reports.report_data import InapplicableError, add_report_options, read_report_data
from trackers.atomic import write_atomic
from trackers.commands import Parser, catch_user_errors, print_path, print_stderr


def parser() -> Parser:
    """Returns the parser of the command line."""
    options = Parser(
        prog="sotbench plot",
        description="Plot the scores on a data set. Kinds: "
        + "; ".join(f"{name}: {PLOTS.summary(name)}" for name in PLOTS)
        + ".",
        epilog="example: sotbench plot --dataset otb2015 --kind success attributes --format pdf",
    )
    add_report_options(options)
    options.add_argument(
        "--kind", nargs="+", choices=list(PLOTS), metavar="KIND", help="the plots (default: all that apply)"
    )
    options.add_argument("--out", type=Path, metavar="DIR", help="output folder (default: plots/<dataset>)")
    options.add_argument(
        "--format", nargs="+", choices=("png", "pdf", "svg"), default=("png",), help="(default: png)"
    )
    options.add_argument("--no-band", action="store_true", help="omit 95 %% intervals")
    return options


@catch_user_errors
def main(arguments: Sequence[str] | None = None) -> int:
    """Scores the runs, writes the plots and prints their paths."""
    chosen = parser().parse_args(arguments)
    report = replace(read_report_data(chosen), intervals=not chosen.no_band)
    from reports.plots.figure import MAX_DRAWN_TRACKERS, figure_bytes

    report = report.best(MAX_DRAWN_TRACKERS)
    if (total := report.total_trackers) is not None:
        print_stderr(
            f"plots show the best {MAX_DRAWN_TRACKERS} of {total} trackers; select others with --tracker"
        )
    folder = chosen.out or Path("plots", report.dataset)
    folder.mkdir(parents=True, exist_ok=True)
    for kind in chosen.kind or PLOTS:
        try:
            figure = PLOTS.load(kind)(report)
        except InapplicableError:
            if chosen.kind:
                raise
            continue
        for form in chosen.format:
            path = folder / f"{kind}.{form}"
            write_atomic(path, figure_bytes(figure, form))
            print_path(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(None))
