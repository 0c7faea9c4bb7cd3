"""Plots: what is drawn is the scores, the words say what they are, files come out the same each time."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from example_scores import report, score, vot_report, write_speed
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from PIL import Image

from benchmarks.cli.main import main as sotbench
from benchmarks.scoring.profiles import OTB
from benchmarks.scoring.statistics import bootstrap_interval
from reports.plot import main, parser
from reports.plots import PLOTS
from reports.plots.attributes import attribute_dots_figure, attributes_figure
from reports.plots.curves import normalized_precision_figure, precision_figure, success_figure
from reports.plots.figure import figure_bytes
from reports.plots.scores import scores_figure
from reports.plots.sequences import sequences_figure
from reports.plots.speed import speed_figure
from reports.plots.vot import ar_figure, eao_figure
from reports.published import Published
from reports.report_data import InapplicableError, read_report_data
from reports.style import line_style, point_style
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
    """Drawn points with their intervals in x, by height."""
    found = {}
    for container in axes.containers:
        line, _, bars = container
        ends = [tuple(segment[:, 0]) for bar in bars for segment in bar.get_segments()]
        found[float(line.get_ydata()[0])] = (float(line.get_xdata()[0]), *ends)
    return found


THREE = (score("Slow", 0.4), score("Fast", 0.7), score("Middle", 0.5))


@pytest.mark.parametrize("metric", OTB.metrics, ids=lambda metric: metric.name)
def test_lines_are_the_mean_curves_best_first(metric):
    figure = CURVES[metric.name](report(THREE))
    lines = figure.axes[0].get_lines()
    best_first = sorted(THREE, key=lambda s: s.metrics()[metric.name].value, reverse=True)
    assert legend(figure) == [f"[{s.metrics()[metric.name].value:.3f}] {s.tracker}" for s in best_first]
    for line, shown in zip(lines, best_first, strict=True):
        assert np.array_equal(line.get_xdata(), metric.thresholds)
        assert line.get_ydata() == pytest.approx(shown.curves[metric.name].mean(axis=0))


def test_bands_are_the_intervals_of_the_curves():
    figure = success_figure(report(THREE[:1]))
    (band,) = figure.axes[0].findobj(PolyCollection)
    low, high = bootstrap_interval(THREE[0].curves["success"])
    (path,) = band.get_paths()
    assert {round(y, 9) for y in path.vertices[:, 1]} == {round(y, 9) for y in (*low, *high)}


def test_bands_can_be_left_out_and_are_where_they_would_hide_each_other():
    assert not success_figure(report(THREE, intervals=False)).axes[0].findobj(PolyCollection)
    many = [score(f"t{i}", 0.3 + i / 20) for i in range(6)]
    assert not success_figure(report(many)).axes[0].findobj(PolyCollection)
    one_sequence = [score("a", 0.5, sequences=1)]
    assert not success_figure(report(one_sequence)).axes[0].findobj(PolyCollection)


def test_figure_says_what_it_shows():
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


def test_a_tracker_looks_the_same_in_every_plot():
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


def test_no_two_of_thirty_look_alike():
    looks = [str(line_style(rank)) for rank in range(30)]
    assert len(set(looks)) == 30
    for rank in range(29):
        assert line_style(rank)["linestyle"] != line_style(rank + 1)["linestyle"]


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
def test_the_same_scores_give_the_same_bytes(form, monkeypatch):
    first = figure_bytes(success_figure(report(THREE)), form)
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 20)  # a matplotlibrc of the user's own
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert figure_bytes(success_figure(report(THREE)), form) == first


def test_fonts_are_embedded_as_truetype_and_svg_keeps_text():
    figure = success_figure(report(THREE))
    assert b"/Type3" not in figure_bytes(figure, "pdf")
    assert b"/FontFile2" in figure_bytes(figure, "pdf")
    assert b"Overlap threshold</text>" in figure_bytes(figure, "svg")


def test_a_profile_without_the_curve_is_refused():
    only_success = replace(OTB, name="bare", metrics=OTB.metrics[:1])
    with pytest.raises(InapplicableError, match="profile 'bare' has no precision curve; it has: success"):
        precision_figure(report([score("a", 0.5, profile=only_success)]))


def test_attribute_panels_show_each_attributes_own_scores():
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


def test_attribute_dots_are_hardest_last_and_without_intervals_for_many():
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


def test_without_attributes_there_is_no_plot_of_them():
    bare = report([replace(THREE[0], attributes={})])
    for draw in (attributes_figure, attribute_dots_figure):
        with pytest.raises(InapplicableError, match="sequences of D have no attributes"):
            draw(bare)


def test_another_metric_can_be_chosen_and_a_wrong_one_is_refused():
    assert "Precision (20 pixels) by attribute" in texts(
        attributes_figure(report(THREE, chosen_metric="precision"))
    )
    with pytest.raises(UserError, match=r"no metric 'succes' .did you mean 'success'"):
        attributes_figure(report(THREE, chosen_metric="succes"))


def test_scores_stand_beside_published_ones():
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


def test_differences_are_those_of_each_sequence_sorted():
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


def test_the_trackers_that_are_named_are_compared_in_their_order():
    figure = sequences_figure(report(THREE, trackers_named=True))
    assert "Slow less Fast" in figure.axes[0].get_xlabel()


def test_of_many_sequences_the_extremes_have_names_and_all_are_drawn():
    pair = [score("a", 0.4, sequences=90), score("b", 0.7, sequences=90)]
    axes = sequences_figure(report(pair)).axes[0]
    assert len(axes.get_yticklabels()) == 40
    assert sum(len(line.get_xdata()) for line in axes.get_lines() if line.get_marker() in ("o", "s")) == 90


def test_eao_is_the_curve_with_its_interval_and_the_lengths_that_count():
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


def test_ar_has_every_tracker_and_its_ranks():
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


def test_vot_plots_are_not_of_one_pass_runs():
    for draw in (eao_figure, ar_figure):
        with pytest.raises(InapplicableError, match="needs supervised or realtime runs, not ope"):
            draw(report(THREE))


def test_of_more_trackers_than_can_be_told_apart_the_best_are_drawn_and_their_number_is_said():
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


@pytest.mark.parametrize("kind", [kind for kind in PLOTS if kind not in ("eao", "ar", "speed")])
def test_hostile_names_are_drawn_as_they_are(kind, tmp_path):
    scores = [score(name, 0.3 + i / 10) for i, name in enumerate(HOSTILE)]
    figure = PLOTS.load(kind)(report(scores, title="D $x_1$"))
    said = texts(figure)
    for name in HOSTILE[-2:] if kind == "sequences" else HOSTILE:
        assert name in said
    for form in ("png", "pdf", "svg"):
        content = figure_bytes(figure, form)
        assert len(content) > 1000
    assert b"<script>" not in content


@pytest.mark.parametrize("kind", [kind for kind in PLOTS if kind not in ("eao", "ar", "speed")])
def test_a_very_long_name_leaves_room_for_the_drawing(kind):
    scores = [score("a" * 70 + "1", 0.3), score("b" * 70 + "2", 0.5)]
    figure = PLOTS.load(kind)(report(scores))
    figure.draw_without_rendering()
    assert figure.axes[0].get_window_extent().width > 0.15 * figure.bbox.width
    assert "bbbbb2" in texts(figure)


def test_points_of_many_trackers_differ():
    assert len({str(point_style(rank)) for rank in range(40)}) == 40


@pytest.fixture
def results(squares, tmp_path: Path) -> Path:
    for tracker in ("still", "ncc"):
        sotbench(
            ["run", "--tracker", tracker, "--dataset", "squares", "--results", str(tmp_path / "results")]
        )
    return tmp_path / "results"


def plot(results: Path, *more: str) -> int:
    return main(["--dataset", "squares", "--results", str(results), *more])


def test_command_writes_what_it_names(results, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert plot(results) == 0
    output = capsys.readouterr()
    assert output.out.splitlines() == [
        str(Path("plots", "squares", f"{kind}.png"))
        for kind in (
            "success",
            "precision",
            "normalized-precision",
            "scores",
            "attributes",
            "attribute-dots",
            "sequences",
        )
    ]
    assert "still: 4 of 5 sequences are scored" in output.err
    for name in output.out.splitlines():
        with Image.open(name) as image:
            assert image.width in (1020, 2100)  # 3.4 and 7 inches at 300 dpi


def test_command_says_how_many_trackers_it_leaves_out(results, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("reports.plots.figure.MAX_DRAWN_TRACKERS", 1)
    assert plot(results, "--kind", "scores", "--out", str(tmp_path)) == 0
    sentence = "plots show the best 1 of 2 trackers; select others with --tracker"
    assert sentence in capsys.readouterr().err.splitlines()


def test_command_writes_every_format_the_same_twice(results, tmp_path, capsys):
    capsys.readouterr()
    contents = []
    for folder in ("one", "two"):
        options = ["--kind", "success", "--format", "png", "pdf", "svg", "--out", str(tmp_path / folder)]
        assert plot(results, "--tracker", "still", *options) == 0
        paths = [Path(name) for name in capsys.readouterr().out.splitlines()]
        assert [path.suffix for path in paths] == [".png", ".pdf", ".svg"]
        contents.append([path.read_bytes() for path in paths])
    assert contents[0] == contents[1]
    assert b"ncc" not in contents[0][2]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--tracker", "sill"], "no results of tracker 'sill' on squares .*did you mean 'still'"),
        (["--protocol", "tre"], "no results of protocol 'tre' on squares"),
        (["--profile", "otv"], "no scoring profile 'otv'"),
    ],
)
def test_a_wrong_name_is_one_sentence(results, capsys, more, sentence):
    capsys.readouterr()
    assert plot(results, *more) == 2
    error = capsys.readouterr().err
    assert re.search(sentence, error)
    assert error.count("\n") == 1


def test_a_kind_that_does_not_apply_is_one_sentence(results, capsys):
    capsys.readouterr()
    assert plot(results, "--kind", "eao") == 2
    assert "name another --protocol" in capsys.readouterr().err
    assert plot(results, "--kind", "sequences", "--tracker", "ncc") == 2
    assert "name another beside ncc" in capsys.readouterr().err
    assert plot(results, "--kind", "speed") == 2
    assert "sotbench speed --tracker" in capsys.readouterr().err


def test_tre_is_plotted_as_one_pass_runs_are(squares, tmp_path, capsys):
    place = ["--dataset", "squares", "--protocol", "tre", "--results", str(tmp_path)]
    assert sotbench(["run", "--tracker", "ncc", *place]) == 0
    assert main([*place, "--kind", "success", "--format", "svg", "--out", str(tmp_path / "out")]) == 0
    assert "Success plot of TRE on Squares" in (tmp_path / "out" / "success.svg").read_text()


def test_speed_is_read_from_its_records(results, tmp_path, capsys):
    for tracker, fps in (("ncc", 100.0), ("still", 90000.0)):
        write_speed(results, tracker, fps)
    folder = tmp_path / "out"
    assert plot(results, "--kind", "speed", "--format", "svg", "--out", str(folder)) == 0
    drawn = (folder / "speed.svg").read_text()
    assert "Updates per second" in drawn
    assert ">100<" in drawn
    assert "mathdefault" not in drawn
    shown = read_report_data(parser().parse_args(["--dataset", "squares", "--results", str(results)]))
    axes = speed_figure(shown).axes[0]
    fps = sorted(float(c[0].get_xdata()[0]) for c in axes.containers)
    assert fps == [100.0, 90000.0]
    (results / "speed" / "ncc" / "cpu.json").write_text("{}")
    capsys.readouterr()
    assert plot(results, "--kind", "speed", "--format", "svg", "--out", str(folder)) == 0
    said = capsys.readouterr().err
    assert "a record of speed is left out: " in said
    assert "is not a record of speed" in said
    assert ">ncc<" not in (folder / "speed.svg").read_text()


def test_a_format_that_does_not_exist_is_one_sentence(capsys):
    with pytest.raises(SystemExit) as status:
        main(["--dataset", "demo", "--format", "gif"])
    assert status.value.code == 2
    error = capsys.readouterr().err
    assert "invalid choice: 'gif'" in error
    assert error.count("\n") == 1
