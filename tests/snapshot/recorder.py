"""Runs commands of a checkout, and keeps what came out."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.snapshot.normalize import described, described_file, retime, sorted_lines, words

Entry = dict[str, Any]
_WHICH = "import benchmarks, reports, trackers\nfor p in benchmarks, reports, trackers: print(p.__file__)"


@dataclass(frozen=True)
class Place:
    """Where commands run: a temporary folder, the checkout, the interpreter, and ../shared if it is there."""

    work: Path
    checkout: Path
    python: str
    shared: Path | None

    def environment(self) -> dict[str, str]:
        """The environment of the commands: the checkout's packages come first, networks have one thread."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("SOTBENCH", "PYTHON"))
        }
        fixed = {"COLUMNS": "120", "TERM": "dumb", "LC_ALL": "C.UTF-8", "TZ": "UTC", "OMP_NUM_THREADS": "1"}
        return kept | fixed | {"PYTHONPATH": str(self.checkout)}

    def run(self, argv: list[str], seconds: float = 900) -> subprocess.CompletedProcess[bytes]:
        """Runs the interpreter in the temporary folder; exit status 124 if it does not end in time."""
        options: dict[str, Any] = {"cwd": self.work, "env": self.environment(), "stdin": subprocess.DEVNULL}
        try:
            return subprocess.run([self.python, *argv], **options, capture_output=True, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            return subprocess.CompletedProcess(argv, 124, error.stdout or b"", error.stderr or b"")

    def require_checkout(self) -> None:
        """Makes sure that the checkout's packages are run, and not those of an editable installation."""
        found = self.run(["-c", _WHICH])
        files = found.stdout.decode().split("\n")[:-1]
        if found.returncode or not all(Path(file).resolve().is_relative_to(self.checkout) for file in files):
            error = found.stderr.decode()
            sys.exit(f"error: the imported packages are not those of {self.checkout}: {files}\n{error}")
        print(f"recording {files[0]}", file=sys.stderr)

    def state(self) -> dict[str, str]:
        """The commit, with `+changes` where files differ from it, and the sha256 of the packages."""
        git = ["git", "-C", str(self.checkout)]
        head, changes = (
            subprocess.run([*git, *words], capture_output=True, text=True, check=False).stdout.strip()
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain"])
        )
        sources = hashlib.sha256()
        for folder in ("benchmarks", "examples", "reports", "trackers"):
            for path in sorted((self.checkout / folder).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    sources.update(f"{path.relative_to(self.checkout)}\0".encode() + path.read_bytes())
        return {"commit": head + ("+changes" if changes else ""), "sources": sources.hexdigest()}

    def prepared(self, line: str) -> list[str]:
        """A command line as words, with the paths in it filled in."""
        for name, path in (("$CHECKOUT", self.checkout), ("$PYTHON", self.python), ("$SHARED", self.shared)):
            line = line.replace(name, str(path))
        return shlex.split(line)


def record(place: Place, lines: Iterable[str]) -> dict[str, Entry]:
    """Runs command lines, such as `benchmarks list`, one after the other.

    Of a line that begins with `unordered`, such as of a run by two workers, standard error is sorted.
    """
    places = {str(place.work): "<WORK>", str(place.checkout): "<CHECKOUT>", place.python: "<PYTHON>"}
    normalized = words(places | ({str(place.shared): "<SHARED>"} if place.shared else {}))
    entries: dict[str, Entry] = {}
    for line in lines:
        before = _state(place.work)
        command = line.removeprefix("unordered ")
        done = place.run(["-m", *place.prepared(command)])
        out, err = (
            normalized(text.decode("utf-8", "backslashreplace")) for text in (done.stdout, done.stderr)
        )
        if command != line:
            err = sorted_lines(err)
        after = _state(place.work)
        files: dict[str, Any] = {name: {"sha256": "removed"} for name in before.keys() - after.keys()}
        for name in after:
            if after[name] != before.get(name):
                files |= described_file(place.work / name, name, normalized)
        while command in entries:
            command += " (again)"
        entries[command] = {
            "status": done.returncode,
            "stdout": described(out),
            "stderr": described(err) | {"lines": len(err.splitlines())},
            "files": dict(sorted(files.items())),
        }
        print(f"{done.returncode} {command:.110}", file=sys.stderr)
        if command.startswith("benchmarks run"):
            for name in files:
                if name.endswith("/run.json") and name in after:
                    retime(place.work / name)
    return entries


def _state(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Inode, size and time of change of every file, by name; compiled modules are not among them."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts:
            stat = path.stat()
            found[path.relative_to(folder).as_posix()] = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
    return found
