"""`score`: scores runs by a profile."""

from __future__ import annotations

import argparse

from benchmarks.cli.output import add_format, print_records
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
from trackers.errors import UserError
from trackers.stderr import print_stderr

NAME = "score"
HELP = "Score runs, with 95 % intervals; --profile all scores them by every profile that applies."
EXAMPLES = (
    "examples: sotbench score --dataset demo --by attribute --format csv; "
    "sotbench score --dataset otb2015 --tracker siamfc --profile all"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    add_dataset(parser)
    add_trackers(parser)
    add_protocol(parser)
    add_profile(parser)
    parser.add_argument("--by", choices=["sequence", "attribute"], help="one row per sequence or attribute")
    add_selection(parser)
    add_format(parser)
    add_split(parser)
    add_data_root(parser)
    add_results(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints the scores on standard output, and what was left out on standard error."""
    from benchmarks.scoring import choose_profiles
    from benchmarks.scoring.tables import records_table

    selection = read_selection(arguments)
    dataset = selection.dataset
    profiles = choose_profiles(arguments.profile, dataset.name, selection.protocol)
    if len(profiles) == 1:
        scores = list(selection.score(profiles[0], print_stderr))
        records = [row for score in scores for row in score.records(arguments.by)]
    else:
        pairs = list(selection.score_all(profiles, print_stderr))
        if not pairs:
            raise UserError("no profile can score these results; see above")
        records = [
            row | {"differs": profile.differs}
            for profile, score in pairs
            for row in score.records(arguments.by)
        ]
    if not records:
        raise UserError(f"sequences of {dataset.title} have no attributes; leave out --by attribute")
    print_records(records, arguments.format, lambda: records_table(records, profiles))
    return 0
