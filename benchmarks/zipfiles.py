"""Safety rules for zip archives from outside, and the errors that `zipfile` raises for damaged ones."""

from __future__ import annotations

import zlib
from lzma import LZMAError
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipInfo

ZIP_ERRORS = (BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError)
"""Raised for wrong checksums, passwords, unknown compression methods and damaged data. `zipfile` also raises
OSError, for damaged bzip2 data and for offsets before the beginning of the file."""


def is_unusual(entry: ZipInfo) -> bool:
    """Returns whether an entry is neither stored nor deflated, the methods that zip files normally use.

    With LZMA the archive itself determines how much memory unpacking takes: a hundred bytes can ask for
    gigabytes.
    """
    return entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED)
