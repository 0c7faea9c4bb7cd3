"""`sotbench site`: a static site from a results folder, to publish from any file server."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.options import add_data_root
from trackers.commands import Parser, catch_user_errors, print_path, print_stderr
from trackers.errors import UserError


def parser() -> Parser:
    """Returns the parser of the command line."""
    options = Parser(
        prog="sotbench site",
        description="Write a static site from a results folder: leaderboards, pages of trackers and "
        "sequences, comparisons of any two, and boxes to download. It loads nothing from elsewhere.",
        epilog="example: sotbench site results public --data-root ~/data",
    )
    add = options.add_argument
    add("results", type=Path, metavar="RESULTS", help="folder of results")
    add("out", type=Path, metavar="OUT", help="folder for the site: new, empty, or an earlier site")
    add_data_root(options)
    add(
        "--style",
        type=Path,
        metavar="FILE",
        help="file with the table [trackers] (default: sotbench.toml in the results folder, else here)",
    )
    add("--no-boxes", action="store_true", help="leave the boxes out")
    return options


@catch_user_errors
def main(arguments: Sequence[str] | None = None) -> int:
    """Reads, scores and checks all results, and writes the site."""
    chosen = parser().parse_args(arguments)

    from datetime import datetime

    from reports.presentation import read_presentation
    from reports.site_pages.content import find_reports, load_report
    from reports.site_pages.output import SiteFolder
    from reports.site_pages.pages import SiteWriter

    found = find_reports(chosen.results)
    folder = SiteFolder(chosen.out)
    presentation = read_presentation(chosen.results, chosen.style)
    made = datetime.now().astimezone()
    reports = []
    troubles = []
    for dataset, protocol in found:
        try:
            place = chosen.results, dataset, protocol, chosen.data_root, presentation, made
            reports.append(load_report(*place, print_stderr))
        except UserError as error:
            print_stderr(f"{dataset} ({protocol}) is left out: {error}")
            troubles.append((f"{dataset} · {protocol.upper()}", str(error)))
    if not reports:
        raise UserError(f"none of the results in {chosen.results} can be shown; see above")
    SiteWriter(folder, reports, troubles, presentation, made, with_boxes=not chosen.no_boxes).write()
    print_path(chosen.out / "index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main(None))
