"""Trackers given as objects: a class, or a function that returns a tracker."""

from __future__ import annotations

import atexit
import functools
import hashlib
import inspect
import shutil
import sys
import sysconfig
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path, PurePath
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from trackers.catalogue import TrackerSpec
from trackers.errors import UserError
from trackers.provenance import Provenance
from trackers.registry import OWN_PACKAGES
from trackers.tracker import BatchTracker, Tracker

_MAX_PARTS = 100_000
"""Parts of a description; an object of more counts as one that cannot be described."""


@dataclass(frozen=True)
class ObjectSpec(TrackerSpec):
    """A tracker that only this process can build, such as a class defined in a notebook.

    Attributes:
        make: the class, or the function that returns a tracker.
        source: a file that describes its code, whose digest identifies the code.
    """

    make: Callable[..., Any] | None = None
    source: Path | None = None

    @staticmethod
    def of(
        make: object,
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
            kind = type(make).__name__
            hint = f"; give `lambda: {kind}(...)`" if hasattr(make, "update") else ""
            raise UserError(
                f"a tracker is a name, a class, or a function that returns one, not a {kind}{hint}"
            )
        name = getattr(make, "__name__", type(make).__name__)
        if not in_this_process:
            raise UserError(
                f"other processes cannot import {name}, which is defined in this session; write it to a file "
                f"and give 'file.py:{name}'"
            )
        return ObjectSpec(
            f"session:{name}", device, weights, settings, make=make, source=_source_file(describe_code(make))
        )

    def factory(self) -> Callable[..., Any]:
        """Returns what makes the tracker."""
        assert self.make is not None
        return self.make

    def provenance(self, tracker: Tracker | BatchTracker) -> Provenance:
        """Returns what `tracker` runs on, and the file that identifies its code."""
        made = super().provenance(tracker)
        return replace(made, files=() if self.source is None else (self.source,))


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


def describe_code(make: object) -> str:
    """Returns a text that changes when the code of an object changes, or any value that it refers to.

    It covers bytecode, constants, defaults, closures, the arguments of a partial, base classes, and the
    functions, classes and plain values of the session that the code names. An object that cannot be described
    gets a new text each time, so that results are never mixed with those of another.
    """
    parts = list(islice(_describe(make, {}), _MAX_PARTS + 1))
    return "\n".join(parts if len(parts) <= _MAX_PARTS else [_unknown(make)])


def _describe(value: object, seen: dict[int, object]) -> Iterator[str]:
    """Yields the parts of a description; objects that were described before are only named."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | PurePath):
        yield repr(value)
    elif isinstance(value, np.generic | np.ndarray):
        array = np.asarray(value)
        yield f"array {array.dtype} {array.shape} {hashlib.sha256(array.tobytes()).hexdigest()}"
    elif id(value) in seen:
        yield f"again {getattr(value, '__qualname__', type(value).__qualname__)}"
    else:
        seen[id(value)] = value  # kept, so that no other object gets its id
        if isinstance(value, list | tuple | set | frozenset | Mapping):
            yield from _describe_container(value, seen)
        elif isinstance(value, functools.partial):
            yield "partial"
            yield from _describe((value.func, value.args, value.keywords), seen)
        elif isinstance(value, ModuleType):
            yield f"module {value.__name__}"
        elif isinstance(value, staticmethod | classmethod):
            yield from _describe(value.__func__, seen)
        elif isinstance(value, property):
            yield from _describe((value.fget, value.fset, value.fdel), seen)
        elif (name := import_name(value)) is not None:
            yield f"imported {name}"
            if (file := _own_file(name.partition(":")[0])) is not None:
                yield hashlib.sha256(file.read_bytes()).hexdigest()
        elif isinstance(value, FunctionType):
            yield from _describe_function(value, seen)
        elif inspect.ismethod(value):
            yield from _describe((value.__func__, value.__self__), seen)
        elif isinstance(value, type):
            yield from _describe_class(value, seen)
        elif hasattr(value, "__dict__") and _is_own(type(value)):
            yield from _describe((type(value), vars(value)), seen)
        elif inspect.isbuiltin(value):
            yield f"builtin {value.__name__}"
        else:
            yield _unknown(value)


def _describe_container(value: Any, seen: dict[int, object]) -> Iterator[str]:
    yield type(value).__name__
    if isinstance(value, set | frozenset):
        value = sorted(value, key=repr)
    items = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, item in items:
        yield repr(key)
        yield from _describe(item, seen)


def _describe_function(function: FunctionType, seen: dict[int, object]) -> Iterator[str]:
    yield f"function {function.__qualname__}"
    codes = [function.__code__]
    for code in codes:  # grows by the functions within
        constants = [one for one in code.co_consts if not isinstance(one, CodeType)]
        codes += [one for one in code.co_consts if isinstance(one, CodeType)]
        yield f"{code.co_code.hex()} {code.co_varnames}"
        yield from _describe(constants, seen)
        for name in code.co_names:
            yield name
            if name in function.__globals__:
                yield from _describe(function.__globals__[name], seen)
    yield from _describe((function.__defaults__, function.__kwdefaults__), seen)
    for cell in function.__closure__ or ():
        try:
            yield from _describe(cell.cell_contents, seen)
        except ValueError:  # the cell is empty
            yield "empty cell"


def _describe_class(kind: type, seen: dict[int, object]) -> Iterator[str]:
    yield f"class {kind.__qualname__}"
    yield from _describe(kind.__bases__, seen)
    for name, member in sorted(vars(kind).items()):
        generated = name.startswith("__") and not callable(getattr(member, "__func__", member))
        if not generated and name not in ("__weakref__", "__dict__", "_abc_impl"):
            yield name
            yield from _describe(member, seen)


def _unknown(value: object) -> str:
    """Returns a text that is new each time, for an object whose state cannot be seen."""
    return f"{type(value).__qualname__} {uuid.uuid4().hex}"


def _is_own(kind: type) -> bool:
    """Returns whether a class is defined in this session or in a file of the user's."""
    return import_name(kind) is None or _own_file(kind.__module__) is not None


def _own_file(module: str) -> Path | None:
    """Returns the file of a module of the user's; None if it is installed, Python's or this project's."""
    file = getattr(sys.modules[module], "__file__", None)
    if file is None or module.partition(".")[0] in OWN_PACKAGES:
        return None
    path = Path(file).resolve()
    installed = {"site-packages", "dist-packages"} & set(path.parts)
    return None if installed or path.is_relative_to(sysconfig.get_path("stdlib")) else path


def _source_file(code: str) -> Path:
    """Returns a file with the content `code`, which is removed when Python exits."""
    path = _folder() / f"{hashlib.sha256(code.encode()).hexdigest()}.txt"
    path.write_text(code, encoding="utf-8")
    return path


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="sotbench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
