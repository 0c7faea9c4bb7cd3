"""Measures time, memory, file handles and output of the commands with long, many and large runs.

    PYTHONPATH=. python bench/scaling.py
    PYTHONPATH=. python bench/scaling.py --frames 2000 --sequences 500 --trackers 50

Writes data sets of tiny frames to a temporary folder (hard links to a few files), runs the real commands on
them, each in a separate process, and prints a line for each: seconds, peak resident memory of its largest
process, its largest number of open file handles, and the bytes that it and its workers wrote to files and
pipes. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.protocols.protocol import Trajectory
from benchmarks.store import Manifest, RunFolder, SequenceRecord, truth_digest

WIDTH, HEIGHT = 32, 24
IMAGES = 16
"""Distinct images; file systems limit the links to a file (65,000 on ext4)."""
SHORT = 3
"""Frames per sequence with many sequences."""
SCORED = 20
"""Sequences with results of each of many trackers."""
BATCH = '''
import numpy as np
from trackers.tracker import BatchTracker


class Still(BatchTracker):
    """Returns the first box for every frame, for all slots."""

    deterministic = True

    def __init__(self, slots: int = 1) -> None:
        self.boxes = np.zeros((slots, 4))

    def init(self, slots, frames, boxes) -> None:
        self.boxes[slots] = boxes

    def update(self, slots, frames):
        return self.boxes[slots]
'''


@dataclass(frozen=True)
class Cost:
    """The cost of a command."""

    seconds: float
    peak: float
    handles: int
    written: float


def make_dataset(root: Path, sequences: int, frames: int) -> Path:
    """Writes a data set of `sequences` folders of `frames` images, with a drifting target."""
    images = root.parent / "images"
    if not images.is_dir():
        images.mkdir()
        rng = np.random.default_rng(0)
        for number in range(IMAGES):
            pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(images / f"{number}.png")
    truth = "".join(f"{5 + number % 7},{4 + number % 5},12,10\n" for number in range(frames))
    for name in range(sequences):
        folder = root / f"s{name:05}"
        (folder / "img").mkdir(parents=True)
        (folder / "groundtruth.txt").write_text(truth)
        for number in range(frames):
            os.link(images / f"{(name + number) % IMAGES}.png", folder / "img" / f"{number + 1:06}.png")
    (root / "sotbench.toml").write_text("one_based = false\n")
    return root


def make_trackers(results: Path, dataset: Path, trackers: int) -> None:
    """Writes results of `trackers` trackers, each with a different error."""
    truths = {
        folder.name: np.loadtxt(folder / "groundtruth.txt", delimiter=",")
        for folder in sorted(dataset.iterdir())
        if folder.is_dir()
    }
    for number in range(trackers):
        folder = RunFolder(results, f"folder-{dataset.name}", f"tracker-{number:04}", "ope")
        manifest = Manifest(folder.dataset, None)
        for name, truth in truths.items():
            boxes = truth + np.array([10 * number / trackers, 0, 0, 0])
            files = folder.write(name, [Trajectory(boxes, np.full(len(boxes), 0.01))])
            record = SequenceRecord("ok", frames=len(boxes), truth=truth_digest(truth), runs=files)
            manifest.sequences[name] = record
        manifest.write(folder.manifest_path)


def measure(words: list[str], log: Path) -> Cost:
    """Runs a command and returns its cost.

    Raises:
        SystemExit: it fails; with its log.
    """
    begin = time.perf_counter()
    handles = 0
    with log.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-m", *words], stdout=file, stderr=file)
        entry = Path("/proc", str(process.pid))
        # Read its accounts before the process is reaped.
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            handles = max(handles, _handles(entry))
            time.sleep(0.02)
        seconds = time.perf_counter() - begin
        accounts = dict(line.split(": ") for line in (entry / "io").read_text().splitlines())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: exit status {process.returncode}\n{log.read_text()[-2000:]}")
    return Cost(seconds, usage.ru_maxrss / 1024, handles, int(accounts["wchar"]) / 1e6)


def _handles(entry: Path) -> int:
    try:
        return len(os.listdir(entry / "fd"))  # noqa: PTH208 - a fraction of the cost of Path objects
    except OSError:  # the process has just ended
        return 0


class Table:
    """Measures commands and prints a line for each.

    Args:
        folder: of data, results and reports.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        print(f"{'':44}{'seconds':>9}{'peak MB':>9}{'handles':>9}{'MB written':>12}", flush=True)

    def line(self, what: str, *words: str) -> Cost:
        """Measures one command; `what` describes it."""
        cost = measure(list(words), self.folder / "log")
        print(f"{what:44}{cost.seconds:9.1f}{cost.peak:9.0f}{cost.handles:9}{cost.written:12.2f}", flush=True)
        return cost

    def run(self, what: str, data: Path, results: str, *words: str) -> Cost:
        """Measures `run` on a data set."""
        return self.line(what, "benchmarks", "run", *self._where(data, results), *words)

    def read(self, what: str, command: str, data: Path, results: str, *words: str) -> Cost:
        """Measures a command that reads results."""
        return self.line(what, *command.split(), *self._where(data, results), *words)

    def _where(self, data: Path, results: str) -> list[str]:
        return ["--dataset", "folder", "--data-root", str(data), "--results", str(self.folder / results)]


