"""Measures `benchmarks run` from JPEG files to results, in batches, by number of workers.

    PYTHONPATH=. python bench/run_batch.py --device cuda --batch 32 --workers 1 3

Writes twice as many videos as there are slots, and runs the command in a separate process, as a user does.
Prints frames per second of the whole command as JSON, including imports and construction of the tracker.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.decoding import write_videos
from benchmarks.environment import describe_environment
from trackers.devices import resolve_device


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tracker", default="siamfc")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--workers", type=int, nargs="+", default=[1])
    parser.add_argument("--frames", type=int, default=60, help="of each video, at most 60 (default: 60)")
    parser.add_argument("--width", type=int, default=640, help="of the images, in pixels (default: 640)")
    args = parser.parse_args()
    device = resolve_device(args.device)
    rows = []
    with TemporaryDirectory() as folder:
        root = Path(folder) / "videos"
        root.mkdir()
        write_videos(root, 2 * args.batch, args.frames, args.width, 90)
        for workers in args.workers:
            words = ["run", "--tracker", args.tracker, "--dataset", "folder", "--data-root", str(root)]
            words += ["--device", args.device, "--batch", str(args.batch), "--workers", str(workers)]
            words += ["--results", str(Path(folder) / f"results-{workers}")]
            begin = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks", *words], check=False, text=True, stderr=subprocess.PIPE
            )
            seconds = time.perf_counter() - begin
            if done.returncode:
                print(done.stderr, file=sys.stderr)
                return done.returncode
            frames = 2 * args.batch * args.frames
            said = done.stderr.strip().splitlines()[-1:]
            row = {"workers": workers, "frames": frames, "seconds": seconds, "said": said}
            rows.append(row | {"frames_per_second": frames / seconds})
    about = {"tracker": args.tracker, "batch": args.batch, "width": args.width, "rows": rows}
    print(json.dumps({"machine": describe_environment(device), **about}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
