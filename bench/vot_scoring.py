"""Times VOT2017's scores: ours, and vot-toolkit's on the same regions.

    python bench/vot_scoring.py --annotations DIR --results ZIP

DIR is the data set's folder of ground truth, ZIP a tracker's results as the challenge's toolkit writes them
(`baseline/<sequence>/<sequence>_001.txt`). Both compute accuracy, robustness and expected average overlap
from regions in memory; ours adds 95 % intervals. To install the toolkit:
`pip install vot-toolkit==0.7.4 attributee==0.1.9`.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import numpy as np

from benchmarks.datasets import open_dataset
from benchmarks.datasets.truth_files import read_regions
from benchmarks.protocols.protocol import Code
from benchmarks.scoring.vot_metrics import score_supervised
from benchmarks.scoring.vot_profiles import VOT2017, VOT_TOOLKIT, VOTProfile
from benchmarks.scoring.vot_repetitions import measure_repetitions
from benchmarks.store.trajectories import parse_regions

REPEATS = 5


def read(annotations: Path, results: Path) -> list[SimpleNamespace]:
    """Reads each sequence's name, image size, ground truth and runs (regions and codes)."""
    dataset = open_dataset("vot2017", annotations.parent)
    sequences = []
    with ZipFile(results) as archive:
        names = [name for name in archive.namelist() if not name.endswith("_time.txt")]
        for name in dataset.names():
            boxes, polygons = read_regions(annotations / name / "groundtruth.txt")
            files = sorted(file for file in names if file.startswith(f"baseline/{name}/"))
            sequences.append(
                SimpleNamespace(
                    name=name,
                    size=dataset[name].size,
                    truth=boxes if polygons is None else polygons,
                    runs=[parse_regions(archive.read(file).decode(), file) for file in files],
                )
            )
    return sequences


def ours(sequences: list[SimpleNamespace], rules: VOTProfile) -> dict[str, float]:
    runs = [
        measure_repetitions(sequence.name, sequence.runs, sequence.truth, sequence.size, rules.raster)
        for sequence in sequences
    ]
    metrics = score_supervised(runs, rules).metrics()
    return {name: metrics[name].value for name in ("accuracy", "eao")}


def theirs(sequences: list[SimpleNamespace]) -> Callable[[], dict[str, float]]:
    """Creates the toolkit's objects for the sequences; returns a function that runs its analyzes."""
    from vot.analysis.supervised import AccuracyRobustness, AverageAccuracyRobustness, EAOCurve
    from vot.region import Polygon, Rectangle, Special
    from vot.utilities.data import Grid

    class Sequence:
        def __init__(self, source: SimpleNamespace) -> None:
            self.size = source.size
            self.truth = [region(row) for row in source.truth.tolist()]
            self.runs = [
                SimpleNamespace(regions=lambda marks=marks: marks)
                for marks in (
                    [
                        region(row) if code == Code.TRACKED else Special(code)
                        for row, code in zip(regions.tolist(), codes.tolist(), strict=True)
                    ]
                    for regions, codes in source.runs
                )
            ]

        def __len__(self) -> int:
            return len(self.truth)

        def groundtruth(self) -> list[Any]:
            return self.truth

    def region(row: list[float]) -> Any:
        return Rectangle(*row) if len(row) == 4 else Polygon(np.reshape(row, (4, 2)).tolist())

    experiment = SimpleNamespace(gather=lambda _, sequence: sequence.runs)
    made = [Sequence(sequence) for sequence in sequences]

    def analyze() -> dict[str, float]:
        results = Grid(len(made), 1)
        for row, sequence in enumerate(made):
            results[row, 0] = AccuracyRobustness().subcompute(experiment, None, sequence, [])
        accuracy = AverageAccuracyRobustness().aggregate(None, made, results)[0]
        curve = EAOCurve().subcompute(experiment, None, made, [])[0]
        return {"accuracy": float(accuracy), "eao": float(np.mean(curve[100:357]))}

    return analyze


def timed(name: str, work: Callable[[], dict[str, float]]) -> float:
    """Prints the median time of several runs after a warm-up, and their result."""
    found = work()
    seconds = []
    for _ in range(REPEATS):
        start = perf_counter()
        work()
        seconds.append(perf_counter() - start)
    figures = "  ".join(f"{key} {value:.4f}" for key, value in found.items())
    print(f"{name:26} {median(seconds):6.2f} s  ({min(seconds):.2f} to {max(seconds):.2f})  {figures}")
    return median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--annotations", type=Path, required=True, metavar="DIR")
    parser.add_argument("--results", type=Path, required=True, metavar="ZIP")
    options = parser.parse_args()

    start = perf_counter()
    sequences = read(options.annotations, options.results)
    pairs = sum(len(codes) for sequence in sequences for _, codes in sequence.runs)
    print(f"read {len(sequences)} sequences, {pairs:,} regions in {perf_counter() - start:.2f} s")
    timed("ours, vot2017", lambda: ours(sequences, VOT2017))
    own = timed("ours, vot-toolkit", lambda: ours(sequences, VOT_TOOLKIT))
    if importlib.util.find_spec("vot") is None:
        print("vot-toolkit is not installed; the head of this file shows how to install it")
        return
    print(f"{timed('vot-toolkit 0.7.4', theirs(sequences)) / own:.1f} times as long as ours")


if __name__ == "__main__":
    main()
