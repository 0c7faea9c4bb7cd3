from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from jpegs import needs_torchvision
from small_networks import siamfc_weights
from training_images import write_images

from bench import decoding
from benchmarks.running.decoders import DECODERS

ROOT = Path(__file__).parents[2]
NETWORKS = ("siamfc", "gradnet", "siamfc-lite", "gradnet-lite")


def jobs(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "gpu_jobs.py"), *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    )


def test_a_dry_run_says_what_is_left(tmp_path: Path) -> None:
    done = jobs("--out", tmp_path, "--dry-run", "--images", tmp_path, "--teacher", "t.pth")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "cuda-tests: would write cuda-tests.xml"
    assert lines[1] == "train-siamfc: would write siamfc/weights.safetensors"
    assert lines[2] == "train-gradnet: would write gradnet/weights.safetensors after train-siamfc"
    assert lines[-1] == "demo-gradnet-lite: would write demo-gradnet-lite.json after train-gradnet-lite"
    (tmp_path / "cuda-tests.xml").touch()
    done = jobs("--out", tmp_path, "--dry-run")
    assert done.stdout.splitlines()[:2] == ["cuda-tests: done", "train-siamfc: needs --images and --teacher"]


def test_everything_runs_on_a_cpu_with_tiny_settings(tmp_path: Path) -> None:
    # Every source of the list, each a small folder of the same images.
    for name in ("davis2016val", "fod-a", "coco-ccby", "caltech101", "clothing-cc0"):
        write_images(tmp_path / "images" / name)
    out = tmp_path / "out"
    words = ("--out", out, "--images", tmp_path / "images", "--teacher", siamfc_weights(tmp_path))
    tiny = ("--device", "cpu", "--steps", 1, "--minutes", 60)
    only = ("--only", "train-siamfc-lite", "train-gradnet-lite")
    done = jobs(*words, *tiny, *only)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["train-siamfc-lite: ok", "train-gradnet-lite: ok"]
    assert (out / "gradnet-lite" / "training.png").exists()
    assert jobs(*words, *tiny, *only).stdout.count(": done") == 2


def test_throughput_is_measured_by_the_size_of_the_batch(tmp_path: Path) -> None:
    words = ("--out", tmp_path, "--device", "cpu", "--bench-steps", 1, "--slots", 1, 2)
    done = jobs(*words, "--only", "batch-gradnet-float32")
    assert done.stdout.splitlines() == ["batch-gradnet-float32: ok"], done.stderr
    found = json.loads((tmp_path / "batch-gradnet-float32.json").read_text())
    assert [row["slots"] for row in found["rows"]] == [1, 2]
    assert all(0 < row["low"] <= row["frames_per_second"] <= row["high"] for row in found["rows"])
    assert found["machine"]["device"] == "cpu"


def test_decoding_is_measured_where_torchvision_is_installed(tmp_path: Path) -> None:
    words = ("--out", tmp_path, "--device", "cpu", "--slots", 2, "--only", "decoding-siamfc")
    if find_spec("torchvision") is None:
        done = jobs(*words)
        assert done.stdout.splitlines() == ["decoding-siamfc: needs torchvision, which is not installed"]
        assert not (tmp_path / "decoding-siamfc.json").exists()
    else:
        assert jobs(*words, "--dry-run").stdout.splitlines() == [
            "decoding-siamfc: would write decoding-siamfc.json"
        ]


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
    assert done.stdout.splitlines() == [
        "train-gradnet: waits for train-siamfc",
        "demo-siamfc: waits for train-siamfc",
    ]


def test_a_job_that_fails_counts_as_not_done(tmp_path: Path) -> None:
    words = ("--out", tmp_path, "--images", tmp_path / "absent", "--teacher", tmp_path / "t.pth")
    done = jobs(*words, "--device", "cpu", "--only", "train-siamfc")
    assert done.returncode == 1
    assert "train-siamfc: failed" in done.stdout
    assert "there is no folder" in done.stderr
    assert not (tmp_path / "siamfc" / "weights.safetensors").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_nothing_counts_as_done(tmp_path: Path) -> None:
    done = jobs("--out", tmp_path / "out")
    assert done.returncode == 2
    assert "device 'cuda' cannot be used" in done.stderr
    assert not (tmp_path / "out").exists()
