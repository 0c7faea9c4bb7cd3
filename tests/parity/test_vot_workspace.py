"""Workspaces of the real vot-toolkit: it analyzes what we export, and we import what it writes.

    pip install -c constraints.txt '.[dev,vot]'

The toolkit is run as its users run it, by its command line and with its own stack `vot2017`. VOT2017's names
and lengths stand for made-up ground truth, so that only one test needs the published results.
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
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from benchmarks.cli.main import main
from benchmarks.protocols import Code, Trajectory
from benchmarks.scoring.vot_metrics import reliability
from benchmarks.store import read_run

pytestmark = pytest.mark.skipif(find_spec("vot") is None, reason="vot-toolkit is not installed")

EXPERIMENTS = {"supervised": "baseline", "realtime": "realtime", "unsupervised": "unsupervised"}
SIZE = (320, 240)
POLYGONS, BOXES = "ants1", "ants3"
LENGTHS = {POLYGONS: 325, BOXES: 579}

# Ground truth in boxes and in polygons, failures in the last frames and none, and no fragment as long as the
# 357 frames that EAO looks at.
PUBLISHED = ("ants1", "ants3", "conduction1", "fish1", "leaves", "racing")

# One tracker, as a plug-in of ours and as a program that speaks TraX. Its boxes are multiples of 1/8, which
# TraX's decimals and single precision keep.
DRIFT = """
import numpy as np
from trackers import Tracker


class Drift(Tracker):
    def init(self, frame, box):
        self.box = np.array(box)

    def update(self, frame):
        self.box = self.box + [0.25, 0.125, 0, 0]
        return self.box


