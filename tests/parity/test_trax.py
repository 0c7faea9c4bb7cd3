"""TraX against the field's own code: vot-trax's library as server and as client, and vot-toolkit.

pip install -c constraints.txt '.[dev,vot]'
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.cli.main import main
from benchmarks.store import read_run

pytestmark = pytest.mark.skipif(find_spec("trax") is None, reason="vot-trax is not installed")

ROOT = Path(__file__).parents[2]

# A server of the library that moves its target by a quarter of a pixel per frame and checks what it gets.
LIBRARY = """
import sys
from trax import Image, Polygon, Rectangle, Region, Server, TraxStatus
kind, form = sys.argv[1:]
regions = [Region.POLYGON if kind == "polygon" else Region.RECTANGLE]
with Server(regions, [getattr(Image, form)]) as server:
    print("ready to serve", flush=True)
    while (request := server.wait()).type in (TraxStatus.INITIALIZE, TraxStatus.FRAME):
        image = request.image["color"]
        if form == "MEMORY": assert image.array().shape == (64, 64, 3), image.array().shape
        elif form == "PATH": assert open(image.path(), "rb").read(2) == b"P6"
        if request.type == TraxStatus.INITIALIZE:
            region = request.objects[0][0]
            assert (region.type == Region.POLYGON) == (kind == "polygon")
            if kind == "polygon":
                (x, y), _, (right, bottom), _ = list(region)
                box = [x, y, right - x, bottom - y]
            else: box = list(region.bounds())
        else: box[0] += 0.25
        x, y, w, h = box
        if kind == "polygon": answer = Polygon.create([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
        else: answer = Rectangle.create(*box)
        server.status([(answer, {})])
"""


@pytest.mark.parametrize("kind", ["rectangle", "polygon"])
@pytest.mark.parametrize("form", ["PATH", "MEMORY", "BUFFER"])
def test_we_drive_the_librarys_server(squares: Any, tmp_path: Path, kind: str, form: str) -> None:
    (tmp_path / "server.py").write_text(LIBRARY)
    tracker = f"trax:{sys.executable} {tmp_path}/server.py {kind} {form}"
    assert main(["run", "--tracker", tracker, "--dataset", "squares", "--results", str(tmp_path)]) == 0
    runs = read_run(tmp_path, "squares", "server").trajectories
    for name in squares.names():
        truth = squares[name].truth
        expected = truth[0] + np.outer(np.arange(len(truth)), [0.25, 0, 0, 0])
        np.testing.assert_allclose(runs[name][0].boxes, expected, atol=1e-3)


def test_library_client_drives_our_server(squares: Any, tmp_path: Path) -> None:
    from trax import Image as TraxImage
    from trax.client import Client
    from trax.image import FileImage, MemoryImage
    from trax.region import Polygon, Rectangle

    sequence = squares["right"]
    frames = sequence.open_frames()
    paths = []
    for number in range(len(frames)):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(frames[number]).save(paths[-1])
    command = [sys.executable, "-m", "trackers.serving.trax", "--tracker", "ncc"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)}
    ) as process:
        assert process.stdin
        assert process.stdout
        client = Client(stream=(process.stdin.fileno(), process.stdout.fileno()), log=lambda fragment: None)
        assert client.tracker_name == "ncc"
        assert TraxImage.MEMORY in client.image_formats
        x, y, w, h = sequence.truth[0]
        corners = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
        for region in (Rectangle.create(x, y, w, h), Polygon.create(corners)):
            client.initialize({"color": FileImage.create(str(paths[0]))}, [(region, {})], {})
            for number in range(1, len(frames)):
                image = (
                    FileImage.create(str(paths[number]))
                    if number % 2
                    else MemoryImage.create(np.ascontiguousarray(frames[number]))
                )
                [(answer, _)], _ = client.frame({"color": image}, {}, [])
                center = np.array(answer.bounds()[:2]) + np.array(answer.bounds()[2:]) / 2
                truth = sequence.truth[number]
                assert np.abs(center - (truth[:2] + truth[2:] / 2)).max() <= 1
        client.quit()
        assert process.wait(10) == 0


# vot-toolkit's command line, less the look for updates on the network.
VOT = "from vot.utilities import cli; cli.check_updates = lambda: (False, None); cli.main()"
SEQUENCES = {"ants1": 325, "ants3": 579}


def vot(workspace: Path, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", VOT, *words],
        env=os.environ | {"VOT_PERSISTENT_CACHE": "False"},
        cwd=workspace,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace of vot-toolkit, beside a data root of ours with two sequences of VOT2017's lengths."""
    pytest.importorskip("vot")
    root = tmp_path / "vot2017"
    rng = np.random.default_rng(0)
    ground = rng.integers(0, 90, (72, 96, 3), dtype=np.uint8)
    target = rng.integers(128, 256, (16, 20, 3), dtype=np.uint8)
    for name, length in SEQUENCES.items():
        (root / name / "color").mkdir(parents=True)
        time = np.arange(length)
        x, y = np.rint(38 + 36 * np.sin(time / 20)), np.rint(28 + 26 * np.cos(time / 13))
        for number, (left, top) in enumerate(zip(x.astype(int), y.astype(int), strict=True), 1):
            frame = ground.copy()
            frame[top : top + 16, left : left + 20] = target
            Image.fromarray(frame).save(root / name / "color" / f"{number:08}.jpg", quality=90)
        truth = np.stack([x, y, np.full(length, 20), np.full(length, 16)], axis=1)
        np.savetxt(root / name / "groundtruth.txt", truth, "%g", ",")
        (root / name / "sequence").write_text(f"width=96\nheight=72\nlength={length}\n")
    (root / "list.txt").write_text("\n".join(SEQUENCES))
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "config.yaml").write_text(f"stack: vot2017\nregistry: [./trackers.ini]\nsequences: {root}\n")
    (workspace / "trackers.ini").write_text(
        "[ncc]\nlabel = ncc\nprotocol = trax\n"
        f"command = {sys.executable} -m trackers.serving.trax --tracker ncc\nenv_PYTHONPATH = {ROOT}\n"
    )
    return workspace


def test_vot_toolkit_evaluates_our_tracker(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ("--workspace", str(workspace))
    vot(workspace, "--registry", "trackers.ini", "test", "ncc")
    vot(workspace, "evaluate", *place, "ncc")
    vot(workspace, "analysis", *place, "ncc", "--name", "figures")
    metric_values = json.loads((workspace / "analysis" / "figures.json").read_text())["results"]
    [[[overlap]]] = metric_values["unsupervised"]["results"]

    data, results = str(workspace.parent), str(workspace.parent / "results")
    common = ["--dataset", "vot2017", "--results", results]
    stored = str(workspace / "results" / "ncc")
    words = ["--from", "vot", "--tracker", "theirs", "--protocol", "unsupervised", "--data-root", data]
    assert main(["import", stored, *words, *common]) == 0
    ours = ["run", "--tracker", "ncc", "--protocol", "unsupervised", "--data-root", data, *common]
    assert main(ours) == 0
    for name in SEQUENCES:
        [theirs], [boxes] = (
            read_run(Path(results), "vot2017", tracker, "unsupervised").trajectories[name]
            for tracker in ("theirs", "ncc")
        )
        np.testing.assert_allclose(theirs.boxes[1:], boxes.boxes[1:], atol=1e-3)

    scores = score(data, common, "unsupervised", capsys)
    assert scores["theirs"]["ao"] == pytest.approx(overlap, abs=1e-6)
    assert scores["ncc"]["ao"] == pytest.approx(overlap, abs=1e-3)

    [[accuracy, *_]], [[failures]], [[eao]], _ = metric_values["baseline"]["results"]
    words = ["--from", "vot", "--tracker", "theirs", "--protocol", "supervised", "--data-root", data]
    assert main(["import", stored, *words, *common]) == 0
    theirs = score(data, common, "supervised", capsys)["theirs"]
    assert (theirs["accuracy"], theirs["failures"]) == pytest.approx((accuracy, failures), abs=1e-6)
    assert theirs["eao"] == pytest.approx(eao, abs=1e-6)


def score(
    data: str, common: list[str], protocol: str, capsys: pytest.CaptureFixture[str]
) -> dict[str, dict[str, float]]:
    """Our scores under the toolkit's rules, by tracker."""
    capsys.readouterr()
    words = ["--protocol", protocol, "--profile", "vot-toolkit", "--format", "json", "--data-root", data]
    assert main(["score", *words, *common]) == 0
    return {record["tracker"]: record for record in json.loads(capsys.readouterr().out)}


def test_tracker_of_vot_toolkits_ini_runs(workspace: Path) -> None:
    results = str(workspace.parent / "results")
    words = ["run", "--tracker", f"{workspace}/trackers.ini:ncc", "--dataset", "vot2017"]
    assert main([*words, "--data-root", str(workspace.parent), "--results", results]) == 0
