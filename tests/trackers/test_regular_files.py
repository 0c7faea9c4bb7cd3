"""Pipes, devices and too large files are refused before they are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trackers.regular_files import is_folder, is_regular, may_exist, open_regular, path_exists, read_regular


def test_regular_file_and_link_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_regular(tmp_path / "file", 7) == read_regular(tmp_path / "link", 7) == b"content"
    with open_regular(tmp_path / "file", 7) as file:
        assert file.read(3) == b"con"


def test_pipes_and_devices_are_refused_without_blocking(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    for name in ("pipe", "device"):
        with pytest.raises(OSError, match="it is a pipe or a device, not a file") as refused:
            read_regular(tmp_path / name, 100)
        assert refused.value.filename == str(tmp_path / name)
    with pytest.raises(IsADirectoryError):
        read_regular(tmp_path, 100)
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "none", 100)


def test_too_large_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(OSError, match="it has more than 100 bytes"):
        read_regular(tmp_path / "sparse", 100)
    with pytest.raises(OSError, match="it has more than 10 bytes"):  # reports a size of 0
        read_regular("/proc/self/status", 10)


def test_unreadable_path_may_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not may_exist(tmp_path / "none")
    assert may_exist(tmp_path)

    def denied(*given: object, **named: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", denied)
    assert may_exist(tmp_path / "none")


def test_unreadable_folder_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert is_folder(tmp_path)
    assert is_regular(tmp_path / "file")
    for nothing in (tmp_path / "none", tmp_path / "file" / "none", tmp_path / "loop", Path("zero\0byte")):
        assert not any(asks(nothing) for asks in (path_exists, is_folder, may_exist, is_regular))

    def denied(*given: object, **named: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", denied)
    for asks in (path_exists, is_folder, is_regular):
        with pytest.raises(PermissionError):
            asks(tmp_path)
