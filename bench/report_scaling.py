"""Measures time and memory of scoring and reporting with many trackers and long data sets.

    PYTHONPATH=. python bench/report_scaling.py            # 100, 200 and 500 trackers, LaSOT
    PYTHONPATH=. python bench/report_scaling.py --trackers 100 --lasot 0

Writes random results of many trackers on sequences as long as OTB2015's, and of two on sequences as long as
LaSOT's 1,400, to a temporary folder. Runs each command on them in a separate process, as a user does, and
prints wall-clock and processor seconds, peak resident memory of its largest process, and the size of its
output. `--against DIR` also runs each command in another checkout, right after, so that other load affects
both. `--keep DIR` keeps the files.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.box_text import format_rows
from benchmarks.datasets.disk_dataset import read_metadata
from benchmarks.geometry.pixel_origin import to_zero_based
from benchmarks.store import Manifest, RunFolder, SequenceRecord, truth_digest
from benchmarks.store.digests import digest
from benchmarks.store.manifest import RunFiles


def walk(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Returns a target's boxes (frames, 4), integers, 1-based."""
    boxes = np.tile([300.0, 200.0, 60.0, 45.0], (frames, 1))
    boxes[:, :2] += np.cumsum(rng.normal(0, 2, (frames, 2)), axis=0) % 200
    return np.rint(boxes)


def make_otb(root: Path) -> dict[str, np.ndarray]:
    """Writes ground truth for every target of OTB2015; returns the rows that count, 0-based."""
    rng, truths = np.random.default_rng(0), {}
    for row in read_metadata("otb2015.csv"):
        starts, first, last = (int(row[key]) for key in ("truth_starts", "first", "last"))
        boxes = walk(rng, last - starts + 1)
        path = root / "otb2015" / row["folder"] / row["truth"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(format_rows(boxes))
        truths[row["name"]] = to_zero_based(boxes[first - starts :])
    return truths


def make_lasot(root: Path, most: int) -> dict[str, np.ndarray]:
    """Writes ground truth for `most` of LaSOT's 1,400 sequences; returns it 0-based."""
    rng, truths = np.random.default_rng(0), {}
    for row in read_metadata("lasot.csv")[:most]:
        frames = int(row["frames"])
        boxes = walk(rng, frames)
        folder = root / "lasot" / row["name"].rpartition("-")[0] / row["name"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "groundtruth.txt").write_text(format_rows(boxes))
        for name in ("full_occlusion", "out_of_view"):
            (folder / f"{name}.txt").write_text(",".join(["0"] * frames) + "\n")
        truths[row["name"]] = to_zero_based(boxes)
    return truths


def make_results(results: Path, dataset: str, truths: dict[str, np.ndarray], trackers: range) -> None:
    """Writes results, as a run does, of trackers that are better on some sequences than on others."""
    digests = {name: truth_digest(truth) for name, truth in truths.items()}
    for number in trackers:
        rng = np.random.default_rng(number)
        folder = RunFolder(results, dataset, f"tracker-{number:04}", "ope")
        if folder.manifest_path.exists():
            continue
        folder.path.mkdir(parents=True)
        manifest = Manifest(dataset, None)
        for name, truth in truths.items():
            error = rng.gamma(2, 6) * rng.normal(0, 1, truth.shape)
            boxes = np.maximum(truth + np.round(error, 3), 1)
            regions, times = format_rows(boxes).encode(), b"0.0123456789\n" * len(boxes)
            # Unlike a run's files, these need no fsync.
            (folder.path / f"{name}.txt").write_bytes(regions)
            (folder.path / f"{name}.time.txt").write_bytes(times)
            files = RunFiles(digest(regions), digest(times))
            manifest.sequences[name] = SequenceRecord(
                "ok", frames=len(boxes), truth=digests[name], runs=(files,)
            )
        manifest.write(folder.manifest_path)


def measured(words: list[str], checkout: Path, log: Path) -> str:
    """Runs a command; returns its cost, or its error, as text."""
    begin = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], stdout=file, stderr=file, cwd=checkout, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        return f"status {process.returncode}: {log.read_text()[-110:].strip()}"
    seconds, spent = time.perf_counter() - begin, usage.ru_utime + usage.ru_stime
    return f"{seconds:8.1f} s {spent:8.1f} s of processors {usage.ru_maxrss / 1024:8.0f} MB"


def written(out: Path | None) -> str:
    """Returns the size of a command's output, as text."""
    if out is None or not out.exists():
        return ""
    files = [out] if out.is_file() else list(out.iterdir())
    return f"{sum(file.stat().st_size for file in files) / 1e6:8.1f} MB written"


def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of many trackers and of LaSOT.")
    parser.add_argument(
        "--trackers", type=int, nargs="*", default=[100, 200, 500], help="(default: 100 200 500)"
    )
    parser.add_argument("--lasot", type=int, default=1400, metavar="N", help="sequences of LaSOT (0: none)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="make the files there, or use those there")
    parser.add_argument(
        "--only", nargs="+", metavar="C", help="these commands alone: score, compare, html, table, plot"
    )
    parser.add_argument("--against", type=Path, metavar="DIR", help="another checkout, measured in turn")
    args = parser.parse_args()
    checkouts = [Path(__file__).resolve().parents[1]]
    checkouts += [args.against.resolve()] if args.against else []
    with tempfile.TemporaryDirectory() as temporary:
        root = (args.keep or Path(temporary)).resolve()
        root.mkdir(parents=True, exist_ok=True)
        truths = make_otb(root)
        for count in args.trackers:
            results = root / f"results{count}"
            make_results(results, "otb2015", truths, range(count))
            where = ["--dataset", "otb2015", "--data-root", str(root), "--results", str(results)]
            every(root, f"{count} trackers, {len(truths)} sequences", where, args.only, checkouts)
        if args.lasot:
            truths = make_lasot(root, args.lasot)
            make_results(root / "lasot-results", "lasot", truths, range(2))
            where = ["--dataset", "lasot", "--split", "all", "--data-root", str(root)]
            where += ["--results", str(root / "lasot-results")]
            every(root, f"2 trackers, {len(truths)} sequences of LaSOT", where, args.only, checkouts)


def every(root: Path, what: str, where: list[str], only: list[str] | None, checkouts: list[Path]) -> None:
    """Measures each command on the same results."""
    results = Path(where[where.index("--results") + 1])
    names = sorted(path.name for path in next(path for path in results.iterdir()).iterdir())
    commands: dict[str, tuple[list[str], Path | None]] = {
        "score": (["benchmarks", "score", "--format", "json"], None),
        "compare": (["benchmarks", "compare", *names, "--format", "json"], None),
        "html": (["reports.html"], root / "page.html"),
        "table": (["reports.table"], root / "tables"),
        "plot": (["reports.plot"], root / "plots"),
    }
    for name, (words, out) in commands.items():
        for checkout in checkouts if only is None or name in only else []:
            told = measured([*words, *where, *(["--out", str(out)] if out else [])], checkout, root / "log")
            print(f"{what}: {name:8} {checkout.name:12} {told} {written(out)}", flush=True)


if __name__ == "__main__":
    main()
