"""Measures the overhead of running: our runner and other projects' loops with a tracker that does nothing.

    PYTHONPATH=. python bench/runner.py                      # with got10k, if it is installed
    PYTHONPATH=. python bench/runner.py --pysot ../pysot     # with pysot too, a checkout of STVIR/pysot
    PYTHONPATH=. python bench/runner.py --memory             # peak memory of runs of several sizes

Frames are in memory, so that nothing is decoded. The rest is as in use: ours is `benchmarks.running.run`,
which plans, seeds, prefetches frames in threads, checks boxes, shows progress, and writes boxes, times and
manifest; got10k's is `ExperimentOTB.run`; pysot's is `tools/test.py` with its network, tracker and data set
replaced. README.md explains the output.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import resource
import runpy
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from benchmarks.datasets import Dataset, Frames, Sequence
from benchmarks.running import RunSettings, run
from trackers.catalog import TrackerSpec
from trackers.tracker import Frame

BOX = np.array([10.0, 12.0, 20.0, 16.0])
AIM = 0.15
"""Milliseconds per frame."""
SHORT = 2
"""Frames per sequence to measure the cost per sequence."""
SIZES = ((10, 500), (10, 5000), (100, 500))
"""Numbers of sequences and of frames in each, to compare the memory of runs."""


class SameFrame(Frames):
    """Frames in memory; `fresh` ones are allocated on each access, so that keeping them shows."""

    def __init__(self, length: int, fresh: bool) -> None:
        self.length, self.fresh = length, fresh
        self.pixels = np.zeros((64, 64, 3), np.uint8)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Frame:
        return self.pixels + np.uint8(1) if self.fresh else self.pixels

    def fingerprint(self) -> str:
        return "the same"


class Made(Dataset):
    """A data set without files."""

    name = title = "made"

    def __init__(self, sequences: int, length: int, fresh: bool = False) -> None:
        self.all_names = tuple(f"s{number}" for number in range(sequences))
        self.length, self.fresh = length, fresh

    def names(self) -> tuple[str, ...]:
        return self.all_names

    def __getitem__(self, name: str) -> Sequence:
        truth = np.tile(BOX, (self.length, 1))
        return Sequence(name, truth, (), lambda: SameFrame(self.length, self.fresh), size=(64, 64))


Loop: TypeAlias = Callable[[Made, Path], None]
"""Runs over a data set and writes results to a folder."""


def ours(dataset: Made, results: Path) -> None:
    run(RunSettings(TrackerSpec("still"), "still", results), dataset, dataset.names())


def ours_on_a_terminal(dataset: Made, results: Path) -> None:
    """Runs with a terminal's progress bar, whose output is discarded."""
    os.environ["FORCE_COLOR"] = "1"
    try:
        ours(dataset, results)
    finally:
        del os.environ["FORCE_COLOR"]


def got10k_loop() -> Loop:
    """Returns got10k's experiment with frames in memory."""
    import got10k.trackers
    from got10k.experiments import ExperimentOTB

    class Opened:
        mode = "RGB"

    class Still(got10k.trackers.Tracker):
        def __init__(self) -> None:
            super().__init__("still", is_deterministic=True)

        def init(self, image: object, box: object) -> None:  # noqa: ARG002
            self.box = box

        def update(self, image: object) -> object:  # noqa: ARG002
            return self.box

    class Experiment(ExperimentOTB):
        def __init__(self, dataset: Any, results: str) -> None:
            self.dataset, self.result_dir = dataset, results

    opened = Opened()
    got10k.trackers.Image = types.SimpleNamespace(open=lambda _: opened)

    class Pairs:
        def __init__(self, made: Made) -> None:
            self.seq_names, self.length = made.names(), made.length

        def __len__(self) -> int:
            return len(self.seq_names)

        def __iter__(self) -> Iterator[tuple[list[str], np.ndarray]]:
            for _ in self.seq_names:
                yield ["frame"] * self.length, np.tile(BOX, (self.length, 1))

    return lambda dataset, results: Experiment(Pairs(dataset), str(results)).run(Still())


class Video:
    """A sequence as pysot iterates over it."""

    def __init__(self, name: str, length: int) -> None:
        self.name, self.length = name, length
        self.pixels = np.zeros((64, 64, 3), np.uint8)

    def __iter__(self) -> Iterator[tuple[Frame, list[float]]]:
        for _ in range(self.length):
            yield self.pixels, BOX.tolist()


class PysotStill:
    """A tracker with pysot's methods."""

    def init(self, image: Frame, box: list[float]) -> None:  # noqa: ARG002
        self.box = box

    def track(self, image: Frame) -> dict[str, Any]:  # noqa: ARG002
        return {"bbox": self.box, "best_score": 1.0}