if __name__ == "__main__":
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
"""

# Its command line, less the look for updates on the network.
VOT = "from vot.utilities import cli; cli.check_updates = lambda: (False, None); cli.main()"


class Place(NamedTuple):
    """Where a test's files lie."""

    data: Path
    workspace: Path
    results: Path

    def vot(self, command: str, *words: str, binary: bool = True) -> None:
        """Runs `vot COMMAND` on the workspace."""
        done = subprocess.run(
            [sys.executable, "-c", VOT, command, "--workspace", str(self.workspace), *words],
            env=os.environ | {"VOT_RESULTS_BINARY": str(binary), "VOT_PERSISTENT_CACHE": "False"},
            cwd=self.workspace,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr

    def sotbench(self, command: str, *words: Any) -> None:
        """Runs one of our commands on VOT2017 and our results."""
        common = ["--dataset", "vot2017", "--results", self.results]
        assert main([command, *map(str, [*words, *common])]) == 0

    def runs(self, tracker: str, protocol: str) -> dict[str, list[Trajectory]]:
        return read_run(self.results, "vot2017", tracker, protocol).trajectories


def open_place(root: Path, sequences: Path) -> Place:
    """Makes a workspace without results for the sequences in `sequences`."""
    place = Place(sequences.parent, root / "workspace", root / "results")
    place.workspace.mkdir()
    (place.workspace / "drift.py").write_text(DRIFT)
    (place.workspace / "config.yaml").write_text(
        f"stack: vot2017\nregistry: [./trackers.ini]\nsequences: {sequences}\n"
    )
    paths = os.pathsep.join([str(place.workspace), str(Path(__file__).parents[2])])
    (place.workspace / "trackers.ini").write_text(
        f"[Drift]\nlabel = Drift\nprotocol = traxpython\ncommand = drift\npaths = {paths}\n"
        "[SiamFC]\nlabel = SiamFC\nprotocol = trax\ncommand = none\n"
    )
    names = sorted(folder.name for folder in sequences.iterdir() if folder.is_dir())
    (sequences / "list.txt").write_text("\n".join(names))
    return place


def made_up_truth(frames: int) -> NDArray[np.float64]:
    """Boxes, shape (frames, 4), in multiples of 1/8 pixel: swings that calm down about `Drift`'s own path."""
    t = np.arange(frames)
    swing = np.maximum(1 - t / 180, 0.02)
    x, y = 70 + t / 4 + 60 * swing * np.sin(t / 9), 60 + t / 8 + 40 * swing * np.cos(t / 7)
    w, h = 30 + 6 * np.sin(t / 23), 24 + 4 * np.cos(t / 31)
    return np.round(np.stack([x, y, w, h], axis=1) * 8) / 8


def slanted(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Polygons, shape (n, 8), that lean in their boxes."""
    x, y, w, h = boxes.T
    return np.stack([x, y + 3, x + w - 4, y, x + w, y + h - 3, x + 4, y + h], axis=1)


@pytest.fixture(scope="module")
def sequences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sequences, as both we and the toolkit read them; every frame is the same gray image."""
    root: Path = tmp_path_factory.mktemp("data") / "vot2017"
    image = io.BytesIO()
    Image.new("RGB", SIZE, "gray").save(image, "jpeg")
    for name, frames in LENGTHS.items():
        (root / name / "color").mkdir(parents=True)
        for number in range(1, frames + 1):
            (root / name / "color" / f"{number:08}.jpg").write_bytes(image.getvalue())
        truth = made_up_truth(frames)
        np.savetxt(root / name / "groundtruth.txt", slanted(truth) if name == POLYGONS else truth, "%g", ",")
        (root / name / "sequence").write_text(f"width={SIZE[0]}\nheight={SIZE[1]}\nlength={frames}\n")
    return root


def analysis(place: Place, tracker: str) -> dict[str, dict[str, float]]:
    """The toolkit's scores by our names of protocols and metrics."""
    place.vot("analysis", tracker, "--name", "figures")
    results = json.loads((place.workspace / "analysis" / "figures.json").read_text())["results"]
    metric_values = {}
    for protocol in ("supervised", "realtime"):
        [[accuracy, _, [reliable, _], _]], [[failures]], [[eao]], _ = results[EXPERIMENTS[protocol]][
            "results"
        ]
        metric_values[protocol] = {
            "accuracy": accuracy,
            "reliability": reliable,
            "failures": failures,
            "eao": eao,
        }
    [[[overlap]]] = results["unsupervised"]["results"]
    return metric_values | {"unsupervised": {"ao": overlap}}


def scores(place: Place, tracker: str, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, float]]:
    """Ours, as `analysis` gives the toolkit's."""
    metric_values = {}
    for protocol in EXPERIMENTS:
        capsys.readouterr()
        words = ["--tracker", tracker, "--protocol", protocol, "--data-root", place.data]
        place.sotbench("score", *words, "--profile", "vot-toolkit", "--format", "json")
        [record] = json.loads(capsys.readouterr().out)
        if protocol == "unsupervised":
            metric_values[protocol] = {"ao": record["ao"]}
        else:
            metric_values[protocol] = {name: record[name] for name in ("accuracy", "failures", "eao")}
            metric_values[protocol]["reliability"] = reliability(record["robustness"])
    return metric_values


def export(place: Place, tracker: str) -> None:
    """Puts our runs into the workspace."""
    for protocol in EXPERIMENTS:
        out = place.results.parent / f"export-{protocol}"
        place.sotbench("export", "--to", "vot", "--tracker", tracker, "--protocol", protocol, out)
        shutil.copytree(out, place.workspace / "results", dirs_exist_ok=True)


def assert_alike(ours: dict[str, dict[str, float]], theirs: dict[str, dict[str, float]]) -> None:
    assert theirs["supervised"]["failures"] > 1
    for protocol, metric_values in theirs.items():
        assert ours[protocol] == pytest.approx(metric_values, abs=1e-6), protocol


def test_toolkit_scores_our_runs_the_same(sequences, tmp_path, capsys):
    place = open_place(tmp_path, sequences)
    for protocol in EXPERIMENTS:
        tracker = f"{place.workspace / 'drift.py'}:Drift"
        words = ["--tracker", tracker, "--protocol", protocol, "--data-root", place.data]
        place.sotbench("run", *words, "--repeat", "2" if protocol == "supervised" else "1", "--device", "cpu")
    export(place, "Drift")
    assert_alike(scores(place, "Drift", capsys), analysis(place, "Drift"))


@pytest.mark.shared
def test_toolkit_scores_published_runs_the_same(shared, tmp_path, capsys):
    for name in PUBLISHED:
        shutil.copytree(shared / "annotations" / "vot2017" / name, tmp_path / "data" / "vot2017" / name)
    place = open_place(tmp_path, tmp_path / "data" / "vot2017")
    published = shared / "golden" / "vot2017" / "SiamFC.vot.zip"
    for protocol in EXPERIMENTS:
        words = ["--tracker", "SiamFC", "--protocol", protocol, "--data-root", place.data]
        place.sotbench("import", published, "--from", "vot", *words)
    export(place, "SiamFC")
    assert_alike(scores(place, "SiamFC", capsys), analysis(place, "SiamFC"))


@pytest.fixture(scope="module", params=["binary", "text"])
def evaluated(request, sequences, tmp_path_factory) -> Place:
    """A workspace in which the toolkit itself has run the tracker."""
    place = open_place(tmp_path_factory.mktemp("evaluated"), sequences)
    place.vot("evaluate", "Drift", binary=request.param == "binary")
    suffixes = {path.suffix for path in place.workspace.glob("results/Drift/*/*/*_001.*")}
    assert suffixes == {".bin" if request.param == "binary" else ".txt"}
    for protocol in EXPERIMENTS:
        words = ["--tracker", "imported", "--protocol", protocol, "--data-root", place.data]
        place.sotbench("import", place.workspace / "results" / "Drift", "--from", "vot", *words)
    return place


def as_arrays(regions: list[Any]) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """The toolkit's regions as boxes, shape (n, 4), and codes, shape (n,)."""
    from vot.region import Special

    nothing = (np.nan,) * 4
    boxes = [nothing if isinstance(r, Special) else (r.x, r.y, r.width, r.height) for r in regions]
    codes = [r.code if isinstance(r, Special) else Code.TRACKED for r in regions]
    return np.array(boxes), np.array(codes, dtype=np.int8)


@pytest.mark.parametrize("protocol", EXPERIMENTS)
def test_toolkit_results_are_imported(evaluated, protocol):
    from vot.region.io import read_trajectory

    runs = evaluated.runs("imported", protocol)
    assert list(runs) == list(LENGTHS)
    for name, trajectories in runs.items():
        folder = evaluated.workspace / "results" / "Drift" / EXPERIMENTS[protocol] / name
        files = sorted([*folder.glob("*.bin"), *folder.glob("*.txt")])
        for run, file in zip(trajectories, files, strict=True):
            boxes, codes = as_arrays(read_trajectory(str(file)))
            # Where no frame has a code but the first, the import puts the ground truth there instead.
            first = 0 if run.codes is not None else 1
            np.testing.assert_array_equal(run.boxes[first:], boxes[first:])
            if run.codes is not None:
                np.testing.assert_array_equal(run.codes, codes)
            times = file.with_name(f"{file.stem}_time.value").read_text().splitlines()
            seconds = [float(line) if line else np.nan for line in times]
            np.testing.assert_array_equal(run.seconds, seconds)
            assert np.isfinite(seconds).sum() == (codes != Code.SKIPPED).sum()


def test_text_and_binary_are_read_as_by_the_toolkit(sequences, tmp_path):
    from vot.region import Rectangle
    from vot.region.io import write_trajectory
    from vot.tracker.results import Results, Trajectory
    from vot.workspace.storage import LocalStorage

    place = open_place(tmp_path, sequences)
    stem = f"T/unsupervised/{BOXES}/{BOXES}_001"
    (tmp_path / stem).parent.mkdir(parents=True)
    for x, suffix in enumerate([".bin", ".txt"]):
        write_trajectory(str(tmp_path / (stem + suffix)), [Rectangle(x, 0, 9, 9)] * LENGTHS[BOXES])
    words = ["--tracker", "T", "--protocol", "unsupervised", "--data-root", place.data, "--zero-based"]
    place.sotbench("import", tmp_path / "T", "--from", "vot", *words)
    [run] = place.runs("T", "unsupervised")[BOXES]
    theirs = Trajectory.read(Results(LocalStorage(str(tmp_path))), stem)
    np.testing.assert_array_equal(run.boxes, as_arrays(theirs.regions())[0])


def test_imported_runs_score_as_in_the_toolkit(evaluated, capsys):
    assert_alike(scores(evaluated, "imported", capsys), analysis(evaluated, "Drift"))


@pytest.mark.parametrize("protocol", ["supervised", "unsupervised"])
def test_protocols_make_the_toolkits_runs(evaluated, protocol):
    tracker = f"{evaluated.workspace / 'drift.py'}:Drift"
    # Of polygons the two start a tracker with different boxes.
    words = ["--tracker", tracker, "--protocol", protocol, "--sequences", BOXES, "--device", "cpu"]
    evaluated.sotbench("run", *words, "--repeat", "1", "--data-root", evaluated.data)
    [ours] = evaluated.runs("Drift", protocol)[BOXES]
    theirs = evaluated.runs("imported", protocol)[BOXES][0]
    np.testing.assert_array_equal(ours.boxes[1:], theirs.boxes[1:])
    if protocol == "supervised":
        np.testing.assert_array_equal(ours.codes, theirs.codes)
