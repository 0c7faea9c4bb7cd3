"""Paths and names as callers of the API give them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from benchmarks.datasets import default_data_root

AnyPath: TypeAlias = str | os.PathLike[str]


def to_names(names: str | Iterable[str] | None) -> list[str] | None:
    """Returns names as a list, also a single one; None stays None."""
    if names is None:
        return None
    return [names] if isinstance(names, str) else list(names)


def to_path(path: AnyPath) -> Path:
    """Returns a path with `~` expanded."""
    return Path(path).expanduser()


def to_data_root(path: AnyPath | None) -> Path | None:
    """Returns the folder of data sets: the one given, or the one that `SOTBENCH_DATA` names, if any."""
    return default_data_root() if path is None else to_path(path)
