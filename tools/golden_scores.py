"""Writes the table of published results under every profile into docs/scoring.md.

    python tools/golden_scores.py --golden DIR --annotations DIR docs/scoring.md

`--golden` holds results published by trackers' authors, with a `scores.json` that names the tool that wrote
each file and the published scores; `--annotations` holds the data sets' ground truth. The table replaces the
text between two markers in the document.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.datasets import open_dataset
from benchmarks.scoring import ScoringProfile, choose_profiles, score_run
from benchmarks.store import RunResults
from benchmarks.store.formats import FORMATS, read_results
from trackers.errors import UserError

BEGIN, END = "<!-- golden scores: begin -->", "<!-- golden scores: end -->"


def rows(golden: Path, annotations: Path) -> Iterator[tuple[str, ...]]:
    """Yields one row per result and profile: data set, tracker, protocol, profile, published, ours."""
    for entry in json.loads((golden / "scores.json").read_text(encoding="utf-8"))["results"]:
        protocol = entry.get("protocol", "ope")
        dataset = open_dataset(entry["dataset"], annotations)
        form = FORMATS.load(entry["format"])()
        results = read_results(golden / entry["file"], form, dataset, protocol)
        run = RunResults(
            entry["tracker"], dataset.name, protocol, results.trajectories, {}, {}, imported=True
        )
        for profile in choose_profiles("all", dataset.name, protocol):
            try:
                [record] = score_run(run, dataset, profile).records()
            except UserError as error:
                ours = f"refused: {error}"
            else:
                ours = ", ".join(figures(record, profile))
            published = entry["published"] if profile.name == entry["profile"] else {}
            yield (
                dataset.title,
                entry["tracker"],
                protocol,
                profile.name,
                ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in published.items()),
                ours,
            )


def figures(record: dict[str, Any], profile: ScoringProfile) -> Iterator[str]:
    """Formats each metric of a record with its interval."""
    for name, value in record.items():
        if f"{name}_low" in record and value is not None:
            digits = profile.metric(name).decimals
            low, high = record[f"{name}_low"], record[f"{name}_high"]
            yield f"{name.replace('_', ' ')} {value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def main() -> None:
    """Replaces the table in the given document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--golden", type=Path, required=True)
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("document", type=Path)
    arguments = parser.parse_args()
    lines = [
        "| data set | tracker | protocol | profile | published | here, with 95 % intervals |",
        "|---" * 6 + "|",
    ]
    lines += [f"| {' | '.join(row)} |" for row in rows(arguments.golden, arguments.annotations)]
    text = arguments.document.read_text(encoding="utf-8")
    table = "\n".join([BEGIN, *lines, END])
    text, count = re.subn(f"{BEGIN}.*{END}", lambda _: table, text, flags=re.DOTALL)
    if count != 1:
        parser.error(f"{arguments.document} lacks the markers {BEGIN} and {END}")
    arguments.document.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
