"""Names for things that may be costly to import: trackers, and whatever else is chosen by name.

A `Registry` maps a name to a `"module:attribute"` string and a one-line summary; the module is imported
when the name is first used, so listing every tracker loads none of them. Beside the built-in names it
finds entry points of installed packages, and it takes `package.module:Class` and `path/to/file.py:Class`.
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

OWN_PACKAGES = ("trackers", "benchmarks", "reports")
"""The packages of this project that others may be called like."""


def did_you_mean(word: str, known: list[str]) -> str:
    """Returns `" (did you mean 'x'?)"` for the nearest of `known`, or `""` where none is near."""
    lowered = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), lowered, n=1)
    return f" (did you mean '{lowered[near[0]]}'?)" if near else ""


@dataclass(frozen=True)
class Entry:
    """One registered thing: where it is defined, and what it is in a line."""

    target: str
    """`"module:attribute"`."""
    summary: str
    is_available: Callable[[], bool] = lambda: True
    """Whether it can be used here; what cannot is not listed. Asked without importing anything."""


class Registry:
    """Things chosen by name on the command line, imported when first asked for.

    Args:
        kind: what one of them is called in messages: `"tracker"`.
        entries: the built-in names.
        group: the entry-point group through which installed packages add names.
        by_path: whether `module:Class` and `file.py:Class` are taken beside registered names.
        hint: what an unknown name's message ends with: how to see the names there are.
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
        """What `name` is, in one line; for a plug-in, where it comes from."""
        if name in self.entries:
            return self.entries[name].summary
        point = self._plugins()[name]
        return f"plug-in from {point.dist.name if point.dist else 'an installed package'} ({point.value})"

    def load(self, name: str) -> Any:
        """Imports and returns what `name` stands for.

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
    except BaseException as error:  # a plug-in's module may raise anything while it is imported
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
    """What to do where a module was looked for in our package, and another package of its name is at hand."""
    top = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if top not in OWN_PACKAGES:
        return ""
    ours = Path(__file__).resolve().parents[1] / top
    folders = [Path(entry or ".") for entry in ("", *sys.path)]
    if place.endswith(".py"):
        folders += list(Path(place).resolve().parents)
    others = (folder / name for folder in folders for name in (top, f"{top}.py"))
    if (other := next((path for path in others if path.exists() and path.resolve() != ours), None)) is None:
        return ""
    return (
        f"; sotbench has a package called '{top}' itself, and Python cannot import {other} beside it: rename "
        "that one, or run the tracker as a program of its own, --tracker process:COMMAND "
        "(docs/process-protocol.md)"
    )


def _import_module(name: str) -> ModuleType:
    # A console command does not look for modules in the working directory; `python -m` does. Look there in
    # both, last, so that the same words work either way and nothing installed is hidden.
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)
    return importlib.import_module(name)


def _import_file(path: Path, what: str) -> ModuleType:
    if not path.is_file():
        raise UserError(f"{what}: there is no file {path}")
    path = path.resolve()
    # A name of its own for every file, so that two files called tracker.py do not stand in for each other.
    name = f"sotbench_file_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    # Its neighbours can be imported as they could if the file were run.
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    try:
        # Compiled anew each time: Python's cache cannot tell a file that was saved twice within a second.
        exec(compile(path.read_bytes(), path, "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module
