"""Prints accuracy and speed of runs on OTB2015 as a Markdown table, with the time of one update step.

    python tools/tracker_table.py --data-root DIR [--dataset otb2015] [--results DIR] [--times DIR] NAME ...
    python tools/tracker_table.py --by-target --data-root DIR NAME ...

NAME is a run in the results folder. If it is also a registered tracker that updates its template, the time of
one update step is measured: the median of 15, on the demo's first frame. FPS is the number of updates divided
by their total time, as stored with the run, or with another run in `--times DIR` on an idle machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from benchmarks.datasets import Dataset, open_dataset
from benchmarks.datasets.demo import Demo
from benchmarks.scoring import choose_profiles, score_run
from benchmarks.store.runs import RunResults, read_run
from trackers.catalog import TRACKERS
from trackers.siamese.base import SiameseTracker, upload
from trackers.siamese.gradnet import GradNet
from trackers.siamese.gradnet_paper import GradNetPaper
from trackers.siamese.gradnet_released import GradNetReleased
from trackers.siamese.siamfc_online import SiamFCAverage, SiamFCGradientDescent
from trackers.siamese.update_policy import FIRST

REPEATS = 15


def frames_per_second(run: RunResults) -> float | None:
    """Returns updates per second; None for results without times."""
    seconds = np.concatenate([t.seconds[1:] for group in run.trajectories.values() for t in group])
    known = seconds[~np.isnan(seconds)]
    return len(known) / known.sum() if len(known) else None


def update_step(name: str) -> float | None:
    """Returns the median milliseconds of one update step of a tracker; None if it has no such step."""
    if name not in TRACKERS.entries:
        return None
    kind = TRACKERS.load(name)
    if not (isinstance(kind, type) and issubclass(kind, SiameseTracker)):
        return None
    tracker = kind()
    sequence = Demo()["easy"]
    frame = sequence.open_frames()[0]
    tracker.init([0], [frame], sequence.truth[:1])
    slot = torch.tensor([0])
    pixels, sizes = upload([frame], tracker.device)
    step: Callable[[], object]
    if isinstance(tracker, GradNetReleased):
        step = lambda: tracker._update_templates([(0, FIRST)])  # noqa: E731
    elif isinstance(tracker, GradNet | GradNetPaper):
        step = lambda: tracker._update_templates([0])  # noqa: E731
    elif isinstance(tracker, SiamFCGradientDescent | SiamFCAverage):
        step = lambda: tracker.adapt(slot, pixels, sizes, tracker.targets)  # noqa: E731
    else:
        return None
    times = []
    with torch.no_grad():
        for _ in range(REPEATS + 3):
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
    return float(np.median(times[3:]) * 1e3)


def row(name: str, results: Path, times: Path, dataset: Dataset) -> str:
    """Returns the row of one tracker."""
    run = read_run(results, dataset.name, name)
    profile = choose_profiles(None, dataset.name, "ope")[0]
    (record,) = score_run(run, dataset, profile).records(None)
    figures = []
    for metric in ("success", "precision"):
        low, high = record[f"{metric}_low"], record[f"{metric}_high"]
        interval = "" if low is None else f" [{low:.3f}, {high:.3f}]"  # one sequence has none
        figures.append(f"{record[metric]:.3f}{interval}")
    timed = times / dataset.name / name
    fps = frames_per_second(read_run(times, dataset.name, name)) if timed.exists() else None
    milliseconds = update_step(name)
    figures += ["-" if fps is None else f"{fps:.1f}", "-" if milliseconds is None else f"{milliseconds:.1f}"]
    return f"| `{name}` | {record['sequences']} | {' | '.join(figures)} |"


def by_target(names: Sequence[str], results: Path, dataset: Dataset) -> str:
    """Returns a table of success and precision per target, with a column per tracker."""
    columns = []
    for name in names:
        run = read_run(results, dataset.name, name)
        profile = choose_profiles(None, dataset.name, "ope")[0]
        records = score_run(run, dataset, profile).records("sequence")
        columns.append({r["sequence"]: f"{r['success']:.3f} / {r['precision']:.3f}" for r in records})
    lines = [f"| target | {' | '.join(f'`{name}`' for name in names)} |", "|---" * (len(names) + 1) + "|"]
    lines += [f"| {t} | {' | '.join(column.get(t, '-') for column in columns)} |" for t in columns[0]]
    return "\n".join(lines)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--dataset", default="otb2015")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--times", type=Path, help="default: --results")
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--by-target", action="store_true", help="print a table of all targets instead")
    args = parser.parse_args()
    dataset = open_dataset(args.dataset, args.data_root)
    if args.by_target:
        print(by_target(args.names, args.results, dataset))
        return
    print("| tracker | targets | success [95 %] | precision [95 %] | FPS | ms per update step |")
    print("|---|---|---|---|---|---|")
    for name in args.names:
        print(row(name, args.results, args.times or args.results, dataset), flush=True)


if __name__ == "__main__":
    main()
