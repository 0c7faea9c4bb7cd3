"""Zip archives from elsewhere, looked through before anything is written."""

from __future__ import annotations

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from benchmarks.zipfiles import ZIP_ERRORS, is_unusual
from trackers.errors import UserError

LARGEST_RATIO = 200
"""How many times its own size an archive may unpack to: images hardly shrink in a zip, text ten times."""
SMALL = 1 << 26
"""Bytes that an archive may unpack to whatever its own size."""
_LITTER = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"}


class ArchiveError(UserError):
    """An archive is damaged or not to be trusted; nothing of it was written."""


def unpack(archive: Path, folder: Path, called: str | None = None) -> None:
    """Unpacks all of `archive` into `folder`, which is made if need be, or nothing of it.

    Checked first: that every name stays inside the folder and is there once; that entries are plain files and
    folders; that sizes are sane and fit on the disk; every file's checksum. What operating systems leave
    behind (`__MACOSX`, `Thumbs.db`) is skipped.

    Args:
        archive: a zip file.
        folder: where its content goes.
        called: what messages call the archive; the file's name by default.

    Raises:
        ArchiveError: a check failed.
    """
    called = called or archive.name
    try:
        with _opened(archive, called) as content:
            _check(content, called, archive.stat().st_size, _existing(folder))
            for entry in content.infolist():
                path = PurePosixPath(entry.filename)
                if _LITTER.intersection(path.parts):
                    continue
                target = folder / path
                if entry.is_dir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with content.open(entry) as source, target.open("xb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
    except ZIP_ERRORS as error:
        raise ArchiveError(f"{called} is not a whole zip archive ({error})") from None


def _opened(archive: Path, called: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except OSError as error:
        raise ArchiveError(f"{called} cannot be read as a zip archive ({error})") from None


def _check(content: zipfile.ZipFile, called: str, packed: int, place: Path) -> None:
    kinds: dict[PurePosixPath, bool] = {}
    for entry in content.infolist():
        if why := _refused(entry):
            raise ArchiveError(f"{called} is not to be trusted: its entry {entry.orig_filename!r} {why}")
        path = PurePosixPath(entry.filename)
        if path in kinds and not (entry.is_dir() and kinds[path]):
            raise ArchiveError(f"{called} is not to be trusted: its entry '{path}' is there twice")
        kinds[path] = entry.is_dir()
    for path in kinds:
        for parent in path.parents:
            if kinds.get(parent) is False:
                raise ArchiveError(f"{called} is not to be trusted: '{parent}' is a file and a folder")
    size = sum(entry.file_size for entry in content.infolist())
    if size > max(SMALL, LARGEST_RATIO * packed):
        raise ArchiveError(f"{called} is not to be trusted: it would unpack to {size} bytes")
    if size > (free := shutil.disk_usage(place).free):
        raise ArchiveError(f"{called} unpacks to {size} bytes, but {place} has {free} free; make room")
    try:
        damaged = content.testzip()
    except OSError as error:
        raise ArchiveError(f"{called} cannot be read as a zip archive ({error})") from None
    if damaged:
        raise ArchiveError(f"{called} is damaged: its entry '{damaged}' has a wrong checksum")


def _refused(entry: zipfile.ZipInfo) -> str:
    """Why an entry must not be written, or an empty string."""
    # Later versions of Python take a second name from the entry's extra field; it is the one that is used.
    for name in (entry.orig_filename, entry.filename):
        if any(character < " " for character in name) or "\\" in name:
            return "has a name with odd characters"
        if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive:
            return "has an absolute path"
        if ".." in PurePosixPath(name).parts or not PurePosixPath(name).parts:
            return "leads out of its folder"
    # The file's Unix mode, where it was packed on Unix; 0 elsewhere.
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device"
    if entry.flag_bits & 1:
        return "is encrypted"
    if is_unusual(entry):
        return "is compressed in an unusual way"
    return ""


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())
