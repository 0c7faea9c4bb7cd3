"""Targets: downloaded archives and listings."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterable

from benchmarks.datasets.downloads.archives import unpack
from benchmarks.datasets.downloads.sources import parse_listing
from benchmarks.store.formats.members import MEMBER_LIMIT, open_members
from tests.fuzz.target import Target
from tests.fuzz.targets.files import as_file, folder
from trackers.errors import UserError

_NAMES = ("a.txt", "b/c.txt", "../x", "/abs", "C:\\x", "b/", ".hidden", "__MACOSX/a.txt", "é.txt", "b")


def _check_members(data: bytes) -> None:
    with open_members(as_file("members.zip", data)) as members:
        assert list(members.names) == sorted(members.names)
        for name in members.names:
            assert not name.startswith(("/", "."))
            assert ".." not in name.split("/")
            try:
                assert len(members.read(name)) <= MEMBER_LIMIT
            except UserError as error:
                assert str(error)
        assert all(name.isprintable() for name in members.unsafe)


def _check_unpack(data: bytes) -> None:
    inside = folder() / "unpacked" / "inside"
    shutil.rmtree(inside.parent, ignore_errors=True)
    inside.mkdir(parents=True)
    try:
        unpack(as_file("dataset.zip", data), inside)
    except UserError:
        assert not list(inside.iterdir()), "a refused archive must leave nothing behind"
        raise
    finally:
        assert [path.name for path in inside.parent.iterdir()] == ["inside"], "it wrote outside its folder"
    for path in inside.rglob("*"):
        assert stat.S_IFMT(path.lstat().st_mode) in (stat.S_IFREG, stat.S_IFDIR)


_SEQUENCE = {
    "name": "ants1",
    "annotations": {"url": "ants1.zip", "checksum": "c0de"},
    "channels": {"color": {"url": "../images/ants1.zip"}},
}


def _check_listing(data: bytes) -> None:
    for archives in parse_listing(
        data, "http://data.votchallenge.net/vot2017/main/description.json"
    ).values():
        for archive in archives:
            assert isinstance(archive.url, str)


def _seeds() -> Iterable[bytes]:
    for names in (_NAMES[:2], *([name] for name in _NAMES), ["a.txt", "a.txt/b"]):
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w", method) as archive:
                for name in names:
                    archive.writestr(zipfile.ZipInfo(name), b"1,2,3,4\n" * 3, method)
            yield file.getvalue()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    yield file.getvalue()
    yield b"1,2,3,4\n"


def _tar_seeds() -> Iterable[bytes]:
    for mode in ("w", "w:gz", "w:bz2", "w:xz"):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode=mode, format=tarfile.USTAR_FORMAT) as archive:
            for name in _NAMES[:4]:
                info = tarfile.TarInfo(name)
                info.size = 8
                archive.addfile(info, io.BytesIO(b"1,2,3,4\n"))
        yield file.getvalue().rstrip(b"\0") + bytes(1024) if mode == "w" else file.getvalue()


_WORDS = (
    b"PK\x01\x02",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
    b"../",
    b"/",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
)
ZIP_RESULTS = Target("zip-results", _check_members, _seeds, _WORDS)
TAR_RESULTS = Target(
    "tar-results",
    _check_members,
    _tar_seeds,
    (b"ustar", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\x00", *_WORDS[4:]),
)
VOT_LISTING = Target(
    "vot-listing",
    _check_listing,
    lambda: [json.dumps({"sequences": [_SEQUENCE, {**_SEQUENCE, "name": "bag"}]}).encode()],
    (
        *(b'"sequences"', b'"name"', b'"annotations"', b'"channels"', b'"color"', b'"url"', b'"checksum"'),
        *(b"file:///", b"//host/", b"../", b"http://[", b"[]", b"{}", b"null"),
    ),
    share=0.5,
)
ZIP_DATASET = Target("zip-dataset", _check_unpack, _seeds, _WORDS, share=0.5)
