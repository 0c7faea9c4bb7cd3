"""`verify-results`: checks a run folder as one would check a submission."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.options import add_data_root, add_split
from trackers.errors import printable
from trackers.wording import agree, counted, counted_of

if TYPE_CHECKING:
    from benchmarks.results_verification import ResultsVerification

NAME = "verify-results"
HELP = "Check a run folder: manifest, hashes, sequences, lengths, first boxes, boxes, record of the machine."
EXAMPLES = (
    "example: sotbench verify-results results/otb2015/siamfc/ope --data-root ~/data; exit status 0 if the "
    "results are valid, 1 if something is wrong with them, 2 if they cannot be checked"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder with the run.json")
    add_data_root(parser)
    add_split(parser)
    add = parser.add_argument
    add("--imported", action="store_true", help="accept results of other tools, without record of a machine")
    add("--json", action="store_true", help="print the verdict as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Prints the findings and the verdict; returns 1 if something is wrong."""
    from benchmarks.datasets import open_dataset
    from benchmarks.results_verification import ResultsVerification, open_submission, verify_results

    found = open_submission(arguments.folder)
    if not isinstance(found, ResultsVerification):
        dataset = open_dataset(found.dataset, arguments.data_root, arguments.split)
        found = verify_results(found, dataset, accept_imported=arguments.imported)
    if arguments.json:
        print(json.dumps({"valid": found.valid, **asdict(found)}, indent=1))
    else:
        _print(found)
    return 0 if found.valid else 1


def _print(found: ResultsVerification) -> None:
    for finding in found.findings:
        level = "note" if finding.harmless else "problem"
        print(
            printable(f"{level:<8} {finding.sequence or '-':<16} {finding.part + ':':<11} {finding.problem}")
        )
    if not found.dataset:
        print("not valid: the manifest cannot be read")
        return
    problems = sum(not finding.harmless for finding in found.findings)
    verdict = "valid" if found.valid else f"not valid: {counted(problems, 'problem')}"
    whole = (
        f"{counted_of(found.valid_sequences, found.sequences, 'sequence')} "
        f"{agree(found.valid_sequences, 'is complete and fits', 'are complete and fit')} the data"
    )
    print(printable(f"{found.tracker} on {found.dataset} ({found.protocol}): {whole}; {verdict}"))
