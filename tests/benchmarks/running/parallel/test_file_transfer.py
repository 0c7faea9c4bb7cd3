from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.running.parallel.file_transfer import TransferredFile, files_to_transfer, with_local_files
from trackers.catalog import TrackerSpec
from trackers.errors import UserError


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns a folder; its `tmp` is the temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    return tmp_path


@pytest.fixture
def file(place: Path) -> TransferredFile:
    (place / "w.bin").write_bytes(b"weights")
    return files_to_transfer(TrackerSpec("siamfc", weights=place / "w.bin"))["weights"]


def never() -> bytes:
    raise AssertionError("it was sent although it exists")


def test_existing_file_is_not_sent(file: TransferredFile) -> None:
    assert file.local_path(never) == file.path


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"other")])
def test_missing_or_different_file_is_sent_once(
    file: TransferredFile, spoil: Callable[[Path], object]
) -> None:
    spoil(file.path)
    copy = file.local_path(lambda: b"weights")
    assert copy != file.path
    assert copy.name == "w.bin"
    assert copy.read_bytes() == b"weights"
    assert file.local_path(never) == copy
    copy.write_bytes(b"cut")
    assert file.local_path(lambda: b"weights").read_bytes() == b"weights"


def test_folder_writable_by_others_is_refused(file: TransferredFile, place: Path) -> None:
    file.path.unlink()
    folder = place / "tmp" / f"sotbench-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(UserError, match="can be written by others; remove it"):
        file.local_path(lambda: b"weights")


def test_weights_and_tracker_file_are_transferred(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    Path("mine.py").write_text("class Mine: pass")
    Path("w.bin").write_bytes(b"weights")
    spec = TrackerSpec("mine.py:Mine", weights=Path("w.bin"))
    assert {name: file.path for name, file in files_to_transfer(spec).items()} == {
        "tracker": place / "mine.py",
        "weights": place / "w.bin",
    }
    there = with_local_files(spec, {"tracker": Path("/x/mine.py"), "weights": Path("/x/w.bin")})
    assert (there.tracker, there.weights) == ("/x/mine.py:Mine", Path("/x/w.bin"))
    assert with_local_files(spec, {}) == spec


@pytest.mark.parametrize(
    "tracker", ["siamfc", "package.module:Class", "process:python mine.py", "trax:a.py:b"]
)
def test_installed_trackers_and_programs_are_not_transferred(tracker: str) -> None:
    assert files_to_transfer(TrackerSpec(tracker)) == {}


def test_missing_file_is_reported(place: Path) -> None:
    with pytest.raises(UserError, match=r"absent\.py: No such file"):
        files_to_transfer(TrackerSpec(f"{place / 'absent.py'}:Mine"))
