"""The oldest versions that pyproject.toml admits are those that `tox -e lowest` tests."""

from __future__ import annotations

import configparser
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TESTED_EXTRAS = ("dev", "got10k", "video")
COMPANIONS = ("pyparsing",)
"""What the oldest versions need an old one of, though we do not name it."""


def pinned(name: str) -> dict[str, Version]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {one.name: Version(next(iter(one.specifier)).version) for one in wanted}


def declared() -> dict[str, Version]:
    """The oldest version of each distribution that says one."""
    extras = PROJECT["optional-dependencies"]
    texts = PROJECT["dependencies"] + [text for name in TESTED_EXTRAS for text in extras[name]]
    bounds = [(one.name, spec) for one in map(Requirement, texts) for spec in one.specifier]
    return {name: Version(spec.version) for name, spec in bounds if spec.operator in (">=", "==")}


def test_the_oldest_versions_that_are_tested_are_the_oldest_that_are_declared() -> None:
    lowest = pinned("constraints-lowest.txt")
    for name in COMPANIONS:
        del lowest[name]
    assert lowest == declared()


def test_the_versions_that_are_pinned_are_among_those_that_are_declared() -> None:
    usual = pinned("constraints.txt")
    assert {name for name, oldest in declared().items() if usual[name] < oldest} == set()


def test_tox_takes_the_oldest_versions_by_that_file() -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    assert "constraints-lowest.txt" in tox["testenv:lowest"]["set_env"]
    assert tox["testenv:lowest"]["extras"].split() == list(TESTED_EXTRAS)
