"""Plots: points, curves, texts and files of every kind."""

from __future__ import annotations

import re
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from example_scores import report, score, vot_report
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from benchmarks.scoring.profiles import OTB
from benchmarks.scoring.statistics import bootstrap_interval
from reports.plots import PLOTS
from reports.plots.attributes import attribute_dots_figure, attributes_figure
from reports.plots.curves import normalized_precision_figure, precision_figure, success_figure
from reports.plots.figure import figure_bytes
from reports.plots.scores import scores_figure
from reports.plots.sequences import sequences_figure
from reports.plots.vot import ar_figure, eao_figure
from reports.published import Published
from reports.report_data import InapplicableError
from trackers.errors import UserError

CURVES = {
    "success": success_figure,
    "precision": precision_figure,
    "normalized_precision": normalized_precision_figure,
}
HOSTILE = ("<script>alert(1)</script>", "$a_b$ & 50%", "_hidden 'name\"", "Größe/../é", "漢字")


def legend(figure: Figure) -> list[str]:
    (box,) = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    return [text.get_text() for text in box.get_texts()]


def texts(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(matplotlib.text.Text))


def points(axes) -> dict[float, tuple[float, float]]:
    """Returns drawn points with their intervals in x, by y."""
    found = {}
    for container in axes.containers:
        line, _, bars = container
        ends = [tuple(segment[:, 0]) for bar in bars for segment in bar.get_segments()]
        found[float(line.get_ydata()[0])] = (float(line.get_xdata()[0]), *ends)
    return found


THREE = (score("Slow", 0.4), score("Fast", 0.7), score("Middle", 0.5))


@pytest.mark.parametrize("metric", OTB.metrics, ids=lambda metric: metric.name)
def test_lines_are_mean_curves_best_first(metric):
    figure = CURVES[metric.name](report(THREE))
    lines = figure.axes[0].get_lines()
    best_first = sorted(THREE, key=lambda s: s.metrics()[metric.name].value, reverse=True)
    assert legend(figure) == [f"[{s.metrics()[metric.name].value:.3f}] {s.tracker}" for s in best_first]
    for line, shown in zip(lines, best_first, strict=True):
        assert np.array_equal(line.get_xdata(), metric.thresholds)
        assert line.get_ydata() == pytest.approx(shown.curves[metric.name].mean(axis=0))


def test_bands_are_the_intervals_of_curves():
    figure = success_figure(report(THREE[:1]))
    (band,) = figure.axes[0].findobj(PolyCollection)
    low, high = bootstrap_interval(THREE[0].curves["success"])
    (path,) = band.get_paths()
    assert {round(y, 9) for y in path.vertices[:, 1]} == {round(y, 9) for y in (*low, *high)}


def test_bands_are_absent_if_unwanted_or_many():
    assert not success_figure(report(THREE, intervals=False)).axes[0].findobj(PolyCollection)
    many = [score(f"t{i}", 0.3 + i / 20) for i in range(6)]
    assert not success_figure(report(many)).axes[0].findobj(PolyCollection)
    one_sequence = [score("a", 0.5, sequences=1)]
    assert not success_figure(report(one_sequence)).axes[0].findobj(PolyCollection)


def test_title_axes_and_note_of_curves():
    said = texts(success_figure(report(THREE, title="OTB2015")))
    assert "Success plot of OPE on OTB2015\n20 sequences, profile otb" in said
    assert "shaded: 95 % interval over sequences" in said
    assert "Overlap threshold" in said
    assert "Success rate" in said
    said = texts(precision_figure(report(THREE, intervals=False)))
    assert "Location error threshold (pixels)" in said
    assert "shaded" not in said


def test_missing_sequences_are_counted():
    part = [score("a", 0.5, sequences=9), score("b", 0.4, sequences=9), score("c", 0.3, sequences=3)]
    figure = success_figure(report(part))
    assert "9 of 20 sequences" in texts(figure)
    assert [re.sub(r"\[.*?\] ", "", label) for label in legend(figure)] == ["a", "b", "c (3 of 20)"]


def test_tracker_has_the_same_style_in_every_plot():
    swapped = replace(THREE[0], curves=THREE[0].curves | {"precision": np.ones((20, 51))})
    looks = []
    for kind in ("success", "precision"):
        figure = CURVES[kind](report([swapped, *THREE[1:]]))
        lines = figure.axes[0].get_lines()
        looks.append(
            {str(line.get_label()).split()[1]: (line.get_color(), line.get_linestyle()) for line in lines}
        )
    assert legend(figure)[0].endswith("Slow")
    assert looks[0] == looks[1]


