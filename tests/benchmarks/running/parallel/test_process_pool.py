"""Several processes give the same results as one; a lost worker loses only its current sequences."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from box_files import box_files
from processes import ROOT, alive, until
from small_networks import gradnet_weights, siamfc_weights

from benchmarks.cli.main import main
from benchmarks.environment import thread_limits, visible_gpus

RunTracker = Callable[..., tuple[int, dict[str, Any]]]


@pytest.mark.parametrize("protocol", ["ope", "supervised"])
def test_workers_give_the_same_boxes_as_one_process(
    run_tracker: RunTracker, tmp_path: Path, protocol: str
) -> None:
    options = ("--protocol", protocol, "--repeat", "2")
    status, alone = run_tracker(tmp_path / "alone", *options)
    assert status == 0
    status, shared = run_tracker(tmp_path / "workers", *options, "--workers", "3")
    assert status == 0
    assert len(box_files(tmp_path / "alone")) == 8
    assert box_files(tmp_path / "workers") == box_files(tmp_path / "alone")
    assert shared["identity"] == alone["identity"]
    [here], [there] = alone["environments"], shared["environments"]
    here.pop("torch_threads")  # only this process has imported torch
    assert there == here | {"workers": 3}


def test_summary_says_times_are_not_comparable(
    run_tracker: RunTracker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_tracker(tmp_path / "results", "--workers", "2")
    assert "with 2 workers; per-frame times are not comparable" in capsys.readouterr().err


@pytest.mark.parametrize("isolate", [(), ("--isolate",)])
def test_sequence_of_a_killed_worker_is_retried(
    run_tracker: RunTracker, tmp_path: Path, capsys: pytest.CaptureFixture[str], isolate: tuple[str, ...]
) -> None:
    run_tracker(tmp_path / "alone")
    how = "kills-its-parent" if isolate else "dies"
    (tmp_path / "marks").mkdir()
    status, manifest = run_tracker(
        tmp_path / "r",
        "--workers",
        "2",
        *isolate,
        "--overwrite",
        "--set",
        f"folder={tmp_path / 'marks'}",
        f"how={how}",
    )
    assert status == 0
    assert "long: its worker was killed by signal 9 (Killed); it is tried again" in capsys.readouterr().err
    assert {record["status"] for record in manifest["sequences"].values()} == {"ok"}
    assert box_files(tmp_path / "r") == box_files(tmp_path / "alone")
    assert len(list((tmp_path / "marks").glob("pid-*"))) >= 2
    assert alive(tmp_path / "marks") == [], "a tracker's process outlived its worker"


def test_sequence_that_kills_every_worker_fails(run_tracker: RunTracker, tmp_path: Path) -> None:
    status, manifest = run_tracker(tmp_path, "--workers", "2", "--set", "how=dies", "always=true")
    assert status == 1
    assert {name: record["status"] for name, record in manifest["sequences"].items()} == {
        "short": "ok",
        "middle": "ok",
        "long": "failed",
        "tail": "ok",
    }
    message = manifest["sequences"]["long"]["message"]
    assert message == "its worker was killed by signal 9 (Killed); given up after 3 attempts"


def test_workers_run_in_parallel_and_share_gpus(
    run_tracker: RunTracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, 7")
    settings = ("--set", f"folder={tmp_path}", "how=waits-for-others")
    status, _ = run_tracker(tmp_path / "r", "--workers", "2", "--device", "auto", *settings)
    assert status == 0
    assert len(list(tmp_path.glob("began-*"))) == 2
    assert {path.read_text() for path in tmp_path.glob("pid-*")} == {"3", "7"}


def test_worker_without_a_tracker_is_left_out(
    run_tracker: RunTracker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _ = run_tracker(
        tmp_path / "r", "--workers", "2", "--set", f"folder={tmp_path}", "how=only-one", "sleep=0.05"
    )
    assert status == 0
    assert "a worker is left out: tracker" in (said := capsys.readouterr().err)
    assert "RuntimeError: there is one already" in said


def test_damaged_data_fails_only_its_sequence(run_tracker: RunTracker, videos: Path, tmp_path: Path) -> None:
    (videos / "middle" / "0005.png").write_bytes(b"no image")
    status, manifest = run_tracker(tmp_path / "r", "--workers", "2")
    assert status == 1
    assert "0005.png is not an image" in manifest["sequences"]["middle"]["message"]
    assert sum(record["status"] == "ok" for record in manifest["sequences"].values()) == 3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--workers", "2", "--protocol", "realtime"), "protocol realtime simulates real time from"),
        (("--workers", "2", "--ray", "local"), "give the resources of each with --cpus-per-worker"),
        (("--gpus-per-worker", "0.5"), "--gpus-per-worker is for a Ray cluster"),
        (("--ray", "local", "--device", "cuda:1"), "'cuda:1' is a GPU of one machine"),
        (("--workers", "2", "--live"), "leave --batch, --workers and --ray out"),
        (("--workers", "0"), "argument --workers: invalid count (1 or more) value: '0'"),
        (("--ray", "local", "--gpus-per-worker", "1.5"), "argument --gpus-per-worker: invalid"),
        (("--workers", "2", "--set", "unknown=1"), "has no setting 'unknown'"),
        (("--workers", "2", "--set", "how=dies-when-made"), "was killed by signal 9 (Killed) while building"),
    ],
)
def test_impossible_options_are_one_sentence(
    words: Callable[..., list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    sentence: str,
) -> None:
    try:
        status = main(words(tmp_path / "r", *options))
    except SystemExit as stop:  # raised by argparse
        status = int(str(stop.code))
    assert status == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_missing_ray_says_how_to_install_it(
    words: Callable[..., list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "benchmarks.running.parallel.ray_pool", raising=False)
    assert main(words(tmp_path / "r", "--ray", "local")) == 2
    assert capsys.readouterr().err == (
        'error: --ray needs the package ray; install it by pip install "sotbench[ray]"\n'
    )


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupt_ends_all_workers_and_keeps_results(
    words: Callable[..., list[str]], run_tracker: RunTracker, tmp_path: Path, kind: signal.Signals
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    results = tmp_path / "r"
    command = words(results, "--workers", "2", "--set", f"folder={marks}", "sleep=0.15")
    driver = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", *command], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    assert until(lambda: any(results.glob("*/t/ope/run.json")))
    driver.send_signal(kind)
    _, said = driver.communicate(timeout=60)
    assert driver.returncode == (-signal.SIGKILL if kind == signal.SIGKILL else 130)
    assert "Traceback" not in said
    assert until(lambda: not alive(marks), 15)

    done = box_files(results)
    assert 0 < len(done) < 4, "interrupted at the wrong time for this test"
    assert main([*command[:-1], "sleep=0.15"]) == 0
    run_tracker(tmp_path / "alone")
    assert box_files(results) == box_files(tmp_path / "alone")


@pytest.mark.parametrize("batch", ["1", "2"])
@pytest.mark.parametrize("tracker", ["siamfc", "gradnet"])
def test_builtin_trackers_give_the_same_bytes(tracker: str, batch: str, videos: Path, tmp_path: Path) -> None:
    file = (siamfc_weights if tracker == "siamfc" else gradnet_weights)(tmp_path)
    run = ["run", "--tracker", tracker, "--weights", str(file), "--device", "cpu", "--dataset", "folder"]
    run += ["--data-root", str(videos), "--results"]
    assert main([*run, str(tmp_path / "alone")]) == 0
    assert main([*run, str(tmp_path / "workers"), "--workers", "2", "--batch", batch]) == 0
    assert len(box_files(tmp_path / "alone")) == 4
    assert box_files(tmp_path / "workers") == box_files(tmp_path / "alone")


def test_thread_limits_respect_share_and_environment() -> None:
    limits = thread_limits(8, {"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "64", "OPENBLAS_NUM_THREADS": "x"})
    assert limits == {
        "OMP_NUM_THREADS": "2",
        "MKL_NUM_THREADS": "8",
        "OPENBLAS_NUM_THREADS": "8",
        "OPENCV_FOR_THREADS_NUM": "8",
    }
    assert set(thread_limits(0, {}).values()) == {"1"}


def test_hidden_gpus_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert visible_gpus() == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a,2")
    assert visible_gpus() == ["GPU-a", "2"]


def test_no_more_workers_than_sequences(run_tracker: RunTracker, tmp_path: Path) -> None:
    status, manifest = run_tracker(tmp_path / "r", "--workers", "1000", "--sequences", "short", "tail")
    assert status == 0
    assert [environment["workers"] for environment in manifest["environments"]] == [2]
