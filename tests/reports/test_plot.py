"""Plots: the lines are the scores' curves, the legend says the scores, files come out the same each time."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from PIL import Image

from benchmarks.cli.main import main as sotbench
from benchmarks.scoring import Profile, Score
from benchmarks.scoring.profiles import OTB
from benchmarks.scoring.statistics import bootstrap_interval
from reports.curves import KINDS, curve_figure, figure_bytes
from reports.plot import main
from reports.style import line_style
from trackers.errors import UserError


def score(tracker: str, level: float, sequences: int = 20, profile: Profile = OTB) -> Score:
    """A tracker whose overlaps and errors are drawn around a level in [0, 1]."""
    generator = np.random.default_rng(int(level * 1000))
    curves = {"success": [], "precision": [], "normalized_precision": []}
    for good in np.clip(generator.normal(level, 0.1, sequences), 0, 1):
        curves["success"].append(good * (1 - np.linspace(0, 1, 21) ** 3))
        curves["precision"].append(good * np.linspace(0, 1, 51) ** 0.3)
        curves["normalized_precision"].append(good * np.linspace(0, 1, 51) ** 0.4)
    return Score(
        tracker=tracker,
        dataset="d",
        protocol="ope",
        profile=profile,
        of=20,
        sequences=tuple(f"s{i}" for i in range(sequences)),
        frames=np.full(sequences, 10),
        attributes={},
        curves={name: np.array(rows) for name, rows in curves.items()},
    )


def legend(figure: Figure) -> list[str]:
    (box,) = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    return [text.get_text() for text in box.get_texts()]


def texts(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(matplotlib.text.Text))


THREE = (score("Slow", 0.4), score("Fast", 0.7), score("Middle", 0.5))


@pytest.mark.parametrize("metric", OTB.metrics, ids=lambda metric: metric.name)
def test_lines_are_the_mean_curves_best_first(metric):
    figure = curve_figure(THREE, metric.name.replace("_", "-"), "D")
    lines = figure.axes[0].get_lines()
    best_first = sorted(THREE, key=lambda s: s.metrics()[metric.name].value, reverse=True)
    assert legend(figure) == [f"[{s.metrics()[metric.name].value:.3f}] {s.tracker}" for s in best_first]
    for line, shown in zip(lines, best_first, strict=True):
        assert np.array_equal(line.get_xdata(), metric.thresholds)
        assert line.get_ydata() == pytest.approx(shown.curves[metric.name].mean(axis=0))


def test_bands_are_the_intervals_of_the_curves():
    figure = curve_figure(THREE[:1], "success", "D")
    (band,) = figure.axes[0].findobj(PolyCollection)
    low, high = bootstrap_interval(THREE[0].curves["success"])
    (path,) = band.get_paths()
    assert {round(y, 9) for y in path.vertices[:, 1]} == {round(y, 9) for y in (*low, *high)}


def test_bands_can_be_left_out_and_are_where_they_would_hide_each_other():
    assert not curve_figure(THREE, "success", "D", band=False).axes[0].findobj(PolyCollection)
    many = [score(f"t{i}", 0.3 + i / 20) for i in range(6)]
    assert not curve_figure(many, "success", "D").axes[0].findobj(PolyCollection)
    one_sequence = [score("a", 0.5, sequences=1)]
    assert not curve_figure(one_sequence, "success", "D").axes[0].findobj(PolyCollection)


def test_figure_says_what_it_shows():
    said = texts(curve_figure(THREE, "success", "OTB2015"))
    assert "Success plot of OPE on OTB2015\n20 sequences" in said
    assert "profile otb; shaded: 95 % interval over sequences" in said
    assert "Overlap threshold" in said
    assert "Success rate" in said
    said = texts(curve_figure(THREE, "precision", "OTB2015", band=False))
    assert "Location error threshold (pixels)" in said
    assert "shaded" not in said


def test_missing_sequences_are_counted():
    part = [score("a", 0.5, sequences=9), score("b", 0.4, sequences=9), score("c", 0.3, sequences=3)]
    figure = curve_figure(part, "success", "D")
    assert "9 of 20 sequences" in texts(figure)
    assert [re.sub(r"\[.*?\] ", "", label) for label in legend(figure)] == ["a", "b", "c (3 of 20)"]


def test_a_tracker_looks_the_same_in_every_plot():
    swapped = replace(THREE[0], curves=THREE[0].curves | {"precision": np.ones((20, 51))})
    looks = []
    for kind in ("success", "precision"):
        figure = curve_figure([swapped, *THREE[1:]], kind, "D")
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
    for kind in KINDS:
        figure = curve_figure(scores, kind, "D")
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
    first = figure_bytes(curve_figure(THREE, "success", "D"), form)
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 20)  # a matplotlibrc of the user's own
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert figure_bytes(curve_figure(THREE, "success", "D"), form) == first


def test_fonts_are_embedded_as_truetype_and_svg_keeps_text():
    figure = curve_figure(THREE, "success", "D")
    assert b"/Type3" not in figure_bytes(figure, "pdf")
    assert b"/FontFile2" in figure_bytes(figure, "pdf")
    assert b"Overlap threshold</text>" in figure_bytes(figure, "svg")


def test_a_profile_without_the_curve_is_refused():
    only_success = replace(OTB, name="bare", metrics=OTB.metrics[:1])
    with pytest.raises(UserError, match="profile 'bare' has no precision curve; it has: success"):
        curve_figure([score("a", 0.5, profile=only_success)], "precision", "D")


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
        for kind in ("success", "precision", "normalized-precision")
    ]
    assert "still: 4 of 5 sequences are scored" in output.err
    for name in output.out.splitlines():
        with Image.open(name) as image:
            assert image.width == 1020  # 3.4 inches at 300 dpi


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


def test_a_format_that_does_not_exist_is_one_sentence(capsys):
    with pytest.raises(SystemExit) as status:
        main(["--dataset", "demo", "--format", "gif"])
    assert status.value.code == 2
    error = capsys.readouterr().err
    assert "invalid choice: 'gif'" in error
    assert error.count("\n") == 1
