from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import gpu_jobs
import pytest
import torch
from jpegs import needs_torchvision
from small_networks import siamfc_weights
from training_images import write_images

from bench import decoding, variants
from benchmarks.running.decoding.decoders import DECODERS
from trackers.commands import catch_user_errors

ROOT = Path(__file__).parents[2]
NETWORKS = ("siamfc", "gradnet", "gradnet-paper", "siamfc-lite", "gradnet-lite", "gradnet-paper-lite")


def script(*words: object, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the script as its documentation says, from another folder; `path` is searched for modules."""
    command = [sys.executable, str(ROOT / "tools" / "gpu_jobs.py"), *map(str, words)]
    # One thread: two that wait for each other take twice the processor time of such small networks.
    environment = {"OMP_NUM_THREADS": "1"} | ({"PYTHONPATH": str(path)} if path else {})
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=environment)


class Outcome(NamedTuple):
    status: int
    lines: list[str]
    errors: str


@pytest.fixture
def jobs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Runs the script's `main` in this process."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def run(*words: object) -> Outcome:
        status = catch_user_errors(gpu_jobs.main)([str(word) for word in words])
        said = capsys.readouterr()
        return Outcome(status, said.out.splitlines(), said.err)

    return run


def test_dry_run_says_what_is_left(tmp_path: Path, jobs) -> None:
    done = jobs("--out", tmp_path, "--dry-run")
    assert done.status == 0
    assert done.lines[0] == "speed-siamfc: would write speed-siamfc.json"
    assert "speed-siamfc-pytorch: needs --reference" in done.lines
    assert "cuda-tests: would write cuda-tests.xml" in done.lines
    assert not any("train" in line for line in done.lines)
    only = ("--only", "cuda-tests", *(f"train-{name}" for name in NETWORKS))
    done = jobs("--out", tmp_path, "--dry-run", "--images", tmp_path, "--teacher", "t.pth", *only)
    assert done.lines[1] == "train-siamfc: would write siamfc/weights.safetensors"
    assert done.lines[2] == "train-gradnet: would write gradnet/weights.safetensors after train-siamfc"
    (tmp_path / "cuda-tests.xml").touch()
    done = jobs("--out", tmp_path, "--dry-run", *only)
    assert done.lines[:2] == ["cuda-tests: done", "train-siamfc: needs --images and --teacher"]


def test_measurements_fit_into_one_call() -> None:
    assert sum(job.seconds or 0 for job in gpu_jobs.MEASUREMENTS) <= 560 - gpu_jobs.ARCHIVE_SECONDS
    assert all(job.seconds for job in gpu_jobs.MEASUREMENTS)
    # Their load average is reported, so nothing may run before them.
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


class Rehearsal(NamedTuple):
    """One run of all measurements with tiny settings on a CPU."""

    out: Path
    status: int
    said: dict[str, str]
    errors: str


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    folder = tmp_path_factory.mktemp("rehearsal")
    without_cv2 = folder / "path"
    without_cv2.mkdir()
    (without_cv2 / "cv2.py").write_text("raise ModuleNotFoundError('cv2 is not here', name='cv2')")
    (folder / "reference" / "siamfc").mkdir(parents=True)
    (folder / "reference" / "siamfc" / "__init__.py").write_text(REFERENCE)
    tiny = ("--slots", 1, 2, "--bench-steps", 1, "--frames", 5, "--repetitions", 1)
    own = ("--device", "cpu", "--lite", "--seconds", 3600, "--limits", 100)
    out = folder / "out"
    done = script("--out", out, "--reference", folder / "reference", *tiny, *own, path=without_cv2)
    print(done.stdout)
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
    return Rehearsal(out, done.returncode, said, done.stderr)


def test_every_measurement_runs_on_a_cpu_without_cv2(rehearsal: Rehearsal) -> None:
    said = dict(rehearsal.said)
    # Jobs that need a GPU fail, and say so.
    assert rehearsal.status == 1
    assert said.pop("cuda-tests").startswith("failed: none of ")
    assert "precision tf32 is for NVIDIA GPUs" in said.pop("batch-siamfc-tf32")
    decoded = said.pop("decoding-siamfc")
    assert decoded == "ok" if find_spec("torchvision") else "needs torchvision, which is not installed"
    assert said == dict.fromkeys(said, "ok"), rehearsal.errors
    names = {job.name for job in gpu_jobs.MEASUREMENTS}
    assert said.keys() == names - {"cuda-tests", "batch-siamfc-tf32", "decoding-siamfc"}
    with tarfile.open(rehearsal.out / gpu_jobs.ARCHIVE) as archive:
        held = set(archive.getnames())
        checks = json.load(archive.extractfile("gradnet-checks.json"))["checks"]  # type: ignore[arg-type]
        pytorch = json.load(archive.extractfile("speed-siamfc-pytorch.json"))  # type: ignore[arg-type]
    assert set(checks.values()) == {True}
    assert pytorch["cv2"] == "Pillow"
    assert held >= {f"{name}.json" for name in said} | {f"{name}.log" for name in said}
    assert held >= {"machine.json", "jobs.json", "cuda-tests.log"}
    assert not any(name.endswith((".partial", ".tar.gz")) for name in held)


def test_throughput_is_measured_per_batch_size(rehearsal: Rehearsal) -> None:
    found = json.loads((rehearsal.out / "batch-gradnet-float32.json").read_text())
    assert [row["slots"] for row in found["rows"]] == [1, 2]
    assert all(0 < row["low"] <= row["frames_per_second"] <= row["high"] for row in found["rows"])
    assert found["machine"]["device"] == "cpu"


JUNIT = """<testsuites><testsuite>
<testcase name="a"/><testcase name="b"><skipped message="{}"/></testcase>
</testsuite></testsuites>"""


def test_skipped_gpu_tests_do_not_pass(tmp_path: Path) -> None:
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


def test_slow_job_is_killed_and_the_rest_packed(tmp_path: Path, jobs) -> None:
    done = jobs("--out", tmp_path, "--device", "cpu", "--limits", 0.001, "--only", "gradnet-checks")
    assert done.status == 1
    assert "gradnet-checks: failed: it took longer than 0 s" in done.lines
    with tarfile.open(tmp_path / gpu_jobs.ARCHIVE) as archive:
        assert "jobs.json" in archive.getnames()


def test_networks_are_trained_with_tiny_settings(
    tmp_path: Path, jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"--batch": "2", "--width": "0.1"}

    def shrink(job: gpu_jobs.Job) -> gpu_jobs.Job:
        before = (None, *job.command)
        return replace(
            job,
            command=tuple(
                small.get(str(option), word) for option, word in zip(before, job.command, strict=False)
            ),
        )

    monkeypatch.setattr(gpu_jobs, "JOBS", tuple(map(shrink, gpu_jobs.JOBS)))
    for name in gpu_jobs.SOURCES:
        write_images(tmp_path / "images" / name, frames=12)
    out = tmp_path / "out"
    words = ("--out", out, "--images", tmp_path / "images", "--teacher", siamfc_weights(tmp_path))
    tiny = ("--device", "cpu", "--steps", 1, "--seconds", 3600)
    only = ("--only", "train-siamfc-lite", "train-gradnet-lite")
    done = jobs(*words, *tiny, *only)
    assert done.status == 0, done
    assert done.lines[:2] == ["train-siamfc-lite: ok", "train-gradnet-lite: ok"]
    assert (out / "gradnet-lite" / "training.png").exists()
    with tarfile.open(out / gpu_jobs.ARCHIVE) as archive:
        held = archive.getnames()
    assert "gradnet-lite/weights.safetensors" in held
    assert not any(name.endswith("checkpoint.pt") for name in held)
    assert [line.split(": ")[1] for line in jobs(*words, *tiny, *only).lines[:2]] == ["done", "done"]


@pytest.mark.parametrize("decoders", [["pillow"], pytest.param(list(DECODERS), marks=needs_torchvision)])
def test_decoding_is_measured_from_file_to_box(
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


def test_job_waits_for_its_inputs(tmp_path: Path, jobs) -> None:
    words = ("--out", tmp_path, "--images", tmp_path, "--teacher", tmp_path / "t.pth", "--device", "cpu")
    done = jobs(*words, "--only", "train-gradnet", "demo-siamfc")
    assert done.status == 0
    assert done.lines[:2] == ["train-gradnet: waits for train-siamfc", "demo-siamfc: waits for train-siamfc"]


def test_failed_job_is_not_done(tmp_path: Path, jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ("-c", "import sys; sys.exit('there is no folder')")
    job = gpu_jobs.Job("train-siamfc", "siamfc/weights.safetensors", command, resumes=True)
    monkeypatch.setattr(gpu_jobs, "JOBS", (job,))
    done = jobs("--out", tmp_path, "--device", "cpu", "--only", "train-siamfc")
    assert done.status == 1
    assert done.lines[0] == "train-siamfc: failed: exit status 1: there is no folder"
    assert "there is no folder" in (tmp_path / "train-siamfc.log").read_text()
    assert not (tmp_path / "siamfc" / "weights.safetensors").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_nothing_is_done_without_a_gpu(tmp_path: Path, jobs) -> None:
    done = jobs("--out", tmp_path / "out")
    assert done.status == 2
    assert "device 'cuda' cannot be used" in done.errors
    assert not (tmp_path / "out").exists()
