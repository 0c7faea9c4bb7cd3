"""Tables of several data sets, and trackers as they are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from example_scores import report, score

from benchmarks.tables import WRITERS
from reports.presentation import Presentation, TrackerEntry
from reports.report_data import ReportData
from reports.table import make_table, table_text
from reports.tables import datasets_table
from trackers.errors import UserError

NAMES = ("a", "b", "c")
ENTRIES = {"b": TrackerEntry(label="B & co", highlight=True), "c": TrackerEntry(label=r"$\gamma$")}


def on(dataset: str, *levels: tuple[str, float], tex: bool = False) -> ReportData:
    scores = [replace(score(name, level), dataset=dataset) for name, level in levels]
    shown = Presentation(ENTRIES, NAMES, tex_labels=tex)
    return report(scores, dataset=dataset, title=dataset.upper(), presentation=shown)


def two(tex: bool = False) -> list[ReportData]:
    return [on("one", ("a", 0.5), ("b", 0.6), tex=tex), on("two", ("b", 0.4), ("c", 0.7), tex=tex)]


def test_each_data_set_has_its_columns_and_marks():
    table, records = datasets_table(two())
    assert table.groups == (("", 1), ("ONE", 3), ("TWO", 3))
    assert [row[0].text for row in table.rows] == ["b", "c", "a"]
    values = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert values["a"][3:] == values["c"][:3] == ["", "", ""]
    assert values["b"][0] == f"{two()[0].records[0]['success']:.3f}"
    assert [(row["dataset"], row["tracker"]) for row in records] == [
        ("one", "b"),
        ("one", "a"),
        ("two", "c"),
        ("two", "b"),
    ]
    text = WRITERS["latex"](table)
    assert text.count(r"\textbf") == text.count(r"\underline") == 6


def test_one_metric_makes_one_column_per_data_set():
    table, _ = datasets_table([replace(one, chosen_metric="precision") for one in two()], "precision")
    assert table.groups == (("", 1), ("ONE", 1), ("TWO", 1))
    assert not table.stacked


@pytest.mark.parametrize("form", ["latex", "markdown", "html"])
def test_labels_replace_names_and_are_escaped(form):
    text = table_text(two(), "accuracy", form)
    label = {
        "latex": r"\textbf{B \& co}",
        "markdown": "**B &amp; co**",
        "html": "<strong>B &amp; co</strong>",
    }
    assert label[form] in text
    gamma = {"latex": r"\$\textbackslash{}gamma\$", "markdown": r"\$\\gamma\$", "html": r"$\gamma$"}
    assert gamma[form] in text


def test_tex_labels_are_not_escaped_in_latex():
    assert r"    $\gamma$ & " in table_text(two(tex=True), "accuracy", "latex")


def test_caption_label_and_width():
    text = table_text(two(), "accuracy", "latex", caption="Mine, 100 %", label="tab:x", wide=True)
    assert r"\caption{Mine, 100 \%}" in text
    assert r"\label{tab:x}" in text
    assert r"\begin{table*}" in text
    assert r"\label{tab:one-two-accuracy}" in table_text(two(), "accuracy", "latex")
    with pytest.raises(UserError, match="'a b' is no label for LaTeX; use letters"):
        table_text(two(), "accuracy", "latex", label="a b")
    with pytest.raises(UserError, match="the caption is empty"):
        table_text(two(), "accuracy", "latex", caption=" ")


def test_every_kind_of_table_has_labels():
    for kind in ("accuracy", "attributes", "comparison"):
        table, _ = make_table(two()[:1], kind)
        assert "B & co" in {cell.text for row in table.rows for cell in row}


def test_other_kinds_are_for_one_data_set():
    with pytest.raises(UserError, match="of the kind 'comparison' is for one data set, not for 2"):
        table_text(two(), "comparison")


def test_order_comes_before_the_ranks():
    shown = Presentation({"c": TrackerEntry(order=1)}, NAMES)
    table, _ = datasets_table([replace(one, presentation=shown) for one in two()])
    assert [row[0].text for row in table.rows] == ["c", "b", "a"]
