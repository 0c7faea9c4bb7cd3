"""The documentation builds without warnings, and its notebook gives the stored outputs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_site_builds_without_warnings(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="needs the extra `docs`")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going"),
            *("-d", tmp_path / "doctrees", ROOT / "docs", tmp_path / "site"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    api = (tmp_path / "site" / "api.html").read_text(encoding="utf-8")
    assert "sotbench.load_results" in api


def test_notebook_gives_its_stored_outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient", reason="needs the extra `docs`")
    nbformat = pytest.importorskip("nbformat", reason="needs the extra `docs`")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    notebook = nbformat.read(ROOT / "docs" / "notebook.ipynb", as_version=4)
    stored = [_texts(cell) for cell in notebook.cells]
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
    assert [_texts(cell) for cell in notebook.cells] == stored
    assert sum("image/png" in output.get("data", {}) for output in _outputs(notebook)) == 2


def _outputs(notebook: object) -> list[dict[str, object]]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]  # type: ignore[attr-defined]


def _texts(cell: dict[str, object]) -> list[str]:
    """Returns the text outputs of a cell, without standard error and pictures."""
    texts = [
        str(output.get("data", {}).get("text/plain", "")) + str(output.get("text", ""))  # type: ignore[attr-defined]
        for output in cell.get("outputs", [])  # type: ignore[attr-defined]
        if output.get("name") != "stderr"
    ]
    return [re.sub(r"\s+", " ", text) for text in texts]
