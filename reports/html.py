"""`sotbench html`: the results on a data set as one self-contained HTML file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

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
from reports.presentation_options import add_presentation_options, presentation_of
from trackers.commands import Parser, catch_user_errors, positive, print_path, print_stderr

MAX_TRACKERS_OVER_TIME = 60
"""Maximum number of trackers with per-frame data in the page. Only the best get it: more lines cannot be told
apart and would dominate the file size."""


def parser() -> Parser:
    """Returns the parser of the command line."""
    options = Parser(
        prog="sotbench html",
        description="Write the results on a data set as one self-contained HTML file: leaderboard, curves, "
        "overlap over time, what failed and, with --frames, a player.",
        epilog="example: sotbench html --dataset demo --frames --out demo.html",
    )
    add_dataset(options)
    add_trackers(options)
    add_protocol(options)
    add_profile(options)
    add_selection(options)
    options.set_defaults(profile="all")
    options.add_argument("--frames", action="store_true", help="embed shrunk frames for the player")
    options.add_argument(
        "--megabytes",
        type=positive,
        default=50.0,
        metavar="MB",
        help="maximum size of all frames; beyond, only every second, third, ... is embedded (default: 50)",
    )
    options.add_argument(
        "--out", type=Path, metavar="FILE", help="output file (default: <dataset>-<protocol>.html)"
    )
    add_split(options)
    add_data_root(options)
    add_results(options)
    add_presentation_options(options)
    return options


@catch_user_errors
def main(arguments: Sequence[str] | None = None) -> int:
    """Scores the runs, writes the page and prints its path."""
    chosen = parser().parse_args(arguments)

    from dataclasses import replace
    from datetime import datetime

    from benchmarks.scoring import choose_profiles
    from reports.page.data import rank_reports, report_data, scored_names, sequence_data
    from reports.page.document import html_page
    from reports.page.loader import ReportLoader
    from reports.page.thumbnails import embed_frames
    from reports.report_data import without_hidden
    from trackers.atomic import write_atomic

    presentation = presentation_of(chosen)
    selection = without_hidden(read_selection(chosen), presentation)
    dataset = selection.dataset
    profiles = choose_profiles(chosen.profile, dataset.name, selection.protocol)
    loader = ReportLoader(dataset, profiles, regions=chosen.frames)
    reports = rank_reports(loader.load(selection.folders(), print_stderr), profiles[0])
    if len(reports) > (most := MAX_TRACKERS_OVER_TIME):
        reports = [*reports[:most], *(replace(report, series={}) for report in reports[most:])]
        print_stderr(
            f"per-frame data is included for the best {most} of {len(reports)} trackers; select others with "
            "--tracker, or use `sotbench serve`"
        )
    names = scored_names(dataset, reports)
    frames = embed_frames(dataset, names, chosen.megabytes * 1e6, print_stderr) if chosen.frames else {}
    made = datetime.now().astimezone()
    page = html_page(
        report_data(dataset, chosen.protocol, profiles, reports, made, loader.left_out, presentation),
        {name: sequence_data(dataset, reports, name, frames.get(name)) for name in names},
    )
    path = chosen.out or Path(f"{dataset.name}-{chosen.protocol}.html")
    write_atomic(path, page.encode())
    print_path(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(None))
