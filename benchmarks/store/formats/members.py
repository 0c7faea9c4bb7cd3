"""Safe access to the files of downloaded results: a folder, a zip or tar file, or a single file.

Nothing is unpacked into the file system, links are not followed, and sizes are limited, so that a damaged or
malicious file causes an error message and nothing else.
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
"""Bytes of one file. Published files have up to 2 MB (TRE of OTB's longest sequence)."""
TOTAL_LIMIT = 2 << 30
"""Bytes of all files together."""
COUNT_LIMIT = 20_000
"""Files in a folder or archive."""


@dataclass
class Members:
    """Files by name, relative to the folder or zip file and with `/` between folders.

    Attributes:
        path: the folder, zip or tar file or single file.
        names: the files that can be read, sorted.
        unsafe: printable names of skipped entries: links, hidden files, paths that lead outside.
        archive: the open zip or tar file, if it is one.
        stored: an archive's own name of a file, where it differs from the name here.
        unread: number of bytes that may still be read.
    """

    path: Path
    names: tuple[str, ...]
    unsafe: tuple[str, ...]
    archive: ZipFile | tarfile.TarFile | None = None
    stored: Mapping[str, str] = field(default_factory=dict)
    unread: int = TOTAL_LIMIT

    def where(self, name: str) -> str:
        """Returns the path of a file for messages."""
        return str(self.path) if self._single else f"{self.path}/{name}"

    @property
    def _single(self) -> bool:
        return self.archive is None and self.path.is_file()

    def read(self, name: str) -> bytes:
        """Reads a whole file.

        Raises:
            UserError: it cannot be read, or is too large for a file of results.
        """
        try:
            content = self._read(name, min(MEMBER_LIMIT, self.unread) + 1)
        except (*ZIP_ERRORS, tarfile.TarError) as error:
            raise UserError(f"{self.where(name)}: cannot be unpacked ({error})") from None
        except OSError as error:
            raise UserError(f"{self.where(name)}: {error.strerror or error}") from None
        if len(content) > MEMBER_LIMIT:
            raise UserError(
                f"{self.where(name)}: larger than {MEMBER_LIMIT >> 20} MiB, too large for results"
            )
        self.unread -= len(content)
        if self.unread < 0:
            raise UserError(f"{self.path}: its files are larger than {TOTAL_LIMIT >> 30} GiB together")
        return content

    def text(self, name: str) -> str:
        """Reads a file as text: UTF-8, or UTF-16 with a byte-order mark, which is dropped.

        Raises:
            UserError: it cannot be read, or is not text.
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
            # The size that a zip file states may be wrong; the limit applies to the unpacked bytes.
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
        UserError: it does not exist, cannot be read, or holds too many files.
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
    elif compression := _tar_compression(path):
        with tempfile.TemporaryFile() as plain, _open_tar(path, compression, plain) as tar:
            yield _members(path, _list_tar(tar, path), tar)
    else:
        if other := _other_archive(path):
            raise UserError(f"{path}: {other} archive; unpack it and name the folder")
        yield _members(path, [(path.name, True)])


def _looks_like_zip(path: Path) -> bool:
    try:
        return is_zipfile(path)
    except ZIP_ERRORS:  # the file ends like a zip file that spans several disks
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
        # Some Windows tools write backslashes between folders, and names in tar files may begin with "./".
        slashed = [(name.replace("\\", "/").removeprefix("./"), name, regular) for name, regular in found]
        if len({name for name, _, _ in slashed}) == len(found):
            stored = {new: old for new, old, _ in slashed if new != old}
            found = [(new, regular) for new, _, regular in slashed]
    names = sorted(name for name, regular in found if regular and _is_safe(name))
    unsafe = sorted(_printable(name) for name, regular in found if not (regular and _is_safe(name)))
    return Members(path, tuple(names), tuple(unsafe), archive, stored)


def _list_folder(path: Path) -> list[tuple[str, bool]]:
    """Returns names and whether each is a regular file; stops soon after the limit of files."""
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
    """Returns names and whether each is a regular file, according to the zip file's directory."""
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    kinds = {info.filename: stat.S_IFMT(info.external_attr >> 16) for info in infos}
    if len(kinds) < len(infos):
        raise UserError(f"{path}: two of its files have the same name; unpack it and name the folder")
    return [(name, kind in (0, stat.S_IFREG)) for name, kind in kinds.items()]


def _tar_compression(path: Path) -> str:
    """Returns the compression of a tar file (`gzip`, `bz2`, `lzma` or `plain`); empty if it is not one."""
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError:
        return ""
    for compression, mark in (("gzip", b"\x1f\x8b"), ("bz2", b"BZh"), ("lzma", b"\xfd7zXZ\x00")):
        if start.startswith(mark):
            return compression
    return "plain" if start[257:262] == b"ustar" else ""


def _open_compressed(path: Path, compression: str) -> IO[bytes]:
    if compression == "gzip":
        return cast("IO[bytes]", gzip.open(path))
    if compression == "bz2":
        return cast("IO[bytes]", bz2.open(path))
    return cast("IO[bytes]", lzma.open(path)) if compression == "lzma" else path.open("rb")


def _open_tar(path: Path, compression: str, plain: IO[bytes]) -> tarfile.TarFile:
    """Opens a tar file after decompressing it, up to the size limit, into the temporary file `plain`.

    Raises:
        UserError: it is damaged, too large, or not a tar file.
    """
    try:
        with _open_compressed(path, compression) as packed:
            while block := packed.read(1 << 20):
                plain.write(block)
                if plain.tell() > TOTAL_LIMIT:
                    raise UserError(f"{path}: its files are larger than {TOTAL_LIMIT >> 30} GiB together")
        plain.seek(0)
        return tarfile.open(fileobj=plain, mode="r:")
    except (*ZIP_ERRORS, tarfile.TarError, OSError) as error:
        raise UserError(f"{path}: not a tar file, or a damaged one ({error})") from None


def _list_tar(archive: tarfile.TarFile, path: Path) -> list[tuple[str, bool]]:
    """Returns names and whether each is a regular file; stops soon after the limit of files."""
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
        and name == str(PurePosixPath(name))  # `zipfile` finds a//b by that name only
        and name.isprintable()
        and "\\" not in name
        and not name.startswith("/")
        and not any(part.startswith(".") or part == "__MACOSX" or ":" in part for part in parts)
    )


def _printable(name: str) -> str:
    return name if name.isprintable() else ascii(name)
