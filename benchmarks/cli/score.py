"""`score`: the numbers of runs, under a named set of rules."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from benchmarks.cli.options import (
    add_data_root,
    add_dataset,
    add_profile,
    add_protocol,
    add_results,
    add_split,
    add_trackers,
)
from benchmarks.cli.output import add_format, print_records, read_runs
from trackers.commands import tell
from trackers.errors import UserError

if TYPE_CHECKING:
    from benchmarks.scoring import Record

NAME = "score"
HELP = "Score runs: the figures of a profile with 95 %% intervals; --profile all for every toolkit's."
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
    add_format(parser)
    add_split(parser)
    add_data_root(parser)
    add_results(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints the scores on standard output; what was left out is said on standard error."""
    from benchmarks.datasets import open_dataset
    from benchmarks.datasets.remembered import Remembered
    from benchmarks.scoring import choose_profiles, score_run
    from benchmarks.scoring.pairing import without_truth
    from benchmarks.scoring.tables import records_table

    dataset = Remembered(open_dataset(arguments.dataset, arguments.data_root, arguments.split))
    profiles = choose_profiles(arguments.profile, dataset.name, arguments.protocol)
    records: list[Record] = []
    for run in read_runs(arguments, dataset, arguments.tracker):
        here = [name for name in dataset.names() if name in run.trajectories]
        if 0 < len(unknown := without_truth(run, dataset, here)) < len(here):
            names = ", ".join(unknown[:5]) + (f" and {len(unknown) - 5} more" if len(unknown) > 5 else "")
            tell(f"{run.tracker}: not scored, since the first box alone is known: {names}")
        if len(profiles) == 1:
            records += score_run(run, dataset, profiles[0]).records(arguments.by)
            continue
        for profile in profiles:
            try:
                rows = score_run(run, dataset, profile).records(arguments.by)
            except UserError as error:
                # One toolkit's refusal is no reason to withhold what the others say.
                tell(f"{run.tracker}: {profile.name} is left out: {error}")
                continue
            records += [row | {"differs": profile.differs} for row in rows]
    if not records:
        raise UserError("no profile can score these results; see above")
    print_records(records, arguments.format, lambda: records_table(records))
    return 0
