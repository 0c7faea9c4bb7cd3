"""`rank`: VOT's A-R ranking."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from benchmarks.cli.output import add_format, print_records
from benchmarks.options import (
    add_data_root,
    add_dataset,
    add_profile,
    add_results,
    add_selection,
    add_trackers,
    read_selection,
)
from trackers.errors import UserError
from trackers.stderr import print_stderr

if TYPE_CHECKING:
    from benchmarks.scoring import Record

NAME = "rank"
HELP = "Rank trackers by accuracy and robustness as VOT does; ties where its tests find no difference."
EXAMPLES = "example: sotbench rank --dataset vot2017 --protocol realtime"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    add_dataset(parser)
    add_trackers(parser)
    parser.add_argument(
        "--protocol",
        default="supervised",
        metavar="P",
        help="how the trackers were run: supervised or realtime (default: supervised)",
    )
    add_profile(parser)
    add_selection(parser)
    add_format(parser)
    add_data_root(parser)
    add_results(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints a row per tracker, the best mean rank first."""
    from benchmarks.scoring import choose_profile
    from benchmarks.scoring.tables import ranking_table
    from benchmarks.scoring.vot_ranking import rank_runs
    from benchmarks.scoring.vot_run_score import VOTRunScore

    selection = read_selection(arguments)
    profile = choose_profile(arguments.profile, selection.dataset.name, selection.protocol)
    scores = [
        score
        for score in selection.score(profile, print_stderr)
        if isinstance(score, VOTRunScore) and score.runs
    ]
    if len(scores) < 2:
        raise UserError("`rank` needs two trackers with supervised or realtime results on the same sequences")
    ranks = rank_runs([score.runs for score in scores])
    records: list[Record] = []
    for score, accuracy, robustness in zip(
        scores, ranks.accuracy.tolist(), ranks.robustness.tolist(), strict=True
    ):
        [record] = score.records()
        records.append(
            {
                **{key: record[key] for key in ("tracker", "dataset", "protocol", "profile")},
                **{key: record[key] for key in ("sequences", "of", "frames", "accuracy", "robustness")},
                "accuracy_rank": accuracy,
                "robustness_rank": robustness,
                "rank": (accuracy + robustness) / 2,
            }
        )
    records.sort(key=lambda record: float(record["rank"] or 0))
    print_records(records, arguments.format, lambda: ranking_table(records))
    return 0