def pysot_loop(checkout: Path) -> Loop:
    """Returns pysot's script with stubs for its imports of pysot and without windows."""
    import cv2

    script = checkout / "tools" / "test.py"
    if not script.is_file():
        raise SystemExit(f"{script} does not exist; give --pysot a checkout of STVIR/pysot")
    videos: list[Video] = []
    model = types.SimpleNamespace(cuda=lambda: model, eval=lambda: model)
    config = types.SimpleNamespace(merge_from_file=str, MASK=types.SimpleNamespace(MASK=False))
    factory = types.SimpleNamespace(create_dataset=lambda **_: videos)
    stands_in: dict[str, dict[str, Any]] = {
        "pysot": {},
        "pysot.core": {},
        "pysot.core.config": {"cfg": config},
        "pysot.models": {},
        "pysot.models.model_builder": {"ModelBuilder": lambda: model},
        "pysot.tracker": {},
        "pysot.tracker.tracker_builder": {"build_tracker": lambda _: PysotStill()},
        "pysot.utils": {},
        "pysot.utils.bbox": {"get_axis_aligned_bbox": lambda box: tuple(box)},
        "pysot.utils.model_load": {"load_pretrain": lambda model, _: model},
        "toolkit": {},
        "toolkit.datasets": {"DatasetFactory": factory},
        "toolkit.utils": {},
        "toolkit.utils.region": {"vot_overlap": None, "vot_float2str": None},
    }
    for name, attributes in stands_in.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(attributes)
    cv2.destroyAllWindows = lambda: None

    def loop(dataset: Made, results: Path) -> None:
        videos[:] = [Video(name, dataset.length) for name in dataset.names()]
        words, sys.argv = sys.argv, ["test.py", "--dataset", "OTB100", "--snapshot", "none"]
        try:
            with contextlib.chdir(results):
                runpy.run_path(str(script), run_name="__main__")
        finally:
            sys.argv = words

    return loop


def quietly(loop: Loop, dataset: Made) -> float:
    """Returns the seconds of a loop, with its output and results discarded."""
    with (
        tempfile.TemporaryDirectory() as results,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        start = time.perf_counter()
        loop(dataset, Path(results))
        return time.perf_counter() - start


def interleaved(loops: list[Loop], datasets: list[Made], rounds: int) -> np.ndarray:
    """Returns seconds (rounds, loops, datasets) of runs in turn; each round starts with another loop."""
    seconds = np.empty((rounds, len(loops), len(datasets)))
    for loop in loops:
        quietly(loop, datasets[0])  # imports and first files
    for turn in range(rounds):
        for step in range(len(loops)):
            place = (turn + step) % len(loops)
            for which, dataset in enumerate(datasets):
                seconds[turn, place, which] = quietly(loops[place], dataset)
    return seconds


def speed(loops: dict[str, Loop], sequences: int, length: int, rounds: int) -> None:
    """Prints the cost per frame, from long and short runs, and the cost per sequence."""
    seconds = interleaved(list(loops.values()), [Made(sequences, SHORT), Made(sequences, length)], rounds)
    per_frame = 1000 * (seconds[..., 1] - seconds[..., 0]) / (sequences * (length - SHORT))
    per_sequence = 1000 * seconds[..., 0] / sequences
    print(f"{sequences} sequences of {length} frames, {rounds} rounds; load average {os.getloadavg()[0]:.1f}")
    print(f"{'':22}{'ms per frame':>24}{'ms per sequence':>20}{'ours / this, per frame':>25}")
    for place, name in enumerate(loops):
        print(
            f"{name:22}{quartiles(per_frame[:, place], 4):>24}{quartiles(per_sequence[:, place], 1):>20}"
            f"{quartiles(per_frame[:, 0] / per_frame[:, place], 2):>25}"
        )
    median = np.median(per_frame[:, 0])
    print(f"aim: below {AIM} ms per frame; {'met' if median < AIM else 'missed'}")


def quartiles(values: np.ndarray, digits: int) -> str:
    low, middle, high = np.percentile(values, [25, 50, 75])
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def memory() -> None:
    """Prints a process's peak memory for each size, with fresh frames."""
    print(f"{'sequences':>10}{'frames of each':>16}{'peak MB':>10}{'times the first':>17}")
    first = None
    for sequences, length in SIZES:
        words = [sys.executable, __file__, "--peak", str(sequences), str(length)]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        peak = float(done.stdout)
        first = first or peak
        print(f"{sequences:10}{length:16}{peak:10.1f}{peak / first:17.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="The overhead of running a tracker.")
    parser.add_argument("--sequences", type=int, default=10)
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--pysot", type=Path, metavar="DIR", help="a checkout of STVIR/pysot")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--peak", type=int, nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peak:
        quietly(ours, Made(*args.peak, fresh=True))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    if args.memory:
        memory()
        return
    loops: dict[str, Loop] = {"ours": ours, "ours, on a terminal": ours_on_a_terminal}
    try:
        loops["got10k"] = got10k_loop()
    except ImportError as error:
        print(f"got10k is skipped: {error}")
    if args.pysot:
        loops["pysot"] = pysot_loop(args.pysot.resolve())
    speed(loops, args.sequences, args.frames, args.rounds)


if __name__ == "__main__":
    main()