@pytest.mark.parametrize("count", [1, 3, 12, 30])
@pytest.mark.parametrize("lowest", [0.02, 0.6])
def test_legend_hides_no_curve(count, lowest):
    scores = [score(f"tracker {i}", lowest + 0.3 * i / count) for i in range(count)]
    for draw in CURVES.values():
        figure = draw(report(scores))
        figure.draw_without_rendering()
        axes = figure.axes[0]
        (box,) = [*figure.legends, *filter(None, [axes.get_legend()])]
        area = box.get_window_extent()
        for line in axes.get_lines():
            points = axes.transData.transform(np.column_stack(line.get_data()))
            assert not area.count_contains(points)
        assert len(box.get_texts()) == count
        assert figure.bbox.fully_containsx(area.x0)
        assert figure.bbox.fully_containsx(area.x1)


@pytest.mark.parametrize("form", ["png", "pdf", "svg"])
def test_same_scores_give_the_same_bytes(form, monkeypatch):
    first = figure_bytes(success_figure(report(THREE)), form)
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 20)  # a matplotlibrc of the user's own
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert figure_bytes(success_figure(report(THREE)), form) == first


def test_pdf_embeds_truetype_and_svg_keeps_text():
    figure = success_figure(report(THREE))
    assert b"/Type3" not in figure_bytes(figure, "pdf")
    assert b"/FontFile2" in figure_bytes(figure, "pdf")
    assert b"Overlap threshold</text>" in figure_bytes(figure, "svg")


def test_profile_without_the_curve_is_refused():
    only_success = replace(OTB, name="bare", metrics=OTB.metrics[:1])
    with pytest.raises(InapplicableError, match="profile 'bare' has no precision curve; it has: success"):
        precision_figure(report([score("a", 0.5, profile=only_success)]))


def test_attribute_panels_show_scores_by_attribute():
    shown = report(THREE)
    figure = attributes_figure(shown)
    panels = {axes.get_title(): axes for axes in figure.axes if axes.get_visible()}
    assert set(panels) == {"odd (10)", "first five (5)"}
    by_place = {(row["tracker"], row["attribute"]): row for s in THREE for row in s.records("attribute")}
    for title, axes in panels.items():
        for place, tracker in enumerate(("Fast", "Middle", "Slow")):
            value, ends = points(axes)[place]
            row = by_place[tracker, title.rpartition(" (")[0].replace(" ", "_")]
            assert value == pytest.approx(row["success"])
            assert ends == pytest.approx((row["success_low"], row["success_high"]))
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["Fast", "Middle", "Slow"]
    assert "Success (AUC) by attribute of OPE on D\n20 sequences, profile otb" in texts(figure)


def test_attribute_dots_order_and_intervals():
    rows = [label.get_text() for label in attribute_dots_figure(report(THREE)).axes[0].get_yticklabels()]
    means = {
        name: np.mean([s.by_attribute()[name].value(OTB.metrics[0]) for s in THREE])
        for name in ("odd", "first_five")
    }
    easiest = max(means, key=means.__getitem__)
    assert rows[0].startswith(easiest.replace("_", " "))
    many = attribute_dots_figure(report([score(f"t{i}", 0.3 + i / 20) for i in range(6)]))
    assert not any(bars for axes in many.axes for _, _, bars in axes.containers)
    assert len(legend(many)) == 6


def test_attribute_plots_need_attributes():
    bare = report([replace(THREE[0], attributes={})])
    for draw in (attributes_figure, attribute_dots_figure):
        with pytest.raises(InapplicableError, match="sequences of D have no attributes"):
            draw(bare)


def test_metric_can_be_chosen():
    assert "Precision (20 pixels) by attribute" in texts(
        attributes_figure(report(THREE, chosen_metric="precision"))
    )
    with pytest.raises(UserError, match=r"no metric 'succes' .did you mean 'success'"):
        attributes_figure(report(THREE, chosen_metric="succes"))


def test_published_scores_are_shown_beside_own():
    published = tuple(
        Published("d", "ope", profile, "ECO", metric, value, "x")
        for profile, metric, value in (
            ("otb", "success", "0.694"),
            ("otb", "precision", "0.910"),
            ("otb", "eao", "0.3"),
        )
    )
    figure = scores_figure(report(THREE, published=published))
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert set(names) == {"Fast", "Middle", "Slow", "ECO (published)"}
    eco = names.index("ECO (published)")
    assert points(figure.axes[0])[eco] == (0.694,)
    assert points(figure.axes[1])[eco] == (0.91,)
    assert eco not in points(figure.axes[2])
    assert "hollow: published" in texts(figure)
    assert names == sorted(names, key=lambda name: -points(figure.axes[0])[names.index(name)][0])


def test_differences_are_sorted_by_sequence():
    figure = sequences_figure(report(THREE))
    axes = figure.axes[0]
    fast, middle = (s.sequence_values()["success"] for s in (THREE[1], THREE[2]))
    drawn = np.concatenate([line.get_xdata() for line in axes.get_lines() if line.get_marker() in ("o", "s")])
    assert np.sort(drawn) == pytest.approx(np.sort(fast - middle))
    order = [label.get_text() for label in axes.get_yticklabels()]
    assert order == [f"s{i}" for i in np.argsort(-(fast - middle), kind="stable")]
    assert f"mean {np.mean(fast - middle):+.3f}" in texts(figure)
    assert "Fast is better" in texts(figure)
    assert "Fast less Middle" in axes.get_xlabel()


