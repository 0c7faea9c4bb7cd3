"""The supervisor notices the end of a run, whatever the tracker does to their shared process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from processes import ROOT, until

TRACKER = """
import ctypes, os, signal, time
from trackers import Tracker

class T(Tracker):
    started = 0
    def __init__(self, how: str = "well", folder: str = ""): self.how, self.folder = how, folder
    def init(self, frame, box):
        self.box, self.count = box, 0
        T.started += 1
    def update(self, frame):
        self.count += 1
        if self.count == 3 and T.started == 2: getattr(self, self.how)()
        return self.box
    def well(self): pass
    def leaves(self): os._exit(0)
    def leaves_with_4(self): os._exit(4)
    def leaves_by_c(self): ctypes.CDLL(None).exit(0)
    def leaves_by_exec(self): os.execv("/bin/true", ["true"])
    def segfaults(self): ctypes.string_at(0)
    def forks(self):
        if os.fork() == 0:
            open(self.folder + "/copied", "w").close()
    def forks_and_sleeps(self):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0: time.sleep(600)
            os._exit(0)
    def hangs(self):
        open(self.folder + "/hangs", "w").close()
        time.sleep(600)
"""

Started = Callable[..., "subprocess.Popen[str]"]


INTERRUPTED = """
import os, signal, sys
from trackers.processes.supervisor import SupervisedCommand, needs_supervisor, run_supervised

if needs_supervisor():
    sys.exit(run_supervised("kept", "remedy"))
os.kill(os.getpid(), signal.SIGINT)  # signals are blocked until the command has started
try:
    with SupervisedCommand():
        print("started")
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def mark() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def start(tmp_path: Path, mark: str) -> Started:
    (tmp_path / "t.py").write_text(TRACKER)
    words = ["run", "--tracker", f"{tmp_path / 't.py'}:T", "--dataset", "demo"]
    words += ["--sequences", "easy", "motion", "--results", str(tmp_path / "r"), "--name", "t"]

    def start(how: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks", *words, "--set", f"how={how}", f"folder={tmp_path}"],
            cwd=ROOT,
            env=os.environ | {"TEST_MARK": mark},
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def marked(mark: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"TEST_MARK={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ("leaves", 1, "the command ended early: its process ended with exit status 0, probably because of"),
        ("leaves_with_4", 4, "the command ended early: its process ended with exit status 4"),
        ("leaves_by_c", 1, "the command ended early: its process ended with exit status 0"),
        ("segfaults", -signal.SIGSEGV, "the command's process was killed by signal 11 (Segmentation fault)"),
    ],
)
def test_run_ended_by_tracker_fails(start: Started, how: str, status: int, said: str, tmp_path: Path) -> None:
    process = start(how)
    _, words = process.communicate(timeout=100)
    assert process.returncode == status
    assert said in words
    assert "--isolate" in words
    assert (tmp_path / "r/demo/t/ope/easy.txt").exists()
    assert "2 of 2" not in words


def test_run_replaced_by_another_program_fails(start: Started, tmp_path: Path) -> None:
    process = start("leaves_by_exec")
    _, words = process.communicate(timeout=100)
    # The program may end by itself, or the reaper may kill it first.
    assert process.returncode in (1, -signal.SIGKILL)
    assert "--isolate" in words
    assert (tmp_path / "r/demo/t/ope/easy.txt").exists()


def test_forked_copies_end_with_the_run(start: Started, mark: str, tmp_path: Path) -> None:
    for how in ("forks", "forks_and_sleeps"):
        process = start(how)
        _, words = process.communicate(timeout=100)
        assert process.returncode == 0, words
        assert words.count("2 of 2 sequences ok") == 1
        assert until(lambda: not marked(mark), 20)
        (tmp_path / "r").rename(tmp_path / f"r-{how}")
    assert (tmp_path / "copied").exists()


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_signal_is_forwarded_to_the_run(
    start: Started, mark: str, kind: signal.Signals, tmp_path: Path
) -> None:
    process = start("hangs")
    assert until((tmp_path / "hangs").exists)
    process.send_signal(kind)
    _, words = process.communicate(timeout=60)
    assert process.returncode == 130
    assert words.count("interrupted") == 1
    assert until(lambda: not marked(mark), 20)


def test_interrupt_while_the_command_starts_is_no_early_end(tmp_path: Path) -> None:
    (tmp_path / "command.py").write_text(INTERRUPTED)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "command.py")],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_killed_command_ends_the_run(start: Started, mark: str, tmp_path: Path) -> None:
    process = start("hangs")
    assert until((tmp_path / "hangs").exists)
    process.kill()
    process.communicate(timeout=60)
    assert until(lambda: not marked(mark), 20)


def test_demo_ended_by_tracker_fails(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    for number in range(6):
        Image.fromarray(np.full((48, 64, 3), number, np.uint8)).save(tmp_path / "frames" / f"{number}.png")
    text = TRACKER.replace("T.started == 2", "self.count == 3")
    (tmp_path / "t.py").write_text(text)
    words = ["--video", str(tmp_path / "frames"), "--box", "10,8,12,10", "--no-window"]
    words += ["--tracker", f"{tmp_path / 't.py'}:T", "--set", "how=leaves"]
    words += ["--boxes", str(tmp_path / "boxes")]
    done = subprocess.run(
        [sys.executable, "-m", "trackers.demo", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 1, done.stderr
    assert "the command ended early: its process ended with exit status 0" in done.stderr
    assert not (tmp_path / "boxes").exists()
