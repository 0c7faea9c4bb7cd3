from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.running.parallel.file_transfer import TransferredFile, files_to_transfer, with_local_files
from trackers.catalogue import TrackerSpec
from trackers.errors import UserError


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of this test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    return tmp_path


@pytest.fixture
def parcel(place: Path) -> TransferredFile:
    (place / "w.bin").write_bytes(b"weights")
    return files_to_transfer(TrackerSpec("siamfc", weights=place / "w.bin"))["weights"]


def never() -> bytes:
    raise AssertionError("it was sent though it is there")


def test_a_file_that_is_there_is_not_sent(parcel: TransferredFile) -> None:
    assert parcel.local_path(never) == parcel.path


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"other")])
def test_one_that_is_not_there_or_differs_is_sent_once(
    parcel: TransferredFile, spoil: Callable[[Path], object]
) -> None:
    spoil(parcel.path)
    copy = parcel.local_path(lambda: b"weights")
    assert copy != parcel.path
    assert copy.name == "w.bin"
    assert copy.read_bytes() == b"weights"
    assert parcel.local_path(never) == copy
    copy.write_bytes(b"cut")
    assert parcel.local_path(lambda: b"weights").read_bytes() == b"weights"


def test_nobody_elses_folder_is_trusted(parcel: TransferredFile, place: Path) -> None:
    parcel.path.unlink()
    folder = place / "tmp" / f"sotbench-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(UserError, match="is open to others; remove it"):
        parcel.local_path(lambda: b"weights")


def test_what_travels(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    Path("mine.py").write_text("class Mine: pass")
    Path("w.bin").write_bytes(b"weights")
    spec = TrackerSpec("mine.py:Mine", weights=Path("w.bin"))
    assert {what: parcel.path for what, parcel in files_to_transfer(spec).items()} == {
        "tracker": place / "mine.py",
        "weights": place / "w.bin",
    }
    there = with_local_files(spec, {"tracker": Path("/x/mine.py"), "weights": Path("/x/w.bin")})
    assert (there.tracker, there.weights) == ("/x/mine.py:Mine", Path("/x/w.bin"))
    assert with_local_files(spec, {}) == spec


@pytest.mark.parametrize(
    "tracker", ["siamfc", "package.module:Class", "process:python mine.py", "trax:a.py:b"]
)
def test_what_is_installed_or_a_program_does_not_travel(tracker: str) -> None:
    assert files_to_transfer(TrackerSpec(tracker)) == {}


def test_a_file_that_is_missing_is_said(place: Path) -> None:
    with pytest.raises(UserError, match=r"absent\.py: No such file"):
        files_to_transfer(TrackerSpec(f"{place / 'absent.py'}:Mine"))
