"""Paths and names as callers of the API give them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from numbers import Integral
from pathlib import Path
from typing import TypeAlias

from benchmarks.datasets import default_data_root
from trackers.errors import UserError

AnyPath: TypeAlias = str | os.PathLike[str]


def to_names(names: str | Iterable[str] | None) -> list[str] | None:
    """Returns names as a list, also a single one; None stays None.

    Raises:
        UserError: there are no names, or they are not text.
    """
    if names is None:
        return None
    listed = [names] if isinstance(names, str) else list(names)
    if not listed:
        raise UserError("an empty list of names selects nothing; give None for all")
    if not all(isinstance(name, str) for name in listed):
        raise UserError(f"names are text, not {listed!r}")
    return listed


def check_numbers(**numbers: tuple[object, int | None]) -> None:
    """Checks integers by name: each with its least value, or None for any; None is a default.

    Raises:
        UserError: one is not an integer, or too small.
    """
    for name, (value, least) in numbers.items():
        whole = isinstance(value, Integral) and not isinstance(value, bool)
        if value is not None and not (whole and (least is None or value >= least)):  # type: ignore[operator]
            bound = "" if least is None else f" of {least} or more"
            raise UserError(f"{name} is an integer{bound}, not {value!r}")


def to_path(path: AnyPath) -> Path:
    """Returns a path with `~` expanded.

    Raises:
        UserError: it is not a path.
    """
    if not isinstance(path, str | os.PathLike):
        raise UserError(f"a path is text or a pathlib.Path, not {path!r}")
    return Path(path).expanduser()


def to_data_root(path: AnyPath | None) -> Path | None:
    """Returns the folder of data sets: the one given, or the one that `SOTBENCH_DATA` names, if any."""
    return default_data_root() if path is None else to_path(path)
