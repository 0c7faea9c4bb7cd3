"""Workspaces of the real vot-toolkit: ours are analysed by it, and what it writes is imported.

    pip install '.[vot]'

The toolkit is reached through its command line, in a process of its own, with its own stack `vot2017`.
VOT2017's names and lengths stand for made-up ground truth, so that all but one test need no files.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from benchmarks.cli.main import main
from benchmarks.protocols import Code, Trajectory
from benchmarks.store import read_run

pytestmark = pytest.mark.skipif(find_spec("vot") is None, reason="vot-toolkit is not installed")

SIZE = (160, 120)
POLYGONS, BOXES = "ants1", "ants3"
LENGTHS = {POLYGONS: 325, BOXES: 579}
PROTOCOLS = {"supervised": "baseline", "realtime": "realtime", "unsupervised": "unsupervised"}

# One tracker, as a plug-in of ours and as a server that speaks TraX. Its boxes are multiples of 1/8, which
# TraX's four decimals and single precision keep.
DRIFT = """
import numpy as np
from trackers import Tracker

class Drift(Tracker):
    deterministic = True

    def init(self, frame, box):
        self.box = np.array(box)

    def update(self, frame):
        self.box = self.box + [0.5, 0.125, 0, 0]
        return self.box

def serve():
    from trax import Image, Rectangle, Region, Server, TraxStatus

    tracker = Drift()
    with Server([Region.RECTANGLE], [Image.PATH]) as server:
        while (request := server.wait()).type in (TraxStatus.INITIALIZE, TraxStatus.FRAME):
            if request.type == TraxStatus.INITIALIZE:
                box = request.objects[0][0].bounds()
                tracker.init(None, box)
            else:
                box = tracker.update(None)
            server.status([(Rectangle.create(*box), {})])

if __name__ == "__main__":
    serve()
"""


def made_up_truth(frames: int) -> NDArray[np.float64]:
    """A box that wanders about the image and breathes, in multiples of 1/8 pixel, shape (frames, 4)."""
    t = np.arange(frames) / 30
    x, y = 60 + 35 * np.sin(t), 45 + 25 * np.cos(0.7 * t)
    w, h = 30 + 6 * np.sin(1.3 * t), 24 + 4 * np.cos(t)
    return np.round(np.stack([x, y, w, h], axis=1) * 8) / 8


def slanted(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Polygons, shape (n, 8), that lean in their boxes."""
    x, y, w, h = boxes.T
    return np.stack([x, y + 3, x + w - 4, y, x + w, y + h - 3, x + 4, y + h], axis=1)


@pytest.fixture
def data_root(tmp_path: Path) -> Path:
    """Two sequences, as both we and the toolkit read them; every frame is the same grey image."""
    image = io.BytesIO()
    Image.new("RGB", SIZE, "grey").save(image, "jpeg")
    for name, frames in LENGTHS.items():
        folder = tmp_path / "data" / "vot2017" / name
        (folder / "color").mkdir(parents=True)
        for number in range(1, frames + 1):
            (folder / "color" / f"{number:08}.jpg").write_bytes(image.getvalue())
        truth = made_up_truth(frames)
        np.savetxt(folder / "groundtruth.txt", slanted(truth) if name == POLYGONS else truth, "%g", ",")
        facts = {"name": name, "width": SIZE[0], "height": SIZE[1], "length": frames}
        (folder / "sequence").write_text("".join(f"{key}={value}\n" for key, value in facts.items()))
    return tmp_path / "data"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace without results for the sequences in `data/vot2017`."""
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "drift.py").write_text(DRIFT)
    (root / "config.yaml").write_text("stack: vot2017\nregistry: [./trackers.ini]\nsequences: ../data/vot2017\n")
    checkout = Path(__file__).parents[2]
    (root / "trackers.ini").write_text(
        f"[Drift]\nlabel = Drift\nprotocol = traxpython\ncommand = drift\npaths = {root}:{checkout}\n"
        "[SiamFC]\nlabel = SiamFC\nprotocol = traxpython\ncommand = none\n"
    )
    return root


def toolkit(command: str, workspace: Path, *words: str, binary: bool = True) -> None:
    """Runs `vot COMMAND` on a workspace that lists its sequences, without a look for updates on the network."""
    sequences = workspace.parent / "data" / "vot2017"
    names = sorted(path.name for path in sequences.iterdir() if path.is_dir())
    (sequences / "list.txt").write_text("\n".join(names))
    code = "from vot.utilities import cli; cli.check_updates = lambda: (False, None); cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", code, command, "--workspace", str(workspace), *words],
        env=os.environ | {"VOT_RESULTS_BINARY": str(binary), "VOT_PERSISTENT_CACHE": "False"},
        cwd=workspace,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def sotbench(command: str, *words: Any) -> None:
    assert main([command, *map(str, words)]) == 0
