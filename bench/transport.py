"""Measures the cost per frame of passing frames to a tracker, for each kind of plug-in.

    PYTHONPATH=. python bench/transport.py --frames 500

Trackers that do nothing get decoded frames of 640 x 480, so that all the time from call to return is
transport. The kinds take turns frame by frame, so that other load affects all of them. Kinds that need
something that is not installed (g++, vot-trax) are skipped.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from trackers import TrackerSpec
from trackers.external.protocols.remote import RemoteTracker
from trackers.tracker import Tracker

FOREIGN = """
class Got10k:
    def init(self, image, box): self.box = box
    def update(self, image): return self.box
class Pysot:
    def init(self, image, box): self.box = box
    def track(self, image): return {"bbox": self.box}
class Pytracking:
    def initialize(self, image, info): self.box = info["init_bbox"]
    def track(self, image): return {"target_bbox": self.box}
"""

CPP = r"""
#include <fstream>
#include <iostream>
#include <string>
#include <vector>
int main() {
    std::cout << "{\"ready\": 1}" << std::endl;
    std::vector<char> bytes(640 * 480 * 3 + 15);
    for (std::string line; std::getline(std::cin, line);) {
        const auto begin = line.find(": \"") + 3;
        std::ifstream(line.substr(begin, line.find('"', begin) - begin), std::ios::binary)
            .read(bytes.data(), bytes.size());
        std::cout << "{\"box\": [1, 2, 3, 4]}" << std::endl;
    }
}
"""

LIBRARY = """
from trax import Image, Region, Server, TraxStatus
with Server([Region.RECTANGLE], [Image.PATH]) as server:
    while (request := server.wait()).type in (TraxStatus.INITIALIZE, TraxStatus.FRAME):
        if request.type == TraxStatus.INITIALIZE: objects = request.objects
        server.status(objects)
"""


def ways(folder: Path) -> dict[str, str]:
    """Returns the kinds of plug-ins on this machine: arguments of `--tracker`, with a star for isolation."""
    (folder / "foreign.py").write_text(FOREIGN)
    (folder / "library.py").write_text(LIBRARY)
    (folder / "nothing.cpp").write_text(CPP)
    examples = Path(__file__).parents[1] / "examples"
    server = f"{sys.executable} -m trackers.serving.trax"
    found = {
        "ours, in this process": "still",
        "got10k's methods": f"{folder}/foreign.py:Got10k",
        "pysot's methods (BGR)": f"{folder}/foreign.py:Pysot",
        "pytracking's methods": f"{folder}/foreign.py:Pytracking",
        "ours, --isolate": "*still",
        "process, a shell (reads no pixel)": f"process:sh {examples}/still.sh",
        "TraX, our server (reads the pixels)": f"trax:{server} --tracker still",
    }
    if compiler := shutil.which("g++"):
        subprocess.run([compiler, "-O2", "-o", folder / "nothing", folder / "nothing.cpp"], check=True)
        found["process, C++ (reads the pixels)"] = f"process:{folder}/nothing"
    if find_spec("trax"):
        found["TraX, vot-trax's server (reads no pixel)"] = f"trax:{sys.executable} {folder}/library.py"
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of bringing frames to a tracker.")
    parser.add_argument("--frames", type=int, default=500)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (480, 640, 3), dtype=np.uint8) for _ in range(4)]
    box = np.array([100.0, 100, 60, 40])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trackers: dict[str, Tracker] = {
            what: TrackerSpec(tracker.lstrip("*"), isolate=tracker.startswith("*")).build()
            for what, tracker in ways(folder).items()
        }
        seconds: dict[str, list[float]] = {what: [] for what in trackers}
        for number in range(arguments.frames):
            frame = frames[number % len(frames)]
            for what, tracker in trackers.items():
                if number == 0:
                    tracker.init(frame, box)
                    continue
                begin = time.perf_counter()
                tracker.update(frame)
                elapsed = time.perf_counter() - begin
                # A program that reports no seconds did nothing: all of the time is transport.
                own = (
                    0.0
                    if what.startswith("process") or "vot-trax" in what
                    else getattr(tracker, "own_seconds", 0.0)
                )
                seconds[what].append(elapsed - (own or 0.0))
        for tracker in trackers.values():
            if isinstance(tracker, RemoteTracker):
                tracker.dispose()
    print(f"{'milliseconds per frame of 640 x 480':44}{'median':>8}{'10 %':>8}{'90 %':>8}")
    for what, values in seconds.items():
        low, middle, high = 1000 * np.percentile(values, [10, 50, 90])
        print(f"{what:44}{middle:8.2f}{low:8.2f}{high:8.2f}")


if __name__ == "__main__":
    main()
