"""Ray gives the same results as one process, even if a worker is killed."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from box_files import box_files
from processes import ROOT, alive, until
from small_networks import gradnet_weights, siamfc_weights

from benchmarks.cli.main import main

ray = pytest.importorskip("ray", reason='Ray is not installed: pip install "sotbench[ray]"')

from benchmarks.running.parallel.ray_pool import worker_capacity  # noqa: E402

RunTracker = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module", autouse=True)
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Starts Ray on this machine, with room for two workers."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # Ray would write a token into the home folder.
        folder = tmp_path_factory.mktemp("ray")
        (folder / "token").write_text(secrets.token_hex(32))
        environment.setenv("RAY_AUTH_TOKEN_PATH", str(folder / "token"))
        environment.setenv("RAY_TMPDIR", tempfile.gettempdir())  # paths of sockets must be short
        environment.setenv("TMPDIR", str(folder))  # receives the transferred files
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=80 << 20)
        yield
        ray.shutdown()


def test_sequence_of_a_killed_worker_is_retried(
    run_tracker: RunTracker, odd: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, alone = run_tracker(tmp_path / "alone")
    settings = ("--overwrite", "--set", f"folder={tmp_path}", "how=dies")
    status, manifest = run_tracker(tmp_path / "r", "--ray", "local", *settings)
    assert status == 0
    said = capsys.readouterr().err
    assert "long: its worker was lost by Ray (ActorDiedError); it is tried again" in said
    assert "with 2 workers" in said
    assert box_files(tmp_path / "r") == box_files(tmp_path / "alone")
    assert len(box_files(tmp_path / "r")) == 4
    assert manifest["identity"]["code"] == alone["identity"]["code"]
    [environment] = manifest["environments"]
    assert environment["workers"] == 2
    assert environment["ray"] == {"version": ray.__version__, "cpus": 1, "gpus": 0.0}


def test_missing_files_are_transferred(
    run_tracker: RunTracker, odd: str, videos: Path, tmp_path: Path
) -> None:
    siamfc_weights(tmp_path)
    run = ["run", "--device", "cpu", "--dataset", "folder", "--data-root", str(videos)]
    run += ["--sequences", "short", "tail", "--results"]
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        here = f"/proc/self/fd/{folder}"  # another folder, or none, in any other process
        for tracker, more in (
            (f"{here}/odd.py:Odd", ()),
            ("siamfc", ("--weights", f"{here}/siamfc.safetensors")),
        ):
            for results, ray_or_not in (("alone", ()), ("ray", ("--ray", "local"))):
                assert main([*run, str(tmp_path / results), "--tracker", tracker, *more, *ray_or_not]) == 0
    finally:
        os.close(folder)
    assert len(box_files(tmp_path / "alone")) == 4
    assert box_files(tmp_path / "ray") == box_files(tmp_path / "alone")
    copies = Path(os.environ["TMPDIR"]).glob("sotbench-*/*/*")
    assert {path.name for path in copies} == {"odd.py", "siamfc.safetensors"}


def test_terminated_run_resumes(
    words: Callable[..., list[str]], run_tracker: RunTracker, tmp_path: Path
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    command = words(tmp_path / "r", "--ray", "local", "--set", f"folder={marks}", "sleep=0.15")
    driver = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", *command], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    assert until(lambda: any((tmp_path / "r").glob("*/t/ope/run.json")))
    driver.send_signal(signal.SIGTERM)
    _, said = driver.communicate(timeout=60)
    assert driver.returncode == 130
    assert "Traceback" not in said
    assert until(lambda: not alive(marks), 15)

    assert 0 < len(box_files(tmp_path / "r")) < 4, "terminated at the wrong time for this test"
    assert main(command) == 0
    run_tracker(tmp_path / "alone")
    assert box_files(tmp_path / "r") == box_files(tmp_path / "alone")


def test_ray_run_reuses_sequential_results(
    run_tracker: RunTracker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_tracker(tmp_path / "r", "--sequences", "long", "short")
    run_tracker(tmp_path / "r", "--ray", "local")
    assert "4 of 4 sequences ok (2 from an earlier run)" in capsys.readouterr().err


@pytest.fixture
def one_thread() -> Iterator[None]:
    """One thread in this process too, as in a worker: another number rounds sums differently."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("tracker", ["siamfc", "siamfc-gd", "gradnet"])
def test_builtin_trackers_give_the_same_bytes(tracker: str, videos: Path, tmp_path: Path) -> None:
    file = (gradnet_weights if tracker == "gradnet" else siamfc_weights)(tmp_path)
    run = ["run", "--tracker", tracker, "--weights", str(file), "--device", "cpu", "--dataset", "folder"]
    run += ["--data-root", str(videos), "--results"]
    assert main([*run, str(tmp_path / "alone")]) == 0
    assert main([*run, str(tmp_path / "ray"), "--ray", "local"]) == 0
    assert len(box_files(tmp_path / "alone")) == 4
    assert box_files(tmp_path / "ray") == box_files(tmp_path / "alone")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--ray", "local", "--cpus-per-worker", "64"), "no machine of the Ray cluster has 64 CPU and 0 GPU"),
        (
            ("--ray", "local", "--gpus-per-worker", "0.5"),
            "no machine of the Ray cluster has 1 CPU and 0.5 GPU",
        ),
        (("--ray", "local", "--protocol", "realtime"), "protocol realtime simulates real time from"),
        (("--ray", "local", "--weights", "absent.pth"), "absent.pth: No such file"),
        (("--ray", "local", "--set", "unknown=1"), "has no setting 'unknown'"),
        (
            ("--ray", "local", "--set", "how=dies-when-made"),
            "was lost by Ray (ActorDiedError) while building the tracker",
        ),
    ],
)
def test_impossible_options_are_one_sentence(
    words: Callable[..., list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    sentence: str,
) -> None:
    assert main(words(tmp_path / "r", *options)) == 2
    assert sentence in capsys.readouterr().err


def test_worker_capacity() -> None:
    node = {"CPU": 16.0, "GPU": 2.0, "memory": 1e9}
    assert worker_capacity([node, {"CPU": 3.0}], cpus=1, gpus=0) == 19
    assert worker_capacity([node, {"CPU": 3.0}], cpus=2, gpus=0) == 9
    assert worker_capacity([node, {"CPU": 3.0}], cpus=1, gpus=0.5) == 4
    assert worker_capacity([node], cpus=1, gpus=0.4) == 4, "a share is of one GPU"
    assert worker_capacity([node], cpus=1, gpus=0.1) == 16
    assert worker_capacity([node], cpus=1, gpus=2) == 1
    assert worker_capacity([{}], cpus=1, gpus=0) == 0
