"""`compare`: tests whether a tracker is better than another: interval, p-values, and a verdict in words."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from benchmarks.cli.output import add_format, print_records
from benchmarks.options import (
    add_data_root,
    add_dataset,
    add_profile,
    add_protocol,
    add_results,
    add_selection,
    add_split,
    read_selection,
)
from trackers.errors import UserError
from trackers.stderr import print_stderr

if TYPE_CHECKING:
    from benchmarks.scoring import Record
    from benchmarks.tables import Table

NAME = "compare"
HELP = "Compare trackers pair by pair: difference, 95 % interval, p-values, and the conclusion."
EXAMPLES = "example: sotbench compare ncc still --dataset demo --metric success precision"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    parser.add_argument(
        "trackers", nargs="+", metavar="TRACKER", help="two or more trackers that have results"
    )
    add_dataset(parser)
    add_protocol(parser)
    add_profile(parser)
    parser.add_argument(
        "--metric",
        nargs="+",
        metavar="M",
        help="metrics to compare, named as in `sotbench score --format csv`; p-values are corrected for all "
        "comparisons (default: the profile's first metric)",
    )
    add_selection(parser)
    add_format(parser)
    add_split(parser)
    add_data_root(parser)
    add_results(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints one comparison per pair and metric; prints what was left out on standard error."""
    from benchmarks.scoring import choose_profile
    from benchmarks.scoring.compare import compare, comparison_record, comparisons_caption
    from benchmarks.scoring.tables import comparisons_table

    selection = read_selection(arguments, arguments.trackers)
    dataset = selection.dataset
    profile = choose_profile(arguments.profile, dataset.name, selection.protocol)
    scores = list(selection.score(profile, print_stderr))
    if len(scores) < 2:
        raise UserError(f"`compare` needs two different trackers; name another besides {scores[0].tracker}")
    comparisons = compare(scores, arguments.metric or list(scores[0].sequence_values())[:1])
    shared: Record = {"dataset": dataset.name, "protocol": arguments.protocol, "profile": profile.name}

    def table() -> Table:
        caption = ", ".join(f"{key} {value}" for key, value in shared.items())
        caption += f"; {comparisons_caption(comparisons)}"
        several = len({comparison.metric for comparison in comparisons}) > 1
        verdicts = [
            (f"{comparison.metric}: " if several else "") + comparison.verdict for comparison in comparisons
        ]
        return comparisons_table(comparisons, caption, verdicts)

    print_records(
        [shared | comparison_record(comparison, scores[0].total_sequences) for comparison in comparisons],
        arguments.format,
        table,
    )
    return 0
