from __future__ import annotations

import io
import os
import stat
import tarfile
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZipFile, ZipInfo

import pytest

from benchmarks.store.formats import members
from benchmarks.store.formats.members import open_members
from trackers.errors import UserError


def zipped(path: Path, content: dict[str, bytes]) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, mode: str, content: dict[str, bytes]) -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def test_folder_zip_and_single_file_read_alike(tmp_path, write):
    content = {"a/b.txt": b"1", "c.txt": b"\xef\xbb\xbf2"}
    for path in (write(content), zipped(tmp_path / "x.zip", content)):
        with open_members(path) as files:
            assert files.names == ("a/b.txt", "c.txt")
            assert files.read("a/b.txt") == b"1"
            assert files.text("c.txt") == "2"
            assert files.where("c.txt") == f"{path}/c.txt"
    single = tmp_path / "given" / "c.txt"
    with open_members(single) as files:
        assert files.names == ("c.txt",)
        assert files.text("c.txt") == "2"
        assert files.where("c.txt") == str(single)


def test_links_and_unsafe_paths_are_skipped(tmp_path, write):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    root = write({"a.txt": b"1", ".hidden": b"", "__MACOSX/a.txt": b""})
    (root / "link.txt").symlink_to(outside / "secret.txt")
    (root / "folder").symlink_to(outside)
    with open_members(root) as files:
        assert files.names == ("a.txt",)
        assert set(files.unsafe) == {".hidden", "__MACOSX/a.txt", "link.txt", "folder"}

    names = [
        "../up.txt",
        "/absolute.txt",
        "b/../../up.txt",
        "c:/d.txt",
        "..\\e.txt",
        "new\nline.txt",
        "g//h.txt",
    ]
    path = zipped(tmp_path / "x.zip", {"a.txt": b"1", **dict.fromkeys(names, b"")})
    link = ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with open_members(path) as files:
        assert files.names == ("a.txt",)
        assert len(files.unsafe) == len(names) + 1
        assert all(name.isprintable() for name in files.unsafe)


def test_pipe_is_skipped(write):
    root = write({"a.txt": b"1"})
    os.mkfifo(root / "pipe.txt")
    with open_members(root) as files:
        assert files.names == ("a.txt",)


def test_size_limits_apply_to_unpacked_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(members, "MEMBER_LIMIT", 1 << 20)
    bomb = zipped(tmp_path / "bomb.zip", {"a.txt": b"0" * (3 << 20), "b.txt": b"0" * 1000})
    assert bomb.stat().st_size < 10_000
    with open_members(bomb) as files:
        with pytest.raises(UserError, match=r"bomb\.zip/a\.txt: larger than 1 MiB"):
            files.read("a.txt")
        files.unread = 999
        with pytest.raises(UserError, match="larger than 2 GiB together"):
            files.read("b.txt")


def test_number_of_files_is_limited(tmp_path, write, monkeypatch):
    monkeypatch.setattr(members, "COUNT_LIMIT", 3)
    content = {f"{i}.txt": b"" for i in range(4)}
    for path in (write(content), zipped(tmp_path / "x.zip", content)):
        with pytest.raises(UserError, match="more than 3 files"), open_members(path):
            pass


def test_damaged_zip_is_refused_in_one_sentence(tmp_path):
    whole = zipped(tmp_path / "x.zip", {"a.txt": bytes(range(256)) * 40}).read_bytes()
    broken = tmp_path / "broken.zip"
    broken.write_bytes(whole[:60] + b"\xff\x00\xff" + whole[63:])
    with open_members(broken) as files, pytest.raises(UserError, match=r"a\.txt: cannot be unpacked"):
        files.read("a.txt")

    broken.write_bytes(whole[:20] + whole[-22:])
    with pytest.raises(UserError, match="a damaged zip file"), open_members(broken):
        pass

    # As if it spanned several disks, for which `is_zipfile` raises.
    broken.write_bytes(whole[:-22] + b"PK\x06\x07" + bytes(12) + b"\x02\0\0\0" + whole[-22:])
    with pytest.raises(UserError, match="a damaged zip file"), open_members(broken):
        pass

    with pytest.raises(UserError, match="there is no file or folder"), open_members(tmp_path / "none"):
        pass


