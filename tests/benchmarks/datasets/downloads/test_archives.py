"""Unpacking zip archives, and refusing unsafe ones."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.datasets.downloads import archives
from benchmarks.datasets.downloads.archives import ArchiveError, unpack


def pack(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_unpack_skips_files_of_operating_systems(tmp_path: Path) -> None:
    entries = {
        "Deer/": b"",
        "Deer/groundtruth_rect.txt": b"1,2,3,4",
        "Deer/img/0001.jpg": bytes(range(256)),
        "__MACOSX/Deer/._0001.jpg": b"x",
        "Deer/img/Thumbs.db": b"x",
    }
    unpack(pack(tmp_path / "a.zip", entries), tmp_path / "out")
    found = {p.relative_to(tmp_path / "out").as_posix(): p for p in (tmp_path / "out").rglob("*.*")}
    assert sorted(found) == ["Deer/groundtruth_rect.txt", "Deer/img/0001.jpg"]
    assert found["Deer/img/0001.jpg"].read_bytes() == bytes(range(256))


def link(entry: zipfile.ZipInfo) -> None:
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16


def device(entry: zipfile.ZipInfo) -> None:
    entry.external_attr = (stat.S_IFBLK | 0o666) << 16


def plain(entry: zipfile.ZipInfo) -> None:
    pass


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("/etc/passwd", plain, "has an absolute path"),
        ("//server/share/x", plain, "has an absolute path"),
        ("C:/windows/x", plain, "has an absolute path"),
        ("../x", plain, "leads out of its folder"),
        ("a/../../x", plain, "leads out of its folder"),
        ("..\\x", plain, "has control characters or backslashes in its name"),
        ("a\nb", plain, "has control characters or backslashes in its name"),
        ("link", link, "is a link or a device"),
        ("disk", device, "is a link or a device"),
    ],
)
def test_unsafe_entries_are_refused(
    tmp_path: Path, name: str, change: Callable[[zipfile.ZipInfo], None], expected: str
) -> None:
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("good.txt", "good")
        entry = zipfile.ZipInfo(name)
        change(entry)
        archive.writestr(entry, "bad")
    with pytest.raises(ArchiveError, match=rf"bad\.zip is unsafe: its entry .* {expected}"):
        unpack(path, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["bad.zip"]


@given(st.text(st.sampled_from("./\\aC: \0"), min_size=1, max_size=8))
def test_no_entry_name_escapes_the_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    place = tmp_path_factory.mktemp("names")
    archive = pack(place / "a.zip", {})
    with zipfile.ZipFile(archive, "w") as content:
        entry = zipfile.ZipInfo("placeholder")
        entry.filename = name
        content.writestr(entry, "x")
    (place / "inside").mkdir()
    try:
        unpack(archive, place / "inside" / "out")
    except ArchiveError:
        assert not any((place / "inside").iterdir())
    assert sorted(p.name for p in place.iterdir()) == ["a.zip", "inside"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_colliding_entries_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "1")
        archive.writestr("a", "2")
    with pytest.raises(ArchiveError, match="'a' occurs twice"):
        unpack(path, tmp_path / "out")
    pack(path, {"a": b"1", "a/b": b"2"})
    with pytest.raises(ArchiveError, match="'a' is both a file and a folder"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_zip_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "SMALL_BYTES", 1000)
    path = pack(tmp_path / "bomb.zip", {"zeros": bytes(1_000_000)})
    with pytest.raises(ArchiveError, match="would unpack to 1000000 bytes"):
        unpack(path, tmp_path / "out")
    monkeypatch.setattr(archives, "SMALL_BYTES", 1_000_000)
    monkeypatch.setattr("shutil.disk_usage", lambda place: type("Usage", (), {"free": 10}))
    with pytest.raises(ArchiveError, match="has 10 free; make room"):
        unpack(path, tmp_path / "out")


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("first.txt", "first")
        archive.writestr("second.txt", "second")
    whole = path.read_bytes()

    path.write_bytes(whole.replace(b"second", b"secund", 2).replace(b"secund", b"second", 1))
    with pytest.raises(ArchiveError, match=r"'second\.txt' has a wrong checksum"):
        unpack(path, tmp_path / "out")
    for content in (whole[:-30], b"<html>not found</html>", b""):
        path.write_bytes(content)
        with pytest.raises(ArchiveError, match=r"a\.zip is not a complete zip archive"):
            unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression_methods_are_refused(tmp_path: Path, method: int) -> None:
    path = tmp_path / "odd.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.txt", "1,2,3,4")
    with pytest.raises(ArchiveError, match="has an unusual compression method"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_both_names_of_an_entry_are_checked(tmp_path: Path) -> None:
    # Later versions of Python set this for an entry with a second name in its extra field.
    entry = zipfile.ZipInfo("good.txt")
    entry.filename = "../x"
    assert archives._problem(entry) == "leads out of its folder"


def test_offset_before_the_beginning_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"a.txt": b"1,2,3,4" * 9})
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    # A directory with a too large offset shifts all entries to before the file.
    content[-6:-2] = (directory + 40).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"a\.zip is not a complete zip archive|a\.zip cannot be read"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", {"secret": b"x"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match="is encrypted"):
        unpack(path, tmp_path / "out")
