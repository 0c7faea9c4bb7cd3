"""Every kind of plot on the caller's axes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from example_scores import long_term_report, report, score, vot_report, write_speed
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from reports.plots import PLOTS
from reports.report_data import ReportData

THREE = (score("Slow", 0.4), score("Fast", 0.7), score("Middle", 0.5))
LONG = (
    score("a_tracker_whose_name_is_as_long_as_they_come", 0.3),
    score("another_tracker_with_a_long_name", 0.5, sequences=9),
)
MANY = tuple(score(f"tracker-{number}", 0.2 + number / 60) for number in range(30))


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def data(kind: str, results: Path, scores=THREE) -> ReportData:
    """Returns made-up scores that a kind of plot applies to."""
    if kind in ("eao", "ar"):
        return vot_report()
    if kind == "precision-recall":
        return long_term_report()
    if kind == "speed":
        for place, shown in enumerate(scores):
            write_speed(results, shown.tracker, 10.0 ** (place % 5 + 1))
    return report(scores, results=results, title="Demo")


def drawn_texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Returns all visible texts with their extents in pixels, tick labels outside their axes left out."""
    figure.draw_without_rendering()
    ticks, hidden = set(), set()
    for axes in figure.findobj(Axes):
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                ticks |= {tick.label1, tick.label2}
                if not (axes.axison and axes.get_visible() and low <= tick.get_loc() <= high):
                    hidden |= {tick.label1, tick.label2}
            if not axes.axison:
                hidden |= {axis.label, axis.offsetText}
    return [
        (text.get_text(), text.get_window_extent())
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in hidden
    ]


def overlapping(texts: list[tuple[str, Bbox]]) -> list[tuple[str, str]]:
    """Returns the pairs of texts whose extents overlap by more than two pixels."""
    found = []
    for (one, box), (other, beside) in combinations(texts, 2):
        across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
        down = min(box.y1, beside.y1) - max(box.y0, beside.y0)
        if across > 2 and down > 2:
            found.append((one, other))
    return found


@pytest.mark.parametrize("kind", list(PLOTS))
def test_every_kind_draws_on_given_axes(kind, tmp_path):
    figure, places = plt.subplots(2, 3, figsize=(16, 9), layout="constrained")
    assert PLOTS.load(kind)(data(kind, tmp_path), ax=places[1, 1]) is figure
    given = places[1, 1]
    assert len(figure.axes) == 6
    assert given.get_title()
    assert all(not ax.has_data() and not ax.get_title() for ax in figure.axes if ax is not given)
    assert not figure.legends
    assert figure.get_size_inches() == pytest.approx((16, 9))


@pytest.mark.parametrize("kind", list(PLOTS))
def test_every_kind_draws_on_axes_placed_by_hand(kind, tmp_path):
    figure = Figure(figsize=(6, 5))
    ax = figure.add_axes((0.3, 0.2, 0.5, 0.6))
    assert PLOTS.load(kind)(data(kind, tmp_path), ax=ax) is figure
    figure.draw_without_rendering()
    area = ax.get_window_extent()
    for panel in ax.child_axes:
        box = panel.get_window_extent()
        assert area.padded(1).containsx(box.x0)
        assert area.padded(1).containsx(box.x1)
        assert area.padded(1).containsy(box.y0)
        assert area.padded(1).containsy(box.y1)
    for one, other in pairwise(ax.child_axes):
        assert not one.get_window_extent().padded(-1).overlaps(other.get_window_extent())


@pytest.mark.parametrize("scores", [THREE, LONG, MANY], ids=["three", "long", "many"])
@pytest.mark.parametrize("kind", list(PLOTS))
def test_no_texts_overlap_on_given_axes(kind, scores, tmp_path):
    figure, places = plt.subplots(2, 3, figsize=(16, 9), layout="constrained")
    for ax in places[1, :2]:
        PLOTS.load(kind)(data(kind, tmp_path, scores), ax=ax)
    assert overlapping(drawn_texts(figure)) == []


@pytest.mark.parametrize("kind", list(PLOTS))
def test_texts_on_given_axes_follow_the_callers_font(kind, tmp_path):
    with matplotlib.rc_context({"font.size": 10}):
        figure, ax = plt.subplots()
        PLOTS.load(kind)(data(kind, tmp_path), ax=ax)
        figure.draw_without_rendering()
        sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text().strip()]
    assert min(sizes) > 5.78  # xx-small


def test_axes_in_a_subfigure_return_the_whole_figure(tmp_path):
    figure = plt.figure(layout="constrained")
    left, right = figure.subfigures(1, 2)
    for kind, part in (("scores", left), ("success", right)):
        assert PLOTS.load(kind)(data(kind, tmp_path), ax=part.subplots()) is figure
    figure.draw_without_rendering()


def test_dollar_signs_on_given_axes_are_no_formula(tmp_path):
    scores = [score("$a_{b$ & 50%", 0.4), score("$\\frac$", 0.5)]
    for kind in ("success", "scores", "sequences"):
        figure, ax = plt.subplots()
        PLOTS.load(kind)(data(kind, tmp_path, scores), ax=ax)
        figure.draw_without_rendering()
        texts = " ".join(text for text, _ in drawn_texts(figure))
        assert "$a_{b$ & 50%" in texts


def test_panels_follow_their_axes_when_these_move(tmp_path):
    figure = Figure()
    ax = figure.add_axes((0.2, 0.2, 0.3, 0.3))
    PLOTS.load("scores")(data("scores", tmp_path), ax=ax)
    ax.set_position((0.4, 0.4, 0.5, 0.5))
    figure.draw_without_rendering()
    boxes = [panel.get_window_extent() for panel in ax.child_axes]
    assert np.isclose(boxes[0].x0, ax.get_window_extent().x0)
    assert np.isclose(boxes[-1].x1, ax.get_window_extent().x1)
