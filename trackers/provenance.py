"""What a tracker consists of and runs on, for the record of a run."""

from __future__ import annotations

import ast
import importlib.util
import sys
import sysconfig
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from trackers.registry import OWN_PACKAGES, OWN_ROOT


@dataclass(frozen=True)
class Provenance:
    """What a tracker consists of and runs on.

    Attributes:
        device: `"cpu"`, or `"cuda:N"` if the tracker says so.
        files: the files that define it.
        weights: the file that its weights come from: the one given or its default.
        models: those of `files` that are no code, such as networks and their descriptions.
    """

    device: str = "cpu"
    files: tuple[Path, ...] = ()
    weights: Path | None = None
    models: tuple[Path, ...] = ()


_MAX_FILES = 2000
_MAX_MODULE_BYTES = 1 << 24
"""Larger modules are recorded, but not searched for imports."""


def source_files(main: Path, module: str) -> tuple[Path, ...]:
    """Returns the files that a plug-in consists of: its own, and its author's modules that it imports.

    Imports are parsed, not executed, so imports inside functions count as well. Modules that are installed,
    or that come with Python or with this project, are left out: a run's record of the environment has their
    versions.

    Args:
        main: the file that defines the tracker's class.
        module: the name under which `main` is imported.

    Returns:
        `main`, then the other files ordered by module name, which does not depend on where they are; at most
        2,000.
    """
    found: dict[str, Path] = {}
    seen = {main.resolve()}
    waiting = deque([(module, main)])
    while waiting and len(found) < _MAX_FILES:
        name, path = waiting.popleft()
        for other in sorted(_imported(name, path)):
            for part, file in _resolved(other):
                if file.resolve() not in seen:
                    seen.add(file.resolve())
                    found[part] = file
                    waiting.append((part, file))
    return main, *(found[name] for name in sorted(found))


def _imported(name: str, path: Path) -> set[str]:
    """Returns the names that a module imports, including names that may be submodules."""
    if path.suffix != ".py":
        return set()
    try:
        if path.stat().st_size > _MAX_MODULE_BYTES:
            return set()
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return set()  # importing it will raise the error
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    names = {package} if package else set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".") if package else []
                parts = parts[: len(parts) - node.level + 1]
                base = ".".join([*parts, *([base] if base else [])])
            if base:
                names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return names


def _resolved(name: str) -> Iterator[tuple[str, Path]]:
    """Yields modules and files that importing `name` loads: the module's and those of its parent packages."""
    top, *rest = name.split(".")
    file = _top_level(top)
    if file is None:
        return
    yield top, file
    for part in rest:
        if file.name != "__init__.py":
            return
        top = f"{top}.{part}"
        inside = (file.parent / part / "__init__.py", file.parent / f"{part}.py")
        following = next((path for path in inside if path.is_file()), None)
        if following is None:
            return
        file = following
        yield top, file


def _top_level(name: str) -> Path | None:
    """Returns a top-level module's file; None if it is installed, Python's, ours, or not found."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None or not spec.has_location or not spec.origin:
        return None
    path = Path(spec.origin)
    resolved = path.resolve()
    if {"site-packages", "dist-packages"} & set(resolved.parts):
        return None
    if any(resolved.is_relative_to(folder) for folder in _installed()):
        return None
    return path


@cache
def _installed() -> tuple[Path, ...]:
    """Returns the folders of Python's own library and of this project's packages."""
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    own = (OWN_ROOT / name for name in OWN_PACKAGES)
    return (*(Path(folder).resolve() for folder in folders if folder), *own)


_LOADED: dict[str, dict[Path, tuple[int, int]]] = {}
"""By tracker, the files that it was loaded from, with their times and sizes."""


def remember_files(tracker: str, factory: object) -> None:
    """Remembers the files of a plug-in that was loaded now; see `forget_changed_modules`."""
    module = sys.modules.get(getattr(factory, "__module__", "") or "")
    file = getattr(module, "__file__", None)
    if tracker in _LOADED or module is None or file is None:
        return
    if module.__name__.partition(".")[0] not in OWN_PACKAGES:
        files = source_files(Path(file), module.__name__)
        _LOADED[tracker] = {path.resolve(): _stamp(path) for path in files}


def forget_changed_modules(tracker: str) -> None:
    """Has the modules of a plug-in loaded again if one of their files has changed since they were loaded.

    A notebook or a script may run a tracker, edit its file, and run it again. For the start of a run: within
    one, the code must stay the same.
    """
    files = _LOADED.get(tracker, {})
    if all(_stamp(path) == stamp for path, stamp in files.items()):
        return
    del _LOADED[tracker]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and name != "__main__" and Path(file).resolve() in files:
            del sys.modules[name]


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size
