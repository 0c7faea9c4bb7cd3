"""A figure and a table for a paper: published results of five trackers on three data sets.

The results lie in `../shared/golden`; STRUCK's were published on two of the data sets.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.cli.main import main as sotbench
from reports.plot import main as plot
from reports.table import main as table

FILES = (
    ("otb2015/SiamFC-3s.otb-mat.zip", "otb-mat", "SiamFC", "otb2015"),
    ("otb2015/STRUCK.otb-json.zip", "otb-json", "STRUCK", "otb2015"),
    ("otb2015/DaSiamRPN.pysot.zip", "pysot", "DaSiamRPN", "otb2015"),
    ("tc128/Struck-HSV.txt.zip", "txt", "STRUCK", "tc128"),
    ("tc128/KCF-LAB.txt.zip", "txt", "KCF", "tc128"),
    ("lasot/ATOM.pytracking.zip", "pytracking", "ATOM", "lasot"),
)
TOML = """
[trackers.SiamFC]
label = "SiamFC_3s & co"
highlight = true
"""


@pytest.fixture
def words(shared: Path, tmp_path: Path) -> list[str]:
    results = tmp_path / "results"
    where = ["--data-root", str(shared / "annotations"), "--results", str(results)]
    for file, form, tracker, dataset in FILES:
        given = [str(shared / "golden" / file), "--from", form, "--tracker", tracker, "--dataset", dataset]
        assert sotbench(["import", *given, *where]) == 0
    (results / "sotbench.toml").write_text(TOML)
    return ["--dataset", "otb2015", "tc128", "lasot", *where]


@pytest.mark.shared
def test_table_and_figure_of_three_data_sets_compile(words, tmp_path):
    out = ["--out", str(tmp_path), "--size", "two-column"]
    forms = ["--format", "pdf", "png", "tex"]
    assert table([*words, "--format", "latex", *out]) == 0
    assert plot([*words, "--kind", "success", *forms, *out]) == 0
    text = (tmp_path / "accuracy.tex").read_text()
    rows = {line.split(" & ")[0].strip(): line for line in text.splitlines() if line.count(" & ") == 9}
    assert set(rows) >= {r"\textbf{SiamFC\_3s \& co}", "STRUCK", "DaSiamRPN", "KCF", "ATOM"}
    assert re.search(r"0\.582.*& +& +& +\\\\$", rows[r"\textbf{SiamFC\_3s \& co}"])
    with Image.open(tmp_path / "success.png") as image:
        assert image.width == 2100
    if not shutil.which("pdflatex"):
        pytest.skip("there is no pdflatex on this machine")
    paper = (
        "\\documentclass[twocolumn]{article}\n\\usepackage{booktabs,graphicx}\n\\begin{document}\n"
        "Table~\\ref{tab:otb2015-tc128-lasot-accuracy}.\n\\input{accuracy}\n"
        "\\begin{figure*}\\centering\\includegraphics{success.pdf}\\caption{Success.}\\end{figure*}\n\\end{document}\n"
    )
    (tmp_path / "success.pdf").rename(tmp_path / "plot.pdf")
    (tmp_path / "paper.tex").write_text(paper.replace("success.pdf", "plot.pdf"))
    for name in ("paper", "success"):
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:]
