"""Sha256 digests of results, files and ground truth."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trackers.errors import UserError
from trackers.regular_files import LARGEST_WEIGHTS, open_regular


def digest(content: bytes) -> str:
    """Returns the sha256 of `content` in hex."""
    return hashlib.sha256(content).hexdigest()


def file_digest(path: Path) -> str:
    """Returns the sha256 of a file's content in hex.

    Raises:
        UserError: the file cannot be read, or is not a regular file.
    """
    try:
        with open_regular(path, LARGEST_WEIGHTS) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def truth_digest(truth: NDArray[np.float64]) -> str:
    """Returns the sha256 of ground truth as little-endian float64, which no separator in its file changes."""
    return digest(np.ascontiguousarray(truth, dtype="<f8").tobytes())