def test_named_trackers_are_compared_in_given_order():
    figure = sequences_figure(report(THREE, trackers_named=True))
    assert "Slow less Fast" in figure.axes[0].get_xlabel()


def test_only_extreme_sequences_have_names():
    pair = [score("a", 0.4, sequences=90), score("b", 0.7, sequences=90)]
    axes = sequences_figure(report(pair)).axes[0]
    assert len(axes.get_yticklabels()) == 40
    assert sum(len(line.get_xdata()) for line in axes.get_lines() if line.get_marker() in ("o", "s")) == 90


def test_eao_plot_has_curve_interval_and_bounds():
    shown = vot_report()
    figure = eao_figure(shown)
    axes = figure.axes[0]
    curves = [line for line in axes.get_lines() if len(line.get_xdata()) > 2]
    by_name = {score.tracker: score for score in shown.scores}
    for line, name in zip(curves, shown.trackers, strict=True):
        lengths, phi = by_name[name].overall.curve()
        kept = lengths <= 2 * 356
        assert np.array_equal(line.get_xdata(), lengths[kept])
        assert np.array_equal(line.get_ydata(), phi[kept])
        low, high = by_name[name].overall.curve_interval(lengths)
        assert (low <= phi + 1e-12).all()
        assert (phi <= high + 1e-12).all()
        [row] = by_name[name].records()
        assert f"[{row['eao']:.3f}] {name}" in legend(figure)
    edges = {float(line.get_xdata()[0]) for line in axes.get_lines() if len(line.get_xdata()) == 2}
    assert edges == {100.0, 356.0}
    assert len(axes.findobj(PolyCollection)) == len(curves)


def test_ar_plot_has_every_tracker_and_its_ranks():
    shown = vot_report()
    figure = ar_figure(shown)
    plane, ranking = figure.axes
    rows = {str(row["tracker"]): row for row in shown.records}
    drawn = [(float(c[0].get_xdata()[0]), float(c[0].get_ydata()[0])) for c in plane.containers]
    for (chance, accuracy), name in zip(drawn, shown.trackers, strict=True):
        assert chance == pytest.approx(np.exp(-30 * rows[name]["robustness"] / 100))
        assert accuracy == pytest.approx(rows[name]["accuracy"])
    assert len(ranking.containers) == len(shown.scores)
    assert legend(figure) == shown.trackers
    alone = ar_figure(replace(shown, scores=shown.scores[:1]))
    assert len(alone.axes) == 1


def test_vot_plots_refuse_one_pass_runs():
    for draw in (eao_figure, ar_figure):
        with pytest.raises(InapplicableError, match="needs supervised, realtime or multistart runs, not ope"):
            draw(report(THREE))


def test_plot_draws_the_best_60_and_says_so():
    many = tuple(score(f"t{number:04}", 0.2 + number / 150) for number in range(100))
    best = report(many).best(60)
    figures = {one.tracker: float(one.sequence_values()["success"].mean()) for one in many}
    assert best.trackers == sorted(figures, key=lambda name: -figures[name])[:60]
    for draw in (success_figure, scores_figure, attributes_figure, attribute_dots_figure):
        figure = draw(best)
        assert "best 60 of 100 trackers" in texts(figure)
        assert max(figure.get_size_inches()) < 12
    assert report(THREE).best(3).total_trackers is None
    assert "best" not in texts(success_figure(report(THREE).best(3)))


ONE_PASS_KINDS = [kind for kind in PLOTS if kind not in ("eao", "ar", "precision-recall", "speed")]


@pytest.mark.parametrize("kind", ONE_PASS_KINDS)
def test_hostile_names_are_drawn_verbatim(kind, tmp_path):
    scores = [score(name, 0.3 + i / 10) for i, name in enumerate(HOSTILE)]
    figure = PLOTS.load(kind)(report(scores, title="D $x_1$"))
    said = texts(figure)
    for name in HOSTILE[-2:] if kind == "sequences" else HOSTILE:
        assert name in said
    for form in ("png", "pdf", "svg"):
        content = figure_bytes(figure, form)
        assert len(content) > 1000
    assert b"<script>" not in content


@pytest.mark.parametrize("kind", ONE_PASS_KINDS)
def test_very_long_name_leaves_room_for_axes(kind):
    scores = [score("a" * 70 + "1", 0.3), score("b" * 70 + "2", 0.5)]
    figure = PLOTS.load(kind)(report(scores))
    figure.draw_without_rendering()
    assert figure.axes[0].get_window_extent().width > 0.15 * figure.bbox.width
    assert "bbbbb2" in texts(figure)
