"""`score`: the numbers of runs, under a named set of rules."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from benchmarks.options import (
    add_data_root,
    add_dataset,
    add_profile,
    add_protocol,
    add_results,
    add_selection,
    add_split,
    add_trackers,
)
from benchmarks.selection import add_format, open_selected, print_records, read_runs, score_runs, tell_remarks
from trackers.commands import print_stderr
from trackers.errors import UserError

if TYPE_CHECKING:
    from benchmarks.datasets import Dataset
    from benchmarks.scoring import Record, RunScore, ScoringProfile
    from benchmarks.store import RunResults

NAME = "score"
HELP = "Score runs: the figures of a profile with 95 % intervals; --profile all for every toolkit's."
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
    """Prints the scores on standard output; what was left out is said on standard error."""
    from benchmarks.scoring import choose_profiles
    from benchmarks.scoring.tables import records_table

    dataset = open_selected(arguments)
    profiles = choose_profiles(arguments.profile, dataset.name, arguments.protocol)
    records: list[Record] = []
    scored = 0
    if len(profiles) == 1:
        for score in score_runs(arguments, dataset, profiles[0], arguments.tracker):
            scored += 1
            records += score.records(arguments.by)
    else:
        said: set[str] = set()
        for run in read_runs(arguments, dataset, arguments.tracker):
            for profile, score in _by_each(run, dataset, profiles):
                scored += 1
                tell_remarks(score, said)
                records += [row | {"differs": profile.differs} for row in score.records(arguments.by)]
    if not scored:
        raise UserError("no profile can score these results; see above")
    if not records:
        raise UserError(f"sequences of {dataset.title} have no attributes; leave out --by attribute")
    print_records(records, arguments.format, lambda: records_table(records))
    return 0


def _by_each(
    run: RunResults, dataset: Dataset, profiles: Sequence[ScoringProfile]
) -> Iterator[tuple[ScoringProfile, RunScore]]:
    """Scores a run by each profile; one toolkit's refusal is no reason to withhold what the others say."""
    from benchmarks.scoring import score_run

    refused: dict[str, list[str]] = {}
    for profile in profiles:
        try:
            yield profile, score_run(run, dataset, profile)
        except UserError as error:
            refused.setdefault(str(error), []).append(profile.name)
    for why, names in refused.items():
        print_stderr(f"{run.tracker}: {', '.join(names)} is left out: {why}")