def long(table: Table, frames: int) -> None:
    """Measures one sequence, short and long."""
    for length in (frames // 100, frames):
        data = make_dataset(table.folder / f"long{length}", 1, length)
        for tracker in ("still", "ncc"):
            table.run(f"run {tracker}, 1 sequence of {length} frames", data, "long", "--tracker", tracker)
        table.run("  the same again (it is done)", data, "long", "--tracker", "ncc")
        table.read("  score", "benchmarks score", data, "long")
        table.line("  verify", *f"benchmarks verify --dataset folder --data-root {data}".split())


def many(table: Table, sequences: int) -> None:
    """Measures few and many sequences."""
    for count in (10, sequences // 10, sequences):
        data = make_dataset(table.folder / f"many{count}", count, SHORT)
        still = ("--tracker", "still")
        table.run(f"run still, {count} sequences of {SHORT} frames", data, "many", *still)
        table.run("  the same again (it is done)", data, "many", *still)
        folder = table.folder / "many" / f"folder-{data.name}" / "still" / "ope"
        for path in sorted(folder.glob("s*.txt"))[:count]:  # two files a sequence
            path.unlink()
        table.run("  the same again, half of it removed", data, "many", *still)
        table.read("  score", "benchmarks score", data, "many")
        table.read("  score --by sequence", "benchmarks score", data, "many", "--by", "sequence")
        table.line("  verify", *f"benchmarks verify --dataset folder --data-root {data}".split())
        table.run("  run --workers 2", data, "workers", *still, "--workers", "2")
        (table.folder / "batch.py").write_text(BATCH)
        batch = ("--tracker", f"{table.folder / 'batch.py'}:Still", "--batch", "16")
        table.run("  run --batch 16", data, "batch", *batch)
        table.read("  reports.html", "reports.html", data, "many", "--out", str(table.folder / "many.html"))


def trackers(table: Table, count: int) -> None:
    """Measures few and many trackers."""
    for number in (10, count):
        data = make_dataset(table.folder / f"trackers{number}", SCORED, 50)
        results = f"results{number}"
        make_trackers(table.folder / results, data, number)
        table.read(f"score, {number} trackers on {SCORED} sequences", "benchmarks score", data, results)
        table.read("  reports.table", "reports.table", data, results)
        plots = table.folder / f"plots{number}"
        table.read("  reports.plot", "reports.plot", data, results, "--out", str(plots))
        page = table.folder / f"{number}.html"
        table.read("  reports.html", "reports.html", data, results, "--out", str(page))
        sizes = [f"{path.stem} {'x'.join(map(str, Image.open(path).size))}" for path in plots.glob("*.png")]
        print(f"    page {page.stat().st_size / 1e6:.1f} MB; plots in pixels: {', '.join(sorted(sizes))}")


def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of long sequences, many sequences, many trackers.")
    parser.add_argument("--frames", type=int, default=100_000, help="of the long sequence (0: none)")
    parser.add_argument("--sequences", type=int, default=10_000, help="of the large data set (0: none)")
    parser.add_argument("--trackers", type=int, default=1000, help="in one table (0: none)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        table = Table(Path(name))
        if args.frames:
            long(table, args.frames)
        if args.sequences:
            many(table, args.sequences)
        if args.trackers:
            trackers(table, args.trackers)


if __name__ == "__main__":
    main()
