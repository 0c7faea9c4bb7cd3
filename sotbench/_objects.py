"""Trackers given as objects: a class, or a function that returns a tracker."""

from __future__ import annotations

import atexit
import hashlib
import inspect
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from trackers.catalogue import TrackerSpec
from trackers.errors import UserError
from trackers.provenance import Provenance
from trackers.tracker import BatchTracker, Tracker


@dataclass(frozen=True)
class ObjectSpec(TrackerSpec):
    """A tracker that only this process can build, such as a class defined in a notebook.

    Attributes:
        make: the class, or the function that returns a tracker.
        source: a file with its source code, whose digest identifies the code; None if it is not available.
    """

    make: Callable[..., Any] | None = None
    source: Path | None = None

    @staticmethod
    def of(
        make: Callable[..., Any],
        device: str,
        weights: Path | None,
        settings: Mapping[str, Any],
        *,
        in_this_process: bool,
    ) -> ObjectSpec:
        """Returns the tracker that `make` makes.

        Raises:
            UserError: `make` cannot be called, or another process would have to build the tracker.
        """
        if not callable(make):
            raise UserError(
                f"a tracker is a name, a class, or a function that returns one, not a {type(make).__name__}"
            )
        name = getattr(make, "__name__", type(make).__name__)
        if not in_this_process:
            raise UserError(
                f"other processes cannot import {name}, which is defined in this session; write it to a file "
                f"and give 'file.py:{name}'"
            )
        spec = ObjectSpec(f"session:{name}", device, weights, settings, make=make)
        try:
            code = textwrap.dedent(inspect.getsource(make))
        except (OSError, TypeError):
            return spec
        digest = hashlib.sha256(code.encode()).hexdigest()
        source = _source_folder() / f"{digest}.py"
        source.write_text(code, encoding="utf-8")
        return replace(spec, source=source)

    def factory(self) -> Callable[..., Any]:
        """Returns what makes the tracker."""
        assert self.make is not None
        return self.make

    def provenance(self, tracker: Tracker | BatchTracker) -> Provenance:
        """Returns what `tracker` runs on, and the file with its source code."""
        made = super().provenance(tracker)
        return replace(made, files=() if self.source is None else (self.source,))


@cache
def _source_folder() -> Path:
    """Returns a folder for source code, which is removed when Python exits."""
    folder = tempfile.mkdtemp(prefix="sotbench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def import_name(tracker: object) -> str | None:
    """Returns the `module:Class` by which other processes can import an object; None if they cannot."""
    module = getattr(tracker, "__module__", None)
    name = getattr(tracker, "__qualname__", None)
    if not module or not name or module == "__main__" or module not in sys.modules:
        return None
    if getattr(sys.modules[module], "__file__", None) is None:
        return None
    value: object = sys.modules[module]
    for part in name.split("."):
        value = getattr(value, part, None)
    return f"{module}:{name}" if value is tracker else None
