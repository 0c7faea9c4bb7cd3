"""The reaper cleans up what a process has registered, however the process ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from processes import ROOT, alive, until

# Registers two folders and unregisters the second.
BEGIN = """
import os, signal, subprocess, sys, time
from pathlib import Path
from trackers.processes import reaper
first, second, pids = map(Path, sys.argv[1:])
reaper.remove_on_exit(str(first))
reaper.remove_on_exit(str(second))
reaper.cancel_remove_on_exit(str(second))
"""
KILLED = "os.kill(os.getpid(), signal.SIGKILL)"


def ended(tmp_path: Path, how: str) -> tuple[Path, Path, Path]:
    folders = tmp_path / "first", tmp_path / "second", tmp_path / "pids"
    for folder in folders:
        folder.mkdir()
    command = [sys.executable, "-c", BEGIN + how, *map(str, folders)]
    subprocess.run(command, cwd=ROOT, check=False, timeout=60)
    return folders


@pytest.mark.parametrize("how", [KILLED, "os._exit(0)", "sys.exit(0)", "raise SystemExit(3)"])
def test_registered_folders_are_removed(tmp_path: Path, how: str) -> None:
    first, second, _ = ended(tmp_path, how)
    assert until(lambda: not first.exists(), 20)
    assert second.exists()


def test_only_registered_processes_are_killed(tmp_path: Path) -> None:
    start = (
        "def start(**more):\n"
        "    child = subprocess.Popen(['sleep', '600'], env=os.environ | more, start_new_session=True)\n"
        "    (pids / f'pid-{child.pid}').touch()\n"
        "reaper.kill_on_exit('MARK_OF_TEST=a')\n"
        "reaper.kill_on_exit('MARK_OF_TEST=b')\n"
        "reaper.cancel_kill_on_exit('MARK_OF_TEST=b')\n"
        "for mark in 'ab': start(MARK_OF_TEST=mark)\n"
    )
    first, _, pids = ended(tmp_path, start + KILLED)
    assert until(lambda: not first.exists(), 20)
    [survivor] = alive(pids)
    try:
        assert b"MARK_OF_TEST=b" in Path(f"/proc/{survivor}/environ").read_bytes()
    finally:
        subprocess.run(["kill", str(survivor)], check=True)


def test_ctrl_c_at_exit_prints_nothing(tmp_path: Path) -> None:
    held = (
        "its = reaper._reaper._process.pid\n"
        "os.kill(its, signal.SIGSTOP)\n"
        "later = f'sleep 1; kill -INT {os.getpid()}; sleep 0.5; kill -CONT {its}'\n"
        "os.posix_spawn('/bin/sh', ['sh', '-c', later], os.environ)\n"
    )
    folders = [str(tmp_path / name) for name in ("first", "second", "pids")]
    process = subprocess.run(
        [sys.executable, "-c", BEGIN + held, *folders], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert (process.returncode, process.stderr) == (0, b"")


def test_killed_reaper_is_replaced(tmp_path: Path) -> None:
    how = (
        "process = reaper._reaper._process\nprocess.kill(); process.wait()\n"
        "reaper.remove_on_exit(str(second))\n"
    )
    first, second, _ = ended(tmp_path, how + KILLED)
    assert until(lambda: not first.exists() and not second.exists(), 20)


def test_forked_child_does_not_delay_reaper(tmp_path: Path) -> None:
    how = (
        "child = os.fork()\nif not child: time.sleep(600)\n(pids / f'pid-{child}').touch()\ntime.sleep(0.2)\n"
    )
    first, _, pids = ended(tmp_path, how + KILLED)
    assert until(lambda: not first.exists(), 20)
    [copy] = alive(pids)
    subprocess.run(["kill", str(copy)], check=True)
