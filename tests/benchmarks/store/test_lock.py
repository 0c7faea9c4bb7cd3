"""A folder's lock; with real runs in tests/faults/test_two_at_once.py."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import threading
from pathlib import Path

import pytest

from benchmarks.store import FolderLock
from trackers.errors import UserError


def test_it_is_one_holders_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with FolderLock(folder) as lock:
        assert lock.is_held()
        with pytest.raises(UserError, match=rf"process {os.getpid()} on .* is writing into {folder}; wait"):
            FolderLock(folder).acquire()
        assert lock.is_held()
    with FolderLock(folder):
        pass


def test_it_leaves_nothing_and_takes_nothing_away(tmp_path: Path) -> None:
    with FolderLock(tmp_path / "a" / "b"):
        pass
    assert not list(tmp_path.iterdir()), "what it made goes with it"
    (tmp_path / "c").mkdir()
    with FolderLock(tmp_path / "c"):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["c"]
    with FolderLock(tmp_path / "d"):
        (tmp_path / "d" / "result").touch()
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["result"]


def test_a_file_that_is_left_behind_locks_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "run.lock").write_text("process 1 on elsewhere")
    with FolderLock(tmp_path) as lock:
        assert lock.is_held()


def test_that_the_folder_was_removed_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    with FolderLock(folder) as lock:
        shutil.rmtree(folder)
        assert not lock.is_held()
        with FolderLock(folder) as other:
            assert other.is_held()
            assert not lock.is_held()
    assert not folder.exists()


def test_a_working_directory_that_was_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(FileNotFoundError):
        FolderLock(Path("results")).acquire()


def test_a_folder_that_goes_while_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`Path.mkdir` raises FileExistsError if the folder was there at first and gone when it looked again."""
    mkdir, raced = Path.mkdir, iter([True, True])

    def race(path: Path, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        if next(raced, False):
            raise FileExistsError(errno.EEXIST, "File exists", str(path))
        mkdir(path, mode, parents, exist_ok)

    monkeypatch.setattr(Path, "mkdir", race)
    with FolderLock(tmp_path / "a") as lock:
        assert lock.is_held()


def test_a_file_in_the_folders_place(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(FileExistsError, match=f"'{tmp_path / 'a'}'"):
        FolderLock(tmp_path / "a").acquire()


def test_many_that_come_and_go_never_hold_it_together(tmp_path: Path) -> None:
    """Each removes the file, and the folder if it can, while others open them."""
    inside, most, refused = 0, 0, 0
    count = threading.Lock()

    def come_and_go() -> None:
        nonlocal inside, most, refused
        for _ in range(200):
            try:
                with FolderLock(tmp_path / "a" / "b"):
                    with count:
                        inside += 1
                        most = max(most, inside)
                    with count:
                        inside -= 1
            except UserError:
                with count:
                    refused += 1

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert refused < 800


def test_a_file_system_without_locks_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with FolderLock(tmp_path / "a") as lock:
        assert lock.is_held()
    assert "its file system keeps no locks; see to it that nothing else" in capsys.readouterr().err
