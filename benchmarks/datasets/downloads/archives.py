"""Unpacks downloaded zip archives after checking everything in them."""

from __future__ import annotations

import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath

from benchmarks.zipfiles import ZIP_ERRORS, is_unusual
from trackers.errors import UserError

MAX_RATIO = 200
"""Limit of unpacked to packed size. Images hardly shrink in a zip; text shrinks about tenfold."""
SMALL_BYTES = 1 << 26
"""Unpacked size up to which the ratio is not limited."""
_SYSTEM_FILES = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"}


class ArchiveError(UserError):
    """An archive is damaged or unsafe; nothing was unpacked."""


def unpack(
    archive: Path,
    folder: Path,
    label: str | None = None,
    wanted: Callable[[PurePosixPath], bool] | None = None,
) -> None:
    """Unpacks `archive` into `folder`, or nothing if a check fails.

    Checks that every name is unique and stays inside the folder, that entries are regular files and folders,
    that sizes are plausible and fit on the disk, and every file's checksum. Files of operating systems
    (`__MACOSX`, `Thumbs.db`) are skipped.

    Args:
        archive: a zip file.
        folder: the destination, created if missing.
        label: the archive's name in messages; the file's name by default.
        wanted: returns whether a path is unpacked; everything by default. Names are checked in any case.

    Raises:
        ArchiveError: a check failed.
        OSError: the disk is full, or cannot be written for another reason.
    """
    label = label or archive.name
    try:
        with _opened(archive, label) as content:
            entries = _check(content, label, archive.stat().st_size, existing_folder(folder), wanted)
            for path, entry in entries:
                target = folder / path
                if entry.is_dir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with content.open(entry) as source, target.open("xb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
    except ZIP_ERRORS as error:
        raise ArchiveError(f"{label} is not a complete zip archive ({error})") from None


def _opened(archive: Path, label: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except OSError as error:
        raise ArchiveError(f"{label} cannot be read as a zip archive ({error})") from None


def _check(
    content: zipfile.ZipFile,
    label: str,
    packed: int,
    place: Path,
    wanted: Callable[[PurePosixPath], bool] | None,
) -> list[tuple[PurePosixPath, zipfile.ZipInfo]]:
    """Checks an archive and returns the entries to unpack."""
    kinds: dict[PurePosixPath, bool] = {}
    entries = []
    for entry in content.infolist():
        if problem := _problem(entry):
            raise ArchiveError(f"{label} is unsafe: its entry {entry.orig_filename!r} {problem}")
        path = PurePosixPath(entry.filename)
        if path in kinds and not (entry.is_dir() and kinds[path]):
            raise ArchiveError(f"{label} is unsafe: its entry '{path}' occurs twice")
        kinds[path] = entry.is_dir()
        if not _SYSTEM_FILES.intersection(path.parts) and (wanted is None or wanted(path)):
            entries.append((path, entry))
    for path in kinds:
        for parent in path.parents:
            if kinds.get(parent) is False:
                raise ArchiveError(f"{label} is unsafe: '{parent}' is both a file and a folder")
    if (whole := sum(entry.file_size for entry in content.infolist())) > max(SMALL_BYTES, MAX_RATIO * packed):
        raise ArchiveError(f"{label} is unsafe: it would unpack to {whole} bytes")
    size = sum(entry.file_size for _, entry in entries)
    if size > (free := shutil.disk_usage(place).free):
        raise ArchiveError(f"{label} unpacks to {size} bytes, but {place} has {free} free; make room")
    for _, entry in entries:
        _check_content(content, entry, label)
    return entries


def _check_content(content: zipfile.ZipFile, entry: zipfile.ZipInfo, label: str) -> None:
    """Reads an entry to its end, where its checksum is compared."""
    try:
        with content.open(entry) as source:
            while source.read(1 << 20):
                pass
    except zipfile.BadZipFile:
        raise ArchiveError(f"{label} is damaged: its entry '{entry.filename}' has a wrong checksum") from None
    except OSError as error:
        raise ArchiveError(f"{label} cannot be read as a zip archive ({error})") from None


def _problem(entry: zipfile.ZipInfo) -> str:
    """Returns why an entry must not be unpacked; "" if it may be."""
    # Later versions of Python use a second name, from the entry's extra field.
    for name in (entry.orig_filename, entry.filename):
        if any(character < " " for character in name) or "\\" in name:
            return "has control characters or backslashes in its name"
        if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive:
            return "has an absolute path"
        if ".." in PurePosixPath(name).parts or not PurePosixPath(name).parts:
            return "leads out of its folder"
    # The Unix file type; 0 in archives packed on other systems.
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device"
    if entry.flag_bits & 1:
        return "is encrypted"
    if is_unusual(entry):
        return "has an unusual compression method"
    return ""


def existing_folder(folder: Path) -> Path:
    """Returns a folder, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())
