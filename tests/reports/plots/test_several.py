"""Plots of several data sets: panels, and a radar."""

from __future__ import annotations

from dataclasses import replace

import pytest
from example_scores import report, score
from matplotlib.text import Text

from reports.figure_options import FigureOptions
from reports.plots import PLOTS
from reports.plots.data import plot_records
from reports.plots.figure import figure_bytes
from reports.plots.several import grid_figure, radar_figure
from reports.presentation import Presentation, TrackerEntry
from reports.report_data import InapplicableError, ReportData
from trackers.errors import UserError

NAMES = ("a", "b", "c")


def on(dataset: str, *levels: tuple[str, float], **more: object) -> ReportData:
    shown = Presentation({"b": TrackerEntry(label="The B", highlight=True)}, NAMES)
    scores = [replace(score(name, level), dataset=dataset) for name, level in levels]
    return report(scores, dataset=dataset, title=dataset.upper(), **({"presentation": shown} | more))


def three(**more: object) -> list[ReportData]:
    return [
        on("one", ("a", 0.5), ("b", 0.6), **more),
        on("two", ("b", 0.4), **more),
        on("three", ("c", 0.7), ("a", 0.3), **more),
    ]


def test_grid_has_a_panel_per_data_set():
    figure = grid_figure(three(), PLOTS.load("success"))
    assert [axes.get_title() for axes in figure.axes] == ["ONE", "TWO", "THREE"]
    names = [[line.get_label().split("] ")[1] for line in axes.get_lines()] for axes in figure.axes]
    assert names == [["The B", "a"], ["The B"], ["c", "a"]]
    colors = {}
    for axes in figure.axes:
        assert axes.get_legend() is not None
        for line in axes.get_lines():
            colors.setdefault(line.get_label().split("] ")[1], set()).add(line.get_color())
    assert {name: len(found) for name, found in colors.items()} == {"The B": 1, "a": 1, "c": 1}
    assert figure.get_figwidth() == 7.0


def test_grid_with_the_legend_outside_has_one_for_all():
    figure = grid_figure(three(figure_options=FigureOptions(legend="outside")), PLOTS.load("success"))
    [legend] = figure.legends
    assert sorted(text.get_text() for text in legend.get_texts()) == ["The B", "a", "c"]
    assert not any(axes.get_legend() for axes in figure.axes)


@pytest.mark.parametrize("kind", ["scores", "attributes", "attribute-dots", "sequences"])
def test_grid_has_every_kind(kind):
    reports = [on("one", ("a", 0.5), ("b", 0.6)), on("two", ("b", 0.4), ("c", 0.5))]
    figure = grid_figure(reports, PLOTS.load(kind))
    assert len(figure_bytes(figure, "png")) > 10_000


def test_four_data_sets_take_two_rows():
    figure = grid_figure([*three(), on("four", ("a", 0.5))], PLOTS.load("precision"))
    assert [axes.get_visible() for axes in figure.axes] == [True] * 4 + [False] * 2


def test_data_set_given_twice_is_refused():
    with pytest.raises(UserError, match="data set one is given twice"):
        grid_figure([*three(), three()[0]], PLOTS.load("success"))


def test_radar_has_a_corner_per_data_set():
    figure = radar_figure(three())
    texts = [text.get_text() for text in figure.findobj(Text)]
    assert {"ONE", "TWO", "THREE", "Success (AUC) by data set"} <= set(texts)
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["The B", "a", "c"]
    rows = plot_records(three(), "radar")
    assert [(row["spoke"], row["tracker"]) for row in rows] == [
        ("ONE", "b"),
        ("ONE", "a"),
        ("TWO", "b"),
        ("THREE", "a"),
        ("THREE", "c"),
    ]
    # The first corner is at the top, at the value.
    lines = [line for line in figure.axes[0].get_lines() if line.get_marker() != "None"]
    assert lines[0].get_ydata()[0] == pytest.approx(rows[0]["value"])
    assert lines[0].get_xdata()[0] == pytest.approx(0, abs=1e-9)


def test_radar_of_one_data_set_needs_three_attributes():
    with pytest.raises(InapplicableError, match="a radar needs three attributes or more, not 2"):
        radar_figure(three()[:1])
    with pytest.raises(InapplicableError, match="a radar needs three data sets or more, not 2"):
        radar_figure(three()[:2])
