"""Files, modules, tests and links that the documentation names exist."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = (
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md"))),
    *("README.md", "CONTRIBUTING.md", "bench/README.md", "results/README.md"),
)
FOLDERS = ("trackers", "benchmarks", "reports", "sotbench", "tests", "bench", "tools", "examples", "docs")

CODE = re.compile(r"^```\w*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
PATH = re.compile(rf"(?<![\w./-])(?:{'|'.join(FOLDERS)})/[\w./-]*")
PYTHON_FILE = re.compile(r"(?<![\w./*-])[\w-][\w./-]*\.py\b")
MODULE = re.compile(
    r"(?<![\w./-])(?:trackers|benchmarks|reports|sotbench)(?:\.(?!(?:toml|ini|py)\b)[a-zA-Z_]\w*)+(?![\w/])"
)
TEST = re.compile(r"(?<![\w./-])test_\w+\b(?!\.py)")
LINK = re.compile(r"\]\(([^)\s]+)\)")

EXAMPLES = {"path/file.py", "file.py"}
"""The reader's own files, besides `my*`."""

FOREIGN = {"support/tests/static/python_static.py", "tools/test.py", "docs/_build"}
"""Files of other projects, and what Sphinx writes."""

ENTRY_POINTS = {f"sotbench.{kind}" for kind in ("trackers", "datasets", "profiles", "protocols", "plots")}
"""Groups of entry points, which look like modules."""


@cache
def known_files() -> tuple[str, ...]:
    """Returns the files of the repository, relative to its root, each after a slash."""
    return tuple(
        f"/{path.relative_to(ROOT).as_posix()}" for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")
    )


@cache
def known_tests() -> frozenset[str]:
    """Returns the names of all test functions and test files."""
    paths = list((ROOT / "tests").rglob("test_*.py"))
    functions = (re.findall(r"def (test_\w+)\(", path.read_text("utf-8")) for path in paths)
    return frozenset({path.stem for path in paths}.union(*functions))


@cache
def is_importable(name: str) -> bool:
    """Tells whether a dotted name is a module, or an attribute of one (of an object in one)."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


@cache
def anchors(page: Path) -> frozenset[str]:
    """Returns the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def stale_names(text: str) -> Iterator[str]:
    """Yields the names in a page's code that are not found in the repository."""
    code = "\n".join(block or span for block, span in CODE.findall(text))
    examples = EXAMPLES.union(re.findall(r"^# (\S+\.py)$", code, re.MULTILINE))
    for path in PATH.findall(code):
        if path not in FOREIGN and not (ROOT / path.rstrip(".")).exists():
            yield path
    for path in PYTHON_FILE.findall(code):
        if path in examples | FOREIGN or path.startswith("my"):
            continue
        if not any(file.endswith(f"/{path}") for file in known_files()):
            yield path
    for name in MODULE.findall(code):
        if name not in ENTRY_POINTS and not is_importable(re.sub(r"\.x_\w+__mutmut_\d+$", "", name)):
            yield name
    yield from (name for name in TEST.findall(code) if name not in known_tests())


def broken_links(text: str, folder: Path) -> Iterator[str]:
    """Yields the links of a page in a folder that lead to no file or heading."""
    for link in LINK.findall(text):
        target, _, anchor = link.partition("#")
        path = folder / target
        if link.startswith(("http:", "https:")):
            continue
        if not path.exists() or (target and anchor and anchor not in anchors(path)):
            yield link


@pytest.mark.parametrize("page", PAGES)
def test_names_in_a_page_exist(page: str) -> None:
    assert sorted(set(stale_names((ROOT / page).read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("page", PAGES)
def test_links_of_a_page_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    folder = (ROOT / page).parent
    assert sorted(broken_links(text, folder)) == []
    own = {link.removeprefix("#") for link in LINK.findall(text) if link.startswith("#")}
    assert own <= anchors(ROOT / page)


@pytest.mark.parametrize(
    "name",
    [
        "trackers/answers.py",
        "tests/benchmarks/test_nothing.py",
        "store/formats/test_nothing.py",
        "test_nothing_like_this_exists",
        "benchmarks.scoring.no_such_module",
        "sotbench.no_such_function",
    ],
)
def test_stale_name_is_found(name: str) -> None:
    assert name in set(stale_names(f"See `{name}`."))
    assert name in set(stale_names(f"```sh\npython {name}\n```\n"))


def test_broken_link_is_found() -> None:
    text = "[a](speed.md#the-record) [b](speed.md#no-heading) [c](nothing.md)"
    assert list(broken_links(text, ROOT / "docs")) == ["speed.md#no-heading", "nothing.md"]
