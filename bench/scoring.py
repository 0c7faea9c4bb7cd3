"""Times scoring.

    PYTHONPATH=. python bench/scoring.py --data-root DIR        # from the root; DIR holds lasot and otb2015

Writes random results near the ground truth as a run does, at full precision with times. Then runs
`python -m benchmarks score` on each data set as a user does: the time covers the start of Python, reading of
results and ground truth, digests, curves and intervals. Peak memory is that of the process.

If got10k is installed (`pip install got10k==0.1.3 six`), its `ExperimentOTB.report` scores the same boxes, in
turn with ours, both in this process. Each reads results, times and ground truth in its own format; figures
are not drawn.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.datasets import Dataset, open_dataset
from benchmarks.geometry.pixel_origin import to_one_based
from benchmarks.protocols import Trajectory
from benchmarks.scoring import choose_profile, score_run
from benchmarks.store import read_run, truth_digest
from benchmarks.store.manifest import Manifest, SequenceRecord
from benchmarks.store.run_folder import MANIFEST, RunFolder

TRACKER = "drawn"
ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures scoring.")
    parser.add_argument("--data-root", type=Path, required=True, metavar="DIR")
    root = parser.parse_args().data_root
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder)
        for name in ("lasot", "otb2015"):
            dataset = open_dataset(name, root)
            frames = write_results(dataset, results)
            words = [
                "--dataset",
                name,
                "--data-root",
                str(root),
                "--results",
                str(results),
                "--format",
                "json",
            ]
            runs = [run_alone([sys.executable, "-m", "benchmarks", "score", *words]) for _ in range(ROUNDS)]
            seconds, processor, peak = map(statistics.median, zip(*runs, strict=True))
            print(
                f"{name}: {len(dataset.names())} sequences, {frames} frames: {seconds:.2f} s, of them "
                f"{processor:.2f} s of processor time, {peak:.0f} MB peak (medians of {ROUNDS} runs)"
            )
        compare_with_got10k(open_dataset("otb2015", root), results)


def write_results(dataset: Dataset, results: Path) -> int:
    """Writes one run, with boxes a few pixels off the ground truth; returns its number of frames."""
    folder = RunFolder(results, dataset.name, TRACKER, "ope")
    manifest = Manifest(dataset.name, None)
    frames = 0
    for name, boxes in drawn(dataset):
        runs = folder.write(name, [Trajectory(boxes, np.full(len(boxes), 0.0123456789))])
        digest = truth_digest(dataset[name].truth)
        manifest.sequences[name] = SequenceRecord("ok", frames=len(boxes), truth=digest, runs=runs)
        frames += len(boxes)
    manifest.write(folder.path / MANIFEST)
    return frames


def drawn(dataset: Dataset) -> Iterator[tuple[str, np.ndarray]]:
    generator = np.random.default_rng(0)
    for name in dataset.names():
        truth = dataset[name].truth
        boxes = truth + generator.normal(0, 5, truth.shape)
        boxes[:, 2:] = np.maximum(boxes[:, 2:], 1)
        yield name, boxes


def run_alone(command: list[str]) -> tuple[float, float, float]:
    """Runs a command; returns wall-clock seconds, processor seconds and peak memory in MB."""
    start = time.perf_counter()
    with Path(os.devnull).open("wb") as nowhere:
        process = os.posix_spawn(
            command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1)]
        )
        _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def compare_with_got10k(dataset: Dataset, results: Path) -> None:
    """Prints our time and got10k's for the same boxes, and their ratio."""
    try:
        from got10k.experiments import ExperimentOTB
    except ImportError as error:
        print(f"got10k is not compared: {error}")
        return

    # got10k's OTB class requires images; this one reads ground truth alone.
    class Truths:
        seq_names = dataset.names()

        def __len__(self) -> int:
            return len(self.seq_names)

        def __iter__(self) -> Iterator[tuple[None, np.ndarray]]:
            for name in self.seq_names:
                text = (results / "truth" / f"{name}.txt").read_text().replace(",", " ")
                yield None, np.loadtxt(io.StringIO(text))

    class Report(ExperimentOTB):
        def __init__(self) -> None:
            self.dataset = Truths()
            self.result_dir, self.report_dir = str(results / "got10k"), str(results / "reports")
            self.nbins_iou, self.nbins_ce = 21, 51

        def plot_curves(self, tracker_names: list[str]) -> None:
            """Draws nothing."""

    experiment = Report()
    (results / "truth").mkdir()
    with contextlib.redirect_stdout(io.StringIO()):
        for name, boxes in drawn(dataset):
            path = str(results / "got10k" / TRACKER / f"{name}.txt")
            experiment._record(path, to_one_based(boxes), np.full(len(boxes), 0.0123456789))
            truth = to_one_based(dataset[name].truth)
            np.savetxt(results / "truth" / f"{name}.txt", truth, fmt="%g", delimiter=",")
    profile = choose_profile("got10k", dataset.name, "ope")

    def ours() -> float:
        score = score_run(read_run(results, dataset.name, TRACKER), dataset, profile)
        return float(score.sequence_values()["success"].mean())

    def theirs() -> float:
        with contextlib.redirect_stdout(io.StringIO()):
            report = experiment.report([TRACKER])
        return float(report[TRACKER]["overall"]["success_score"])

    times: dict[Callable[[], float], list[float]] = {ours: [], theirs: []}
    for _ in range(ROUNDS):
        for function, spent in times.items():
            start = time.perf_counter()
            function()
            spent.append(time.perf_counter() - start)
    mine, other = (statistics.median(spent) for spent in times.values())
    print(
        f"{dataset.name}, in process: ours {mine:.2f} s, got10k {other:.2f} s, ratio {mine / other:.2f} "
        f"(medians of {ROUNDS}, in turn); success {ours():.5f} and {theirs():.5f}"
    )


if __name__ == "__main__":
    main()
