"""Marks, and tables as LaTeX, Markdown and HTML, read by other programs."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from benchmarks.tables import WRITERS, Cell, Column, Mark, Table, mark_best
from benchmarks.tables.table import number_cell

HOSTILE = (
    "<script>alert(1)</script>",
    "a \"quoted\" 'name' `tick`",
    "50%_of&#$~^\\{x}|[y]*",
    "-- [option]",
    "../../etc/passwd",
    "Größe é ñ",
    "line\nbreak\ttab",
)

BEST, SECOND, NONE = Mark.BEST, Mark.SECOND, Mark.NONE


@pytest.mark.parametrize(
    ("values", "higher", "marks"),
    [
        ([0.5, 0.7, 0.6], True, [NONE, BEST, SECOND]),
        ([0.5, 0.7, 0.6], False, [BEST, NONE, SECOND]),
        ([0.70001, 0.7, 0.6], True, [BEST, BEST, NONE]),
        ([0.7, 0.6, 0.60004], True, [BEST, SECOND, SECOND]),
        ([0.7, None, float("nan"), 0.6], True, [BEST, NONE, NONE, SECOND]),
        ([0.7], True, [NONE]),
        ([0.7, 0.7], True, [NONE, NONE]),
        ([], True, []),
    ],
)
def test_marks(values, higher, marks):
    assert mark_best(values, higher) == marks


@given(st.lists(st.none() | st.floats(0, 1)))
def test_no_unmarked_value_is_better_than_a_marked_one(values):
    marks = mark_best(values)
    shown = [(round(value, 3), mark) for value, mark in zip(values, marks, strict=True) if value is not None]
    best = [value for value, mark in shown if mark is BEST]
    assert len(set(best)) <= 1
    if best:
        assert best[0] == max(value for value, _ in shown)
        assert all(value < best[0] for value, mark in shown if mark is not BEST)


def table(names: tuple[str, ...] = HOSTILE, stacked: bool = False) -> Table:
    rows = [
        (Cell(name), number_cell(0.5 + place / 100, 0.4, 0.6, mark), Cell("-0.010", ("-0.020", "+0.001")))
        for place, (name, mark) in enumerate(zip(names, [BEST, SECOND] + [NONE] * len(names), strict=False))
    ]
    columns = (Column("tracker", numeric=False), Column("IV_1\n(38)"), Column("A - B"))
    return Table(columns, tuple(rows), f"caption {names[0]}", (f"note {names[1]}",), stacked)


def test_number_cell_has_its_interval():
    assert number_cell(0.5821, 0.5, 0.6) == Cell("0.582", (".500", ".600"))
    assert number_cell(0.5821) == Cell("0.582")
    assert number_cell(float("nan")) == number_cell(None) == Cell("")
    assert number_cell(1.0, -0.1, 1.0).interval == ("-0.100", "1.000")


def test_latex_marks_and_minus_signs():
    text = WRITERS["latex"](table(("A_1", "B&2", "C")))
    assert r"A\_1 & \textbf{0.500}\,{\scriptsize {[}.400, .600]} & $-$0.010" in text
    assert r"B\&2 & \underline{0.510}" in text
    assert r"{[}$-$0.020, $+$0.001]" in text
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]


@pytest.mark.parametrize("stacked", [False, True])
def test_latex_compiles_with_any_name(tmp_path: Path, stacked):
    compile_latex(tmp_path, WRITERS["latex"](table(stacked=stacked)))


def compile_latex(tmp_path: Path, text: str) -> None:
    if not shutil.which("pdflatex"):
        pytest.skip("there is no pdflatex on this machine")
    if not subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True, check=False).stdout:
        pytest.skip("LaTeX's package booktabs is not on this machine")
    start = "\n".join([r"\documentclass{article}", r"\usepackage{booktabs}", r"\begin{document}", ""])
    document = start + text + r"\end{document}"
    (tmp_path / "t.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "t.pdf").stat().st_size > 1000


class _Text(HTMLParser):
    """Elements and the text of cells, as a browser sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data):
        if self.cells:
            self.cells[-1] += data


def read_html(text: str) -> _Text:
    parser = _Text()
    parser.feed(text)
    return parser


def test_html_shows_names_as_text():
    read = read_html(WRITERS["html"](table()))
    assert "script" not in read.tags
    assert read.cells[3] == HOSTILE[0]
    assert read.cells[6] == HOSTILE[1]
    assert read.cells[4] == "0.500 [.400, .600]"
    assert read.tags.count("strong") == read.tags.count("u") == 1


def test_markdown_shows_names_as_text():
    text = WRITERS["markdown"](table())
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    read = read_html(page)
    assert "script" not in read.tags
    assert read.tags.count("tr") == len(HOSTILE) + 1
    shown = read.cells[3::3]
    assert [re.sub(r"\s+", " ", cell).strip() for cell in shown] == [
        re.sub(r"\s+", " ", name).strip() for name in HOSTILE
    ]
    assert read.tags.count("strong") == read.tags.count("ins") == 1


@given(st.text(min_size=1, max_size=30))
def test_any_name_stays_one_cell(name):
    for form in ("markdown", "html"):
        text = WRITERS[form](table((name, "b")))
        if form == "markdown":
            text = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
        read = read_html(text)
        assert read.tags.count("tr") == 3
        assert len(read.cells) == 9


def grouped(**more: object) -> Table:
    columns = (Column("tracker", numeric=False), *map(Column, ("success", "precision", "success")))
    row = (Cell("a_b", bold=True), Cell("0.5"), Cell("0.7"), Cell("0.6"))
    groups = (("", 1), ("A & B", 2), ("C", 1))
    return Table(columns, (row, (Cell("x", tex=r"$\alpha$"), *row[1:])), "caption", groups=groups, **more)


def test_latex_has_groups_label_and_both_columns():
    text = WRITERS["latex"](grouped(label="tab:a-b", wide=True))
    assert r"     & \multicolumn{2}{c}{A \& B} & \multicolumn{1}{c}{C} \\" in text
    assert r"    \cmidrule(lr){2-3} \cmidrule(lr){4-4}" in text
    assert "  \\caption{caption}\n  \\label{tab:a-b}\n" in text
    assert r"\begin{table*}" in text
    assert r"\end{table*}" in text
    assert r"    \textbf{a\_b} & 0.5 & 0.7 & 0.6 \\" in text
    assert r"    $\alpha$ & 0.5" in text
    assert r"\label" not in WRITERS["latex"](grouped())


def test_html_and_markdown_have_groups():
    text = WRITERS["html"](grouped())
    assert (
        '<thead><tr><td></td><th scope="colgroup" colspan="2">A &amp; B</th>'
        '<th scope="colgroup" colspan="1">C</th></tr><tr><th scope="col">tracker</th>'
    ) in text
    assert "<td><strong>a_b</strong></td>" in text
    markdown = WRITERS["markdown"](grouped())
    assert "| tracker | A &amp; B<br>success | A &amp; B<br>precision | C<br>success |" in markdown
    assert r"| **a\_b** |" in markdown
    assert "alpha" not in text + markdown


def test_grouped_latex_compiles(tmp_path: Path):
    compile_latex(tmp_path, WRITERS["latex"](grouped(label="tab:a-b", wide=True)))