@pytest.mark.parametrize("method", [ZIP_BZIP2, ZIP_LZMA])
def test_unusual_zip_compression_is_refused(tmp_path, method):
    path = tmp_path / "odd.zip"
    with ZipFile(path, "w", method) as archive:
        archive.writestr("a.txt", "1,2,3,4")
    with (
        open_members(path) as files,
        pytest.raises(UserError, match=r"a\.txt: cannot be unpacked \(it is comp"),
    ):
        files.read("a.txt")


def test_zip_entry_without_name_is_skipped(tmp_path):
    path = zipped(tmp_path / "x.zip", {"a.txt": b"1", "b": b"2"})
    content = path.read_bytes()
    # In the directory's entry of "b": an empty name, and a comment of one byte instead.
    place = content.rindex(b"PK\x01\x02")
    path.write_bytes(content[: place + 28] + bytes([0, 0, 0, 0, 1, 0]) + content[place + 34 :])
    with open_members(path) as files:
        assert files.names == ("a.txt",)
        assert files.unsafe == ("",)


def test_binary_file_is_not_text(write):
    root = write({"a.txt": b"\xff\xfe\x00"})
    with open_members(root) as files, pytest.raises(UserError, match="not a text file"):
        files.text("a.txt")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_names_are_refused(tmp_path):
    path = tmp_path / "x.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "1")
        archive.writestr("a.txt", "2")
    with pytest.raises(UserError, match="the same name"), open_members(path):
        pass


def test_backslashes_in_zip_names_become_slashes(tmp_path):
    path = zipped(tmp_path / "x.zip", {"T\\a.txt": b"1", "T\\times\\a_time.txt": b"2"})
    with open_members(path) as files:
        assert files.names == ("T/a.txt", "T/times/a_time.txt")
        assert files.read("T/times/a_time.txt") == b"2"


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_files_are_read(tmp_path, mode):
    path = tarred(tmp_path / "x.tar", mode, {"./T/b.txt": b"2", "./T/a.txt": b"1"})
    with open_members(path) as files:
        assert files.names == ("T/a.txt", "T/b.txt")
        assert (files.read("T/a.txt"), files.read("T/b.txt")) == (b"1", b"2")
        assert files.where("T/a.txt") == f"{path}/T/a.txt"


def test_links_and_unsafe_paths_in_tar_are_skipped(tmp_path):
    path = tarred(tmp_path / "x.tar", "w", {"a.txt": b"1", "../b.txt": b"2", "/c.txt": b"3"})
    with tarfile.open(path, "a") as archive:
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with open_members(path) as files:
        assert files.names == ("a.txt",)
        assert len(files.unsafe) == 3


def test_damaged_tar_is_refused_in_one_sentence(tmp_path):
    path = tarred(tmp_path / "x.tar.gz", "w:gz", {"a.txt": bytes(range(256)) * 40})
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(UserError, match=r"x\.tar\.gz: not a tar file, or a damaged one"), open_members(path):
        pass


def test_unpacked_tar_size_is_limited(tmp_path, monkeypatch):
    path = tarred(tmp_path / "x.tar.gz", "w:gz", {"a.txt": bytes(1 << 16)})
    monkeypatch.setattr(members, "TOTAL_LIMIT", 1 << 15)
    with pytest.raises(UserError, match="larger than 0 GiB together"), open_members(path):
        pass


@pytest.mark.parametrize(("start", "name"), [(b"Rar!\x1a\x07", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7z")])
def test_other_archives_are_named(tmp_path, start, name):
    path = tmp_path / "x"
    path.write_bytes(start + bytes(100))
    with pytest.raises(UserError, match=f"a {name} archive; unpack it"), open_members(path):
        pass


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_encodings_are_recognized(write, encoding):
    with open_members(write({"a.txt": "1,2,3,4\n".encode(encoding)})) as files:
        assert files.text("a.txt") == "1,2,3,4\n"
