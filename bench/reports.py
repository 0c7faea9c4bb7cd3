"""Times reports: python bench/reports.py --golden DIR --annotations DIR.

Published results, imported under several names, serve as ten trackers on OTB2015 and five on LaSOT.
`--golden` holds them, with a `scores.json` that names the tool that wrote each file; `--annotations` the
ground truth. Each command runs in a separate process, as a user starts it; "processor" is the time of all its
threads.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from benchmarks.environment import cpu_name, usable_cores

TRACKERS = {"otb2015": 10, "lasot": 5}
COMMANDS = {
    "plots": ["reports.plot", "--out", "plots"],
    "page": ["reports.html", "--out", "page.html"],
    "tables": [
        *("reports.table", "--kind", "accuracy", "attributes", "comparison", "--out", "tables"),
        *("--format", "markdown", "latex", "html", "csv"),
    ],
}


def fill(results: Path, golden: Path, annotations: Path) -> None:
    """Imports published one-pass results once per tracker."""
    entries = json.loads((golden / "scores.json").read_text(encoding="utf-8"))["results"]
    for dataset, count in TRACKERS.items():
        there = [one for one in entries if one["dataset"] == dataset and one.get("protocol", "ope") == "ope"]
        for number, entry in enumerate(islice(cycle(there), count), start=1):
            words = ["import", str(golden / entry["file"]), "--from", entry["format"], "--dataset", dataset]
            words += ["--tracker", f"{entry['tracker']}-{number}", "--data-root", str(annotations)]
            command = [sys.executable, "-m", "benchmarks", *words, "--results", str(results)]
            subprocess.run(command, check=True, capture_output=True)


def timed(results: Path, annotations: Path, folder: Path) -> Iterator[tuple[str, str, float, float]]:
    """Yields data set, report, wall-clock seconds and processor seconds."""
    for dataset in TRACKERS:
        for name, (module, *words) in COMMANDS.items():
            command = [sys.executable, "-m", module, "--dataset", dataset, *words]
            command += ["--results", str(results), "--data-root", str(annotations)]
            before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, cwd=folder)
            seconds, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            yield dataset, name, seconds, spent


def main() -> None:
    """Prints one line per data set and report, and sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--golden", type=Path, required=True)
    parser.add_argument("--annotations", type=Path, required=True)
    chosen = parser.parse_args()
    annotations = chosen.annotations.absolute()
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results")
        fill(results, chosen.golden, annotations)
        sums = dict.fromkeys(TRACKERS, 0.0)
        for dataset, name, seconds, spent in timed(results, annotations, Path(folder)):
            sums[dataset] += seconds
            print(f"{dataset:8} {name:7} {seconds:6.1f} s, processor {spent:6.1f} s", flush=True)
    for dataset, seconds in sums.items():
        print(f"{dataset:8} all     {seconds:6.1f} s")
    print(f"{cpu_name()}, {usable_cores()} cores")


if __name__ == "__main__":
    main()
