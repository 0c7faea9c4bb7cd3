"""The lock of a folder; tests/faults/test_two_at_once.py has real runs compete for one."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from benchmarks.store import FolderLock
from trackers.errors import UserError


def test_second_holder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with FolderLock(folder) as lock:
        assert lock.is_held()
        with pytest.raises(UserError, match=rf"process {os.getpid()} on .* is writing into {folder}; wait"):
            FolderLock(folder).acquire()
        assert lock.is_held()
    with FolderLock(folder):
        pass


def test_release_removes_only_what_it_created(tmp_path: Path) -> None:
    with FolderLock(tmp_path / "a" / "b"):
        pass
    assert not list(tmp_path.iterdir()), "folders that it created are removed"
    (tmp_path / "c").mkdir()
    with FolderLock(tmp_path / "c"):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["c"]
    with FolderLock(tmp_path / "d"):
        (tmp_path / "d" / "result").touch()
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["result"]


def test_leftover_file_does_not_lock(tmp_path: Path) -> None:
    (tmp_path / "run.lock").write_text("process 1 on elsewhere")
    with FolderLock(tmp_path) as lock:
        assert lock.is_held()


def test_removed_folder_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    with FolderLock(folder) as lock:
        shutil.rmtree(folder)
        assert not lock.is_held()
        with FolderLock(folder) as other:
            assert other.is_held()
            assert not lock.is_held()
    assert not folder.exists()


def test_removed_working_directory_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(FileNotFoundError):
        FolderLock(Path("results")).acquire()


def test_folder_removed_while_created_is_retried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`Path.mkdir` raises FileExistsError if the folder was there at first and gone when it looked again."""
    mkdir, raced = Path.mkdir, iter([True, True])

    def race(path: Path, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        if next(raced, False):
            raise FileExistsError(errno.EEXIST, "File exists", str(path))
        mkdir(path, mode, parents, exist_ok)

    monkeypatch.setattr(Path, "mkdir", race)
    with FolderLock(tmp_path / "a") as lock:
        assert lock.is_held()


def test_file_in_place_of_folder_raises(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    for folder in (tmp_path / "a", tmp_path / "a" / "b" / "c"):
        with pytest.raises(UserError, match=f"^{tmp_path / 'a'} is a file, not a folder; give another path$"):
            FolderLock(folder).acquire()


def test_concurrent_holders_exclude_each_other(tmp_path: Path) -> None:
    """Each removes the file, and the folder if it is empty, while others open them."""
    inside, most, refused = 0, 0, 0
    count = threading.Lock()

    def acquire_and_release() -> None:
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

    threads = [threading.Thread(target=acquire_and_release) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert refused < 800


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_file_system_without_locks_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    def none(handle: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", none)
    with FolderLock(tmp_path / "a") as lock:
        assert lock.is_held()
    assert "its file system has no locks; make sure that nothing else" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_lock_taken_by_another_is_not_released(tmp_path: Path) -> None:
    """As when a run's folder was removed, and another run has taken its place."""
    lost = FolderLock(tmp_path / "a")
    lost.acquire()
    shutil.rmtree(tmp_path / "a")
    with FolderLock(tmp_path / "a") as lock:
        lost.release()
        with pytest.raises(UserError, match="is writing into"):
            lost.acquire()
        lost.release()
        assert lock.is_held()


def test_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    program = "import sys, time; from pathlib import Path; from benchmarks.store import FolderLock\n"
    program += "FolderLock(Path(sys.argv[1])).acquire(); print(flush=True); time.sleep(60)"
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(UserError, match=rf"process {holder.pid} on .* is writing into"):
            FolderLock(tmp_path).acquire()
        holder.kill()
    assert (tmp_path / "run.lock").exists()
    with FolderLock(tmp_path) as lock:
        assert lock.is_held()
