"""What is asked of zip archives from elsewhere, and what `zipfile` raises on damaged ones."""

from __future__ import annotations

import zlib
from lzma import LZMAError
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipInfo

ZIP_ERRORS = (BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError)
"""A wrong checksum, a password, an unknown compression, damaged data: it has an exception for each. Beside
them it raises OSError, for damaged bzip2 and for offsets before the beginning of the file."""


def is_unusual(entry: ZipInfo) -> bool:
    """Whether an entry is packed by another method than those that zip files are made with.

    With LZMA the archive says how much memory it takes to unpack it: gigabytes, for a hundred bytes.
    """
    return entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED)
