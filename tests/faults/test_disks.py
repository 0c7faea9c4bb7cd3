"""Results that cannot be written: one error message, and nothing written before is lost."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_injection import LENGTHS, FaultHarness, where

KEPT = "finished sequences are kept; repeat the command to resume"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("file systems can be mounted by root only")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def check_sentence(status: int, said: str, why: str) -> None:
    last = said.splitlines()[-1]
    assert status == 2, said
    assert last.startswith("error: /")
    assert why in last
    assert said.count("error: ") == 1


def test_full_disk_costs_one_sentence(bench: FaultHarness, small_disk: Path) -> None:
    bench.whole("alone")
    bench.injected["a disk that is full, tmpfs"] += 1
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(48_000))
    status, said = bench.ran(bench.words(small_disk, "alone"))
    check_sentence(status, said, f"No space left on device; {KEPT}")
    assert not list(small_disk.rglob("*.tmp"))
    assert not list(small_disk.rglob("run.lock"))
    bench.check_partly(small_disk, "alone")
    ballast.unlink()
    bench.check_whole(small_disk, "alone")


def test_failing_write_step_costs_one_sentence(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    dice = random.Random(turn)
    mode = ("alone", "workers", "batch", "isolated")[(turn // 2) % 4]
    results = tmp_path / mode
    fault, why = (("ENOSPC", "No space left on device"), ("EIO", "Input/output error"))[turn % 2]
    bench.injected[f"{fault} in the writing of files, {mode}"] += 1
    status, said = bench.ran(bench.words(results, mode), FAULT=f"{fault} {bench.step(dice, mode) // 2}")
    if status:  # if nothing more is written to the failing disk, nothing is noticed
        check_sentence(status, said, why)
    assert not list(results.rglob("*.tmp"))
    bench.check_partly(results, mode)
    bench.check_whole(results, mode)


def test_file_size_limit_costs_one_sentence(bench: FaultHarness, tmp_path: Path) -> None:
    bench.whole("alone")
    bench.injected["a limit on the size of files"] += 1
    status, said = bench.ran(bench.words(tmp_path), FSIZE=700)
    check_sentence(status, said, "File too large")
    bench.check_partly(tmp_path, "alone")
    bench.check_whole(tmp_path, "alone")


def test_unwritable_log_does_not_block_the_tracker(bench: FaultHarness, tmp_path: Path) -> None:
    """Its output must be read anyway: the tracker would block on the pipe, and seem slow."""
    bench.injected["a log that cannot be written"] += 1
    (where(tmp_path) / "tracker.log").mkdir(parents=True)
    script = bench.folder / "chatty.py"
    script.write_text(CHATTY)
    words = [*bench.words(tmp_path), "--frame-timeout", "5"]
    words[words.index("--tracker") + 1] = f"process:python3 {script}"
    status, said = bench.ran(words)
    assert (status, "4 of 4 sequences ok" in said) == (0, True), said


CHATTY = """
import sys
print('{"ready": 1}', flush=True)
for line in sys.stdin:
    print("x" * 3000, file=sys.stderr, flush=True)
    print('{"box": [1, 2, 3, 4]}', flush=True)
"""


@pytest.fixture
def restricted(tmp_path: Path) -> tuple[str, ...]:
    """The prefix of a command that makes permissions apply: root runs without its override capabilities."""
    if os.getuid() != 0:
        return ()
    drop = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    try:
        tried = subprocess.run([*drop, "touch", str(closed / "file")], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs the program setpriv")
    if b"Permission denied" not in tried.stderr:
        pytest.skip(f"permissions do not apply here: {tried.stderr.decode().strip()}")
    return drop


@pytest.mark.turns(1, 3)
def test_read_only_folder_is_refused_before_the_run(
    bench: FaultHarness, tmp_path: Path, restricted: tuple[str, ...], turn: int
) -> None:
    what = ("the run's folder", "the folder of results", "the manifest and its folder")[turn]
    bench.whole("alone")
    bench.injected["read-only files and folders"] += 1
    results = tmp_path / "results"
    results.mkdir()
    if what != "the folder of results":
        assert bench.went_well([*bench.words(results), "--sequences", "one"])[0] == 0
    if "manifest" in what:
        (where(results) / "run.json").chmod(0o444)
    for folder in (results, *results.rglob("*/")):
        folder.chmod(0o555)
    status, said = bench.ran(bench.words(results), before=restricted)
    check_sentence(status, said, "Permission denied")
    assert "[1/" not in said, "the error comes before anything is run"
    for folder in (results, *results.rglob("*/")):
        folder.chmod(0o755)
    bench.check_whole(results, "alone")


def test_disk_that_becomes_read_only(bench: FaultHarness, tmp_path: Path) -> None:
    bench.injected["EROFS in the writing of files"] += 1
    bench.whole("alone")
    status, said = bench.ran(bench.words(tmp_path), FAULT="EROFS 20")
    check_sentence(status, said, f"Read-only file system; {KEPT}")
    assert 0 < len(list(where(tmp_path).glob("*.time.txt"))) < len(LENGTHS)
    bench.check_whole(tmp_path, "alone")
