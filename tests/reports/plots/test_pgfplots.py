"""Curves as TeX: their points, and documents that compile."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from example_scores import report, score, vot_report

from reports.figure_options import FigureOptions
from reports.plots.pgfplots import pgfplots_document
from reports.presentation import Presentation, TrackerEntry

NAMES = ("50%_of & {x}", "Fast", "$5")


def shown(**more: object):
    scores = [score(name, 0.3 + 0.1 * place) for place, name in enumerate(NAMES)]
    entries = {
        "Fast": TrackerEntry(label="The fast one", highlight=True, color="#123456", linestyle="dashed")
    }
    return report(scores, **({"presentation": Presentation(entries, NAMES)} | more))


def test_document_has_the_points_and_styles():
    text = pgfplots_document([shown()], "success")
    assert r"\definecolor{sotbench1}{HTML}{123456}" in text
    assert "[sotbench1, line width=2.0pt, dash pattern=on 8pt off 3pt]" in text
    assert r"\textbf{The fast one}" in text
    assert r"50\%\_of \& \{x\}" in text
    [fast] = re.findall(r"\\addplot\[sotbench1, line.*coordinates \{(.*)\};", text)
    points = [tuple(map(float, pair.split(","))) for pair in re.findall(r"\(([^)]*)\)", fast)]
    curve = score("Fast", 0.4).curves["success"].mean(axis=0)
    assert [y for _, y in points] == pytest.approx(curve, abs=1e-5)


@pytest.mark.parametrize("legend", ["auto", "outside", "none"])
@pytest.mark.parametrize("included", [False, True])
def test_document_compiles_alone_and_in_a_paper(tmp_path: Path, legend, included):
    if not shutil.which("pdflatex"):
        pytest.skip("there is no pdflatex on this machine")
    if not subprocess.run(["kpsewhich", "pgfplots.sty"], capture_output=True, check=False).stdout:
        pytest.skip("LaTeX's package pgfplots is not on this machine")
    options = FigureOptions(legend=legend)
    one = shown(figure_options=options)
    two = replace(one, dataset="e", title="Ünder_score & co")
    text = pgfplots_document([one, two], "precision")
    name = "figure"
    (tmp_path / "figure.tex").write_text(text, encoding="utf-8")
    if included:
        name = "paper"
        head = "\n".join(line.lstrip("% ") for line in text.splitlines()[1:3])
        (tmp_path / "paper.tex").write_text(
            f"\\documentclass{{article}}\n{head}\n\\begin{{document}}\n\\input{{figure}}\n\\end{{document}}\n"
        )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / f"{name}.pdf").stat().st_size > 1000


def test_expected_overlap_is_exported():
    text = pgfplots_document([vot_report()], "eao")
    assert text.count(r"\addlegendentry") == 3
    assert "Sequence length" in text
