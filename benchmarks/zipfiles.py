"""Zip archives: writing them, safety rules for those from outside, and the errors that damaged ones raise."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable
from lzma import LZMAError
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

ZIP_ERRORS = (BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError)
"""Raised for wrong checksums, passwords, unknown compression methods and damaged data. `zipfile` also raises
OSError, for damaged bzip2 data and for offsets before the beginning of the file."""


def is_unusual(entry: ZipInfo) -> bool:
    """Returns whether an entry is neither stored nor deflated, the methods that zip files normally use.

    With LZMA the archive itself determines how much memory unpacking takes: a hundred bytes can ask for
    gigabytes.
    """
    return entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED)


_DATE = (1980, 1, 1, 0, 0, 0)
"""The date of the entries, so that the same files give the same bytes."""


def pack(files: Iterable[tuple[str, str | bytes]]) -> bytes:
    """Returns a zip archive of files, pairs of a path and a content; the same bytes for the same files."""
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for path, content in files:
            entry = ZipInfo(path, _DATE)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()
