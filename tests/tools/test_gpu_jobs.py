from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

import gpu_jobs
import pytest
import torch
from jpegs import needs_torchvision
from small_networks import siamfc_weights
from training_images import write_images

from bench import decoding, variants
from benchmarks.running.frames.decoders import DECODERS

ROOT = Path(__file__).parents[2]
NETWORKS = ("siamfc", "gradnet", "siamfc-lite", "gradnet-lite")


def jobs(*words: object, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the script as its documentation says, from elsewhere; `path` is looked into for modules."""
    command = [sys.executable, str(ROOT / "tools" / "gpu_jobs.py"), *map(str, words)]
    environment = {"PYTHONPATH": str(path)} if path else {}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=environment)


def test_a_dry_run_says_what_is_left(tmp_path: Path) -> None:
    done = jobs("--out", tmp_path, "--dry-run")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "speed-siamfc: would write speed-siamfc.json"
    assert "speed-siamfc-pytorch: needs --reference" in lines
    assert "cuda-tests: would write cuda-tests.xml" in lines
    assert not any("train" in line for line in lines)
    only = ("--only", "cuda-tests", *(f"train-{name}" for name in NETWORKS))
    done = jobs("--out", tmp_path, "--dry-run", "--images", tmp_path, "--teacher", "t.pth", *only)
    lines = done.stdout.splitlines()
    assert lines[1] == "train-siamfc: would write siamfc/weights.safetensors"
    assert lines[2] == "train-gradnet: would write gradnet/weights.safetensors after train-siamfc"
    (tmp_path / "cuda-tests.xml").touch()
    done = jobs("--out", tmp_path, "--dry-run", *only)
    assert done.stdout.splitlines()[:2] == ["cuda-tests: done", "train-siamfc: needs --images and --teacher"]


def test_measurements_fit_into_one_call() -> None:
    assert sum(job.seconds or 0 for job in gpu_jobs.MEASUREMENTS) <= 560 - gpu_jobs.ARCHIVE_SECONDS
    assert all(job.seconds for job in gpu_jobs.MEASUREMENTS)
    # What is looked at by its load average comes first.
    names = [job.name for job in gpu_jobs.MEASUREMENTS]
    assert names[:3] == ["speed-siamfc", "speed-gradnet", "speed-siamfc-pytorch"]


REFERENCE = """
from types import SimpleNamespace
import cv2
import numpy as np
import torch
from trackers.siamese.backbone import Embedding

class TrackerSiamFC:
    # The calls of cv2 that siamfc-pytorch makes, and none of its work.
    def __init__(self):
        self.net = SimpleNamespace(backbone=Embedding())
    def init(self, image, box):
        self.box, self.mean = box, np.mean(image, axis=(0, 1))
    def update(self, image):
        padded = cv2.copyMakeBorder(image, 9, 9, 9, 9, cv2.BORDER_CONSTANT, value=self.mean)
        assert padded.shape[0] == image.shape[0] + 18
        patch = cv2.resize(padded[:90, :90], (255, 255), interpolation=cv2.INTER_LINEAR)
        assert patch.shape == (255, 255, 3)
        response = cv2.resize(np.zeros((17, 17), np.float32), (272, 272), interpolation=cv2.INTER_CUBIC)
        assert response.shape == (272, 272)
        return self.box
"""


@pytest.fixture
def without_cv2(tmp_path: Path) -> Path:
    """A folder that makes cv2 absent."""
    folder = tmp_path / "path"
    folder.mkdir()
    (folder / "cv2.py").write_text("raise ModuleNotFoundError('cv2 is not here', name='cv2')")
    return folder


def test_the_whole_command_is_rehearsed_on_a_cpu_without_cv2(tmp_path: Path, without_cv2: Path) -> None:
    reference = tmp_path / "reference"
    (reference / "siamfc").mkdir(parents=True)
    (reference / "siamfc" / "__init__.py").write_text(REFERENCE)
    out = tmp_path / "out"
    tiny = ("--slots", 1, 2, "--bench-steps", 1, "--frames", 5, "--repetitions", 1)
    own = ("--device", "cpu", "--lite", "--seconds", 3600, "--limits", 100)
    done = jobs("--out", out, "--reference", reference, *tiny, *own, path=without_cv2)
    print(done.stdout)
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
    # What only a GPU can do fails, and says so.
    assert done.returncode == 1
    assert said.pop("cuda-tests").startswith("failed: none of ")
    assert "precision tf32 is for NVIDIA GPUs" in said.pop("batch-siamfc-tf32")
    decoded = said.pop("decoding-siamfc")
    assert decoded == "ok" if find_spec("torchvision") else "needs torchvision, which is not installed"
    assert said == dict.fromkeys(said, "ok"), done.stderr
    names = {job.name for job in gpu_jobs.MEASUREMENTS}
    assert said.keys() == names - {"cuda-tests", "batch-siamfc-tf32", "decoding-siamfc"}
    with tarfile.open(out / gpu_jobs.ARCHIVE) as archive:
        held = set(archive.getnames())
        print(sorted(held))
        checks = json.load(archive.extractfile("gradnet-checks.json"))["checks"]  # type: ignore[arg-type]
        pytorch = json.load(archive.extractfile("speed-siamfc-pytorch.json"))  # type: ignore[arg-type]
    assert set(checks.values()) == {True}
    assert pytorch["cv2"] == "Pillow"
    assert held >= {f"{name}.json" for name in said} | {f"{name}.log" for name in said}
    assert held >= {"machine.json", "jobs.json", "cuda-tests.log"}
    assert not any(name.endswith((".partial", ".tar.gz")) for name in held)


JUNIT = """<testsuites><testsuite>
<testcase name="a"/><testcase name="b"><skipped message="{}"/></testcase>
</testsuite></testsuites>"""


def test_tests_on_a_gpu_do_not_pass_by_being_skipped(tmp_path: Path) -> None:
    path = tmp_path / "tests.xml"
    path.write_text(JUNIT.format("torch sees no NVIDIA GPU"))
    assert gpu_jobs.skipped(path) == "skipped: b (torch sees no NVIDIA GPU)"
    path.write_text(JUNIT.format("torchvision is not installed"))
    assert gpu_jobs.skipped(path) is None
    path.write_text(JUNIT.replace('<testcase name="a"/>', "").format("torchvision is not installed"))
    assert gpu_jobs.skipped(path) == "none of 1 tests ran"


def test_pooling_without_indices_gives_the_same_bytes() -> None:
    values = torch.randn(2, 5, 23, 20).contiguous(memory_format=torch.channels_last)
    assert torch.equal(variants.WindowMax(3, 2)(values), torch.nn.MaxPool2d(3, 2)(values))


def test_a_job_that_takes_too_long_is_ended_and_the_rest_is_packed(tmp_path: Path) -> None:
    done = jobs("--out", tmp_path, "--device", "cpu", "--limits", 0.001, "--only", "gradnet-checks")
    assert done.returncode == 1
    assert "gradnet-checks: failed: it took longer than 0 s" in done.stdout
    with tarfile.open(tmp_path / gpu_jobs.ARCHIVE) as archive:
        assert "jobs.json" in archive.getnames()


def test_networks_are_trained_on_a_cpu_with_tiny_settings(tmp_path: Path) -> None:
    # Every source of the list, each a small folder of the same images.
    for name in ("davis2016val", "fod-a", "coco-ccby", "caltech101", "clothing-cc0"):
        write_images(tmp_path / "images" / name)
    out = tmp_path / "out"
    words = ("--out", out, "--images", tmp_path / "images", "--teacher", siamfc_weights(tmp_path))
    tiny = ("--device", "cpu", "--steps", 1, "--seconds", 3600)
    only = ("--only", "train-siamfc-lite", "train-gradnet-lite")
    done = jobs(*words, *tiny, *only)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == ["train-siamfc-lite: ok", "train-gradnet-lite: ok"]
    assert (out / "gradnet-lite" / "training.png").exists()
    with tarfile.open(out / gpu_jobs.ARCHIVE) as archive:
        held = archive.getnames()
    assert "gradnet-lite/weights.safetensors" in held
    assert not any(name.endswith("checkpoint.pt") for name in held)
    assert jobs(*words, *tiny, *only).stdout.count(": done") == 2


def test_throughput_is_measured_by_the_size_of_the_batch(tmp_path: Path) -> None:
    words = ("--out", tmp_path, "--device", "cpu", "--bench-steps", 1, "--slots", 1, 2, "--seconds", 3600)
    done = jobs(*words, "--limits", 100, "--only", "batch-gradnet-float32")
    assert done.stdout.splitlines()[0] == "batch-gradnet-float32: ok", done.stderr
    found = json.loads((tmp_path / "batch-gradnet-float32.json").read_text())
    assert [row["slots"] for row in found["rows"]] == [1, 2]
    assert all(0 < row["low"] <= row["frames_per_second"] <= row["high"] for row in found["rows"])
    assert found["machine"]["device"] == "cpu"


@pytest.mark.parametrize("decoders", [["pillow"], pytest.param(list(DECODERS), marks=needs_torchvision)])
def test_frames_are_measured_from_file_to_box(
    capsys: pytest.CaptureFixture[str], decoders: list[str]
) -> None:
    words = ["--slots", "1", "2", "--sequences", "2", "--frames", "3", "--width", "80", "--repetitions", "1"]
    assert decoding.main([*words, "--tracker", "siamfc-lite", "--json", "--decoders", *decoders]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert row.pop("slots") == 2
    assert row.pop("frames") == 6
    own = {"pillow": {"pillow"}, "torchvision": {"torchvision", "reading"}}
    assert row.keys() == set().union(*(own[name] | {f"{name}, whole"} for name in decoders))
    assert all(0 < low <= middle <= high for low, middle, high in row.values())


def test_a_job_waits_for_what_it_reads(tmp_path: Path) -> None:
    words = ("--out", tmp_path, "--images", tmp_path, "--teacher", tmp_path / "t.pth", "--device", "cpu")
    done = jobs(*words, "--only", "train-gradnet", "demo-siamfc")
    assert done.returncode == 0
    assert done.stdout.splitlines()[:2] == [
        "train-gradnet: waits for train-siamfc",
        "demo-siamfc: waits for train-siamfc",
    ]


def test_a_job_that_fails_counts_as_not_done(tmp_path: Path) -> None:
    words = ("--out", tmp_path, "--images", tmp_path / "absent", "--teacher", tmp_path / "t.pth")
    done = jobs(*words, "--device", "cpu", "--only", "train-siamfc")
    assert done.returncode == 1
    assert "train-siamfc: failed" in done.stdout
    assert "there is no folder" in (tmp_path / "train-siamfc.log").read_text()
    assert not (tmp_path / "siamfc" / "weights.safetensors").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_nothing_counts_as_done(tmp_path: Path) -> None:
    done = jobs("--out", tmp_path / "out")
    assert done.returncode == 2
    assert "device 'cuda' cannot be used" in done.stderr
    assert not (tmp_path / "out").exists()
