"""`python -m reports.plot`: success and precision plots of the results on a data set."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cli.options import (
    add_data_root,
    add_dataset,
    add_profile,
    add_protocol,
    add_results,
    add_trackers,
)
from benchmarks.cli.output import read_runs
from benchmarks.datasets import open_dataset
from benchmarks.scoring import Profile, choose_profile, score_run
from benchmarks.store.atomic import write_atomic
from reports.curves import KINDS, curve_figure, figure_bytes
from trackers.commands import Parser, guarded
from trackers.errors import UserError


def parser() -> Parser:
    """The command's options."""
    options = Parser(
        prog="python -m reports.plot",
        description="Plots success, precision and normalised precision of the results on a data set.",
        epilog="example: python -m reports.plot --dataset otb2015 --kind success --format pdf",
    )
    add_dataset(options)
    add_trackers(options)
    add_protocol(options)
    add_profile(options)
    options.add_argument("--kind", nargs="+", choices=KINDS, default=KINDS, help="which plots (default: all)")
    options.add_argument(
        "--out", type=Path, metavar="DIR", help="folder to write to (default: plots/<dataset>)"
    )
    options.add_argument(
        "--format", nargs="+", choices=("png", "pdf", "svg"), default=("png",), help="(default: png)"
    )
    options.add_argument("--no-band", action="store_true", help="leave the 95 %% intervals out")
    add_data_root(options)
    add_results(options)
    return options


@guarded
def main(arguments: Sequence[str] | None = None) -> int:
    """Scores the runs, writes the plots and prints the files' names."""
    chosen = parser().parse_args(arguments)
    dataset = open_dataset(chosen.dataset, chosen.data_root)
    profile = choose_profile(chosen.profile, dataset.name, chosen.protocol)
    if not isinstance(profile, Profile):
        raise UserError(f"profile '{profile.name}' has no curves over frames; name another --profile")
    scores = []
    for run in read_runs(chosen, dataset, chosen.tracker):
        score = score_run(run, dataset, profile)
        if len(score.sequences) < score.of:
            print(
                f"{run.tracker}: {len(score.sequences)} of {score.of} sequences are scored", file=sys.stderr
            )
        scores.append(score)
    folder = chosen.out or Path("plots", dataset.name)
    folder.mkdir(parents=True, exist_ok=True)
    for kind in chosen.kind:
        figure = curve_figure(scores, kind, dataset.title, band=not chosen.no_band)
        for form in chosen.format:
            path = folder / f"{kind}.{form}"
            write_atomic(path, figure_bytes(figure, form))
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(None))
