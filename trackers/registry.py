"""Lazy registries: trackers, and other things that users choose by name.

A `Registry` maps a name to a `"module:attribute"` string and a one-line summary. A module is imported when
its name is first used, so listing all trackers imports none. Besides built-in names, a registry finds entry
points of installed packages, and it accepts `package.module:Class` and `path/to/file.py:Class`.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from trackers.errors import UserError, describe_error

OWN_PACKAGES = ("trackers", "benchmarks", "reports", "sotbench")
"""The packages of this project."""
OWN_ROOT = Path(__file__).resolve().parents[1]
"""The folder that they are in."""


def did_you_mean(word: str, known: list[str]) -> str:
    """Returns `" (did you mean 'x'?)"` for the closest match in `known`, or `""` without one."""
    lowered = {name.casefold(): name for name in known}
    matches = difflib.get_close_matches(word.casefold(), lowered, n=1)
    return f" (did you mean '{lowered[matches[0]]}'?)" if matches else ""


def unknown_setting(tracker: str, name: str, known: list[str]) -> UserError:
    """Returns the error for a setting that a tracker does not have."""
    return UserError(
        f"tracker '{tracker}' has no setting '{name}'{did_you_mean(name, known)}; "
        f"its settings: {', '.join(known) or 'none'}"
    )


@dataclass(frozen=True)
class Entry:
    """A registered name: where it is defined, and a summary in one line."""

    target: str
    """`"module:attribute"`."""
    summary: str
    is_available: Callable[[], bool] = lambda: True
    """Returns whether it can be used here; if not, it is not listed. Imports nothing."""


class Registry:
    """Things that are chosen by name on the command line and imported on first use.

    Args:
        kind: their name in messages, such as `"tracker"`.
        entries: the built-in names.
        group: the entry-point group by which installed packages add names.
        by_path: whether `module:Class` and `file.py:Class` are accepted as well.
        hint: end of the message for an unknown name, which says how to list the known ones.
    """

    def __init__(
        self, kind: str, entries: Mapping[str, Entry], group: str = "", by_path: bool = False, *, hint: str
    ) -> None:
        self.kind = kind
        self.entries = dict(entries)
        self.group = group
        self.by_path = by_path
        self.hint = hint

    def __iter__(self) -> Iterator[str]:
        yield from (name for name, entry in self.entries.items() if entry.is_available())
        yield from (name for name in self._plugins() if name not in self.entries)

    def summary(self, name: str) -> str:
        """Returns a one-line summary of `name`; for a plug-in, where it comes from."""
        if name in self.entries:
            return self.entries[name].summary
        point = self._plugins()[name]
        return f"plug-in from {point.dist.name if point.dist else 'an installed package'} ({point.value})"

    def load(self, name: str) -> Any:
        """Imports and returns the thing called `name`.

        Raises:
            UserError: the name is unknown, or its module or attribute cannot be imported.
        """
        if name in self.entries:
            return _import(self.entries[name].target, f"{self.kind} '{name}'")
        plugins = self._plugins()
        if name in plugins:
            return _import(plugins[name].value, f"{self.kind} '{name}'")
        if self.by_path and ":" in name:
            return _import(name, f"{self.kind} '{name}'")
        forms = ", or give package.module:Class or path/file.py:Class" if self.by_path else ""
        raise UserError(
            f"there is no {self.kind} '{name}'{did_you_mean(name, list(self))}; {self.hint}{forms}"
        )

    def _plugins(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.group)} if self.group else {}


def _import(target: str, what: str) -> Any:
    """Imports `"package.module:attribute"` or `"path/file.py:attribute"`; `what` names it in messages."""
    place, _, attribute = target.rpartition(":")
    if not place or not attribute:
        raise UserError(f"{what} is not of the form package.module:Class or path/file.py:Class")
    try:
        module = _import_file(Path(place), what) if place.endswith(".py") else _import_module(place)
    except (UserError, KeyboardInterrupt):
        raise
    except BaseException as error:  # importing a plug-in may raise anything
        raise UserError(
            f"{what} cannot be imported: {describe_error(error)}{_clash(error, place)}"
        ) from error
    try:
        value: Any = module
        for part in attribute.split("."):
            value = getattr(value, part)
    except AttributeError:
        known = [name for name in vars(module) if not name.startswith("_")]
        raise UserError(f"{what}: {place} has no '{attribute}'{did_you_mean(attribute, known)}") from None
    return value


def _clash(error: BaseException, place: str) -> str:
    """Explains an ImportError caused by a package with the same name as one of ours; otherwise empty."""
    top = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if top not in OWN_PACKAGES:
        return ""
    ours = OWN_ROOT / top
    folders = [Path(entry or ".") for entry in ("", *sys.path)]
    if place.endswith(".py"):
        folders += list(Path(place).resolve().parents)
    others = (folder / name for folder in folders for name in (top, f"{top}.py"))
    if (other := next((path for path in others if path.exists() and path.resolve() != ours), None)) is None:
        return ""
    return (
        f"; '{top}' is also the name of a sotbench package, so Python cannot import {other}: rename it, or "
        "run the tracker as a separate program, --tracker process:COMMAND (docs/process-protocol.md)"
    )


def _import_module(name: str) -> ModuleType:
    # `python -m` searches the working directory for modules, a console script does not. Search it in both
    # cases, last, so that the same command works either way and no installed module is hidden.
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)
    return importlib.import_module(name)


def _import_file(path: Path, what: str) -> ModuleType:
    if not path.is_file():
        raise UserError(f"{what}: there is no file {path}")
    path = path.resolve()
    # A unique name for each file, so that two files called tracker.py do not replace each other.
    name = f"sotbench_file_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    # Let it import modules in its folder, as it could if it were run as a script.
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    try:
        # Not from Python's bytecode cache, which misses a file that is saved twice within a second.
        exec(compile(path.read_bytes(), path, "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module
