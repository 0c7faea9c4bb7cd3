"""The files that a plug-in consists of."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trackers.provenance import source_files


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the module search path, like that of a plug-in."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    return tmp_path


def written(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def names(folder: Path, main: str, module: str) -> list[str]:
    return [str(path.relative_to(folder)) for path in source_files(folder / main, module)]


def test_imported_neighbors_are_included(beside: Path) -> None:
    written(
        beside,
        {
            "mine_zz.py": "import os, numpy, torch.nn, helper_zz\ndef f():\n    from pack_zz.deep import x\n",
            "helper_zz.py": "import second_zz\n",
            "second_zz.py": "import helper_zz\n",
            "pack_zz/__init__.py": "",
            "pack_zz/deep.py": "from . import near\nfrom .more.far import y\n",
            "pack_zz/near.py": "",
            "pack_zz/more/__init__.py": "from ..uncle import z",
            "pack_zz/more/far.py": "",
            "pack_zz/uncle.py": "",
            "unused_zz.py": "",
            "pack_zz/unused.py": "",
        },
    )
    assert names(beside, "mine_zz.py", "mine_zz") == [
        "mine_zz.py",
        "helper_zz.py",
        "pack_zz/__init__.py",
        "pack_zz/deep.py",
        "pack_zz/more/__init__.py",
        "pack_zz/more/far.py",
        "pack_zz/near.py",
        "pack_zz/uncle.py",
        "second_zz.py",
    ]


def test_parent_packages_are_included(beside: Path) -> None:
    written(
        beside,
        {
            "outer_zz/__init__.py": "",
            "outer_zz/inner/__init__.py": "",
            "outer_zz/inner/it.py": "from ..other import a",
            "outer_zz/other.py": "",
        },
    )
    assert names(beside, "outer_zz/inner/it.py", "outer_zz.inner.it") == [
        "outer_zz/inner/it.py",
        "outer_zz/__init__.py",
        "outer_zz/inner/__init__.py",
        "outer_zz/other.py",
    ]


def test_file_with_syntax_error_is_included(beside: Path) -> None:
    written(beside, {"one_zz.py": "import broken_zz, absent_zz\n", "broken_zz.py": "def (:\n"})
    assert names(beside, "one_zz.py", "one_zz") == ["one_zz.py", "broken_zz.py"]


def test_installed_and_own_modules_are_left_out(beside: Path) -> None:
    written(beside, {"alone_zz.py": "import torch, numpy, json, trackers.ncc, benchmarks\n"})
    assert names(beside, "alone_zz.py", "alone_zz") == ["alone_zz.py"]
