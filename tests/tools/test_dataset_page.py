"""The page of data sets is what the code says."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from benchmarks.datasets import DATASETS
from tools.dataset_page import PAGE, WITHOUT_FILES, default_profile, render

TEXT = PAGE.read_text(encoding="utf-8")
NAMES = [name for name in DATASETS.entries if name not in WITHOUT_FILES]


def test_page_is_written_from_the_code() -> None:
    assert render() == TEXT, "run python tools/dataset_page.py"


@pytest.mark.parametrize("name", NAMES)
def test_data_set_is_described(name: str) -> None:
    kind = DATASETS.load(name)
    [section] = [
        part for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:] if name in _heading(part).split(", ")
    ]
    assert "```text\n" in section
    assert f"The default profile is `{default_profile(name).name}`" in section
    assert "**Get " in section
    # The layout names a folder that the readers look for.
    layout = "".join(re.findall(r"```text\n(.*?)```", section, re.DOTALL))
    folders = [f for other in _heading(section).split(", ") for f in DATASETS.load(other).root_folders]
    assert any(f"{folder}/" in layout for folder in folders)
    # Every table of facts that the module reads is named, with its source.
    module = import_module(kind.__module__)
    kinds = vars(module).values()
    tables = {kind.table for kind in kinds if isinstance(getattr(kind, "table", None), str)}
    assert all(f"`{table}`" in section for table in tables)


def _heading(section: str) -> str:
    return section.partition("\n")[0]
