"""The folder that a site is written into: only its own files are replaced or removed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from trackers.atomic import make_folder
from trackers.errors import UserError
from trackers.regular_files import is_regular

MARKER = "site.json"
"""The file by which a site is recognized: it lists the site's files, and its contents for programs."""
SCHEMA = 1

_MAX_NAME = 100


def file_name(name: str) -> str:
    """Returns a file name for a sequence or a tracker, which depends on the name alone.

    It has letters, digits, `.`, `_`, `-` and `+` only, and other characters as `=` and hexadecimal digits, so
    that it is the same in an address. Different names have different file names.
    """
    safe = quote(name, safe="+").replace("~", "%7E").replace("%", "=")
    safe = re.sub(r"^\.", "=2E", safe)
    if len(safe) > _MAX_NAME:
        from benchmarks.store.digests import digest

        safe = f"{safe[:_MAX_NAME]}={digest(name.encode(errors='surrogatepass'))[:16]}"
    return safe


class SiteFolder:
    """A folder with a site.

    Args:
        path: the folder; it is created if it is missing.

    Raises:
        UserError: it holds other files than those of a site, or is not a folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written: list[str] = []
        self._earlier: list[str] = []
        if path.exists() and not path.is_dir():
            raise UserError(f"{path} is not a folder; name another for the site")
        marker = path / MARKER
        if marker.exists():
            self._earlier = _read_files(marker)
        elif path.exists() and any(path.iterdir()):
            raise UserError(
                f"{path} holds other files than those of a site; name an empty folder, a new one, or an "
                "earlier site to replace"
            )

    @contextmanager
    def writing(self, contents: Callable[[], dict[str, Any]]) -> Iterator[None]:
        """Marks the folder as a site; at the end, removes files of an earlier site that this one lacks.

        If the block fails or is interrupted, all files stay, and the folder can be written again.

        Args:
            contents: returns what programs may want to know of the site, for the marker.
        """
        make_folder(self.path)
        self._write_marker({}, self._earlier)
        try:
            yield
        except BaseException:
            self._write_marker({}, [*self._earlier, *self._written])
            raise
        self._remove_others()
        self._write_marker(contents(), self._written)

    def write(self, name: str, content: str | bytes) -> None:
        """Writes a file.

        Args:
            name: its path within the site, with slashes.
            content: its content.
        """
        path = self.path / name
        make_folder(path.parent)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self._written.append(name)

    def _remove_others(self) -> None:
        for name in set(self._earlier) - set(self._written):
            path = self.path / name
            path.unlink(missing_ok=True)
            for folder in path.relative_to(self.path).parents:
                with suppress(OSError):  # it still has files
                    if folder != Path():
                        (self.path / folder).rmdir()

    def _write_marker(self, contents: dict[str, Any], files: list[str]) -> None:
        content = {"schema": SCHEMA, "made_by": "sotbench site", **contents, "files": sorted(set(files))}
        (self.path / MARKER).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _read_files(marker: Path) -> list[str]:
    """Returns the files of an earlier site.

    Raises:
        UserError: the file is not that of a site.
    """
    try:
        content: Any = json.loads(marker.read_bytes()) if is_regular(marker) else None
        files = content["files"] if content["made_by"] == "sotbench site" else None
        if isinstance(files, list) and all(map(_is_inside, files)):
            return files
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        pass
    raise UserError(f"{marker} is not that of a site of sotbench; name an empty folder or a new one")


def _is_inside(name: object) -> bool:
    """Whether a listed file lies within the site: others may have written the file."""
    return isinstance(name, str) and bool(name) and not name.startswith("/") and ".." not in name.split("/")
