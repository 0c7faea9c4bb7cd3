"""Folders that are removed again if nothing arrives in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def new_folder(path: Path) -> Iterator[None]:
    """Makes a folder and the missing ones above it, and in the end removes those that are still empty.

    Folders that existed before are kept.

    Raises:
        OSError: the folder cannot be made.
    """
    made: list[Path] = []
    try:
        for folder in (*reversed(path.parents), path):
            if not folder.is_dir():
                folder.mkdir()
                made.append(folder)
        yield
    finally:
        for folder in reversed(made):
            try:
                folder.rmdir()
            except OSError:  # it holds something
                break
