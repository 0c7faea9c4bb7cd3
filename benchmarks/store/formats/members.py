"""The files of other people's results: a folder, a zip or tar file or a single file, read with care.

Nothing is unpacked, links are not followed, and what is read is limited in size, so that a damaged or a
malicious file costs a sentence and nothing else.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import tarfile
import tempfile
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, cast
from zipfile import ZipFile, is_zipfile

from benchmarks.zipfiles import ZIP_ERRORS, is_unusual
from trackers.errors import UserError

MEMBER_LIMIT = 16 << 20
"""Bytes of one file. Published ones have up to 2 MB (TRE of OTB's longest sequence)."""
TOTAL_LIMIT = 2 << 30
"""Bytes of all files together."""
COUNT_LIMIT = 20_000
"""Files in a folder or zip file."""


@dataclass
class Members:
    """Files by name, relative to the folder or zip file and with `/` between folders.

    Attributes:
        path: the folder, zip or tar file or single file.
        names: what can be read, sorted.
        unsafe: names, printable, of what is left alone: links, hidden files, paths that lead elsewhere.
        archive: the open zip or tar file, if it is one.
        stored: what an archive calls a file whose name here is another.
        unread: how many bytes may still be read.
    """

    path: Path
    names: tuple[str, ...]
    unsafe: tuple[str, ...]
    archive: ZipFile | tarfile.TarFile | None = None
    stored: Mapping[str, str] = field(default_factory=dict)
    unread: int = TOTAL_LIMIT

    def where(self, name: str) -> str:
        """What messages call a file."""
        return str(self.path) if self._single else f"{self.path}/{name}"

    @property
    def _single(self) -> bool:
        return self.archive is None and self.path.is_file()

    def read(self, name: str) -> bytes:
        """Reads a whole file.

        Raises:
            UserError: it cannot be read, or is larger than any result.
        """
        try:
            content = self._read(name, min(MEMBER_LIMIT, self.unread) + 1)
        except (*ZIP_ERRORS, tarfile.TarError) as error:
            raise UserError(f"{self.where(name)}: cannot be unpacked ({error})") from None
        except OSError as error:
            raise UserError(f"{self.where(name)}: {error.strerror or error}") from None
        if len(content) > MEMBER_LIMIT:
            raise UserError(
                f"{self.where(name)}: larger than {MEMBER_LIMIT >> 20} MiB, which no file of results is"
            )
        self.unread -= len(content)
        if self.unread < 0:
            raise UserError(f"{self.path}: its files are larger than {TOTAL_LIMIT >> 30} GiB together")
        return content

    def text(self, name: str) -> str:
        """Reads a file as text: UTF-8, or UTF-16 that begins with a byte-order mark, which is dropped.

        Raises:
            UserError: it cannot be read, or is no text.
        """
        content = self.read(name)
        try:
            return content.decode("utf-16" if content[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8-sig")
        except UnicodeDecodeError:
            raise UserError(f"{self.where(name)}: not a text file") from None

    def _read(self, name: str, limit: int) -> bytes:
        stored = self.stored.get(name, name)
        if isinstance(self.archive, tarfile.TarFile):
            file = self.archive.extractfile(self.archive.getmember(stored))
            return file.read(limit) if file else b""
        if self.archive:
            # The size that a zip file states may be a lie: what counts is what comes out.
            if is_unusual(self.archive.getinfo(stored)):
                raise NotImplementedError("it is compressed in an unusual way")
            with self.archive.open(stored) as packed:
                return packed.read(limit)
        with (self.path if self._single else self.path / name).open("rb") as plain:
            return plain.read(limit)


@contextmanager
def open_members(path: Path) -> Iterator[Members]:
    """Opens a folder, a zip or tar file or a single file.

    Raises:
        UserError: there is no such thing, it cannot be read, or it holds more files than results do.
    """
    if not path.exists():
        raise UserError(f"there is no file or folder {path}")
    if path.is_dir():
        yield _members(path, _list_folder(path))
    elif _looks_like_zip(path):
        try:
            archive = ZipFile(path)
        except (*ZIP_ERRORS, OSError) as error:
            raise UserError(f"{path}: a damaged zip file ({error})") from None
        with archive:
            yield _members(path, _list_zip(archive, path), archive)
    elif packing := _tar_packing(path):
        with tempfile.TemporaryFile() as plain, _open_tar(path, packing, plain) as tar:
            yield _members(path, _list_tar(tar, path), tar)
    else:
        if other := _other_archive(path):
            raise UserError(f"{path}: {other} archive; unpack it and name the folder")
        yield _members(path, [(path.name, True)])


def _looks_like_zip(path: Path) -> bool:
    try:
        return is_zipfile(path)
    except ZIP_ERRORS:  # it ends like one that spans several disks
        return True


def _members(
    path: Path, found: list[tuple[str, bool]], archive: ZipFile | tarfile.TarFile | None = None
) -> Members:
    if len(found) > COUNT_LIMIT:
        raise UserError(
            f"{path} holds more than {COUNT_LIMIT} files; name the folder of one tracker's results"
        )
    stored: dict[str, str] = {}
    if archive:
        # Some tools of Windows put backslashes between folders, and tar files begin with "./".
        slashed = [(name.replace("\\", "/").removeprefix("./"), name, regular) for name, regular in found]
        if len({name for name, _, _ in slashed}) == len(found):
            stored = {new: old for new, old, _ in slashed if new != old}
            found = [(new, regular) for new, _, regular in slashed]
    names = sorted(name for name, regular in found if regular and _is_safe(name))
    unsafe = sorted(_printable(name) for name, regular in found if not (regular and _is_safe(name)))
    return Members(path, tuple(names), tuple(unsafe), archive, stored)


def _list_folder(path: Path) -> list[tuple[str, bool]]:
    """Names and whether each is a regular file; stops soon after the limit of files."""
    found: list[tuple[str, bool]] = []
    for folder, folders, files in os.walk(path):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in [*files, *links]:
            file = Path(folder) / name
            regular = file.is_file() and not file.is_symlink()
            found.append((file.relative_to(path).as_posix(), regular))
        if len(found) > COUNT_LIMIT:
            break
    return found


def _list_zip(archive: ZipFile, path: Path) -> list[tuple[str, bool]]:
    """Names and whether each is a regular file, as the zip file's directory has it."""
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    kinds = {info.filename: stat.S_IFMT(info.external_attr >> 16) for info in infos}
    if len(kinds) < len(infos):
        raise UserError(f"{path}: two of its files have the same name; unpack it and name the folder")
    return [(name, kind in (0, stat.S_IFREG)) for name, kind in kinds.items()]


def _tar_packing(path: Path) -> str:
    """How a tar file is packed, as its beginning tells: `gzip`, `bz2`, `lzma` or `plain`; else empty."""
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError:
        return ""
    for packing, mark in (("gzip", b"\x1f\x8b"), ("bz2", b"BZh"), ("lzma", b"\xfd7zXZ\x00")):
        if start.startswith(mark):
            return packing
    return "plain" if start[257:262] == b"ustar" else ""


def _unpacked(path: Path, packing: str) -> IO[bytes]:
    if packing == "gzip":
        return cast("IO[bytes]", gzip.open(path))
    if packing == "bz2":
        return cast("IO[bytes]", bz2.open(path))
    return cast("IO[bytes]", lzma.open(path)) if packing == "lzma" else path.open("rb")


def _open_tar(path: Path, packing: str, plain: IO[bytes]) -> tarfile.TarFile:
    """Opens a tar file, unpacked into the temporary file `plain` as far as results can be large.

    Raises:
        UserError: it is damaged, too large, or packs something else.
    """
    try:
        with _unpacked(path, packing) as packed:
            while block := packed.read(1 << 20):
                plain.write(block)
                if plain.tell() > TOTAL_LIMIT:
                    raise UserError(f"{path}: its files are larger than {TOTAL_LIMIT >> 30} GiB together")
        plain.seek(0)
        return tarfile.open(fileobj=plain, mode="r:")
    except (*ZIP_ERRORS, tarfile.TarError, OSError) as error:
        raise UserError(f"{path}: no tar file, or a damaged one ({error})") from None


def _list_tar(archive: tarfile.TarFile, path: Path) -> list[tuple[str, bool]]:
    """Names and whether each is a regular file; stops soon after the limit of files."""
    kinds: dict[str, bool] = {}
    try:
        for info in archive:
            if info.isdir():
                continue
            if info.name in kinds:
                raise UserError(f"{path}: two of its files have the same name; unpack it and name the folder")
            kinds[info.name] = info.isreg() and not info.issparse()
            if len(kinds) > COUNT_LIMIT:
                break
    except (*ZIP_ERRORS, tarfile.TarError, OSError) as error:
        raise UserError(f"{path}: a damaged tar file ({error})") from None
    return list(kinds.items())


def _other_archive(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(8)
    return {b"Rar!": "a RAR", b"7z\xbc\xaf": "a 7z"}.get(start[:4], "")


def _is_safe(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        bool(parts)
        and name == str(PurePosixPath(name))  # `zipfile` knows a//b by that name alone
        and name.isprintable()
        and "\\" not in name
        and not name.startswith("/")
        and not any(part.startswith(".") or part == "__MACOSX" or ":" in part for part in parts)
    )


def _printable(name: str) -> str:
    return name if name.isprintable() else ascii(name)
