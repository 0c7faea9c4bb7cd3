"""The files that a plug-in is made of: its own, and the modules of its author's that it imports.

Imports are read, not executed, so that one inside a function counts as well. What is installed, or comes with
Python or with this project, does not: its version is in the record of a run's environment.
"""

from __future__ import annotations

import ast
import importlib.util
import sysconfig
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_MOST = 2000
_LARGEST = 1 << 24
"""Bytes: a larger module is a file like any other, and not searched for imports."""


def source_files(main: Path, module: str) -> tuple[Path, ...]:
    """The files of a plug-in.

    Args:
        main: the file that defines its class.
        module: the name under which that is imported.

    Returns:
        `main`, then the others in the order of their modules' names, which is the same wherever they lie; at
        most 2,000.
    """
    found: dict[str, Path] = {}
    seen = {main.resolve()}
    waiting = deque([(module, main)])
    while waiting and len(found) < _MOST:
        name, path = waiting.popleft()
        for other in sorted(_imported(name, path)):
            for part, file in _resolved(other):
                if file.resolve() not in seen:
                    seen.add(file.resolve())
                    found[part] = file
                    waiting.append((part, file))
    return main, *(found[name] for name in sorted(found))


def _imported(name: str, path: Path) -> set[str]:
    """The names that a module imports, and those that may be modules inside of them."""
    if path.suffix != ".py":
        return set()
    try:
        if path.stat().st_size > _LARGEST:
            return set()
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return set()  # whoever imports it will say so
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
    """The files that are loaded when `name` is imported, by module: of each package on the way, too."""
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
    """The file of a top-level module; None where it is installed, Python's or ours, or there is none."""
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
    """Folders of Python's own library and of this project's packages."""
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    ours = Path(__file__).resolve().parents[1]
    own = (ours / name for name in ("trackers", "benchmarks", "reports"))
    return (*(Path(folder).resolve() for folder in folders if folder), *own)
