"""How figures and tables of the API look: arguments, and several data sets."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import sotbench as sot
from sotbench import UserError


@pytest.fixture
def scores(squares, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sot.Scores:
    monkeypatch.chdir(tmp_path)
    for tracker in ("ncc", "still"):
        sot.run(tracker, "squares")
    return sot.load_results("squares").score()


def labels(figure) -> list[str]:
    return [str(line.get_label()).split("] ")[1] for line in figure.axes[0].get_lines()]


def test_arguments_say_how_trackers_are_shown(scores, tmp_path) -> None:
    figure = scores.plot(
        labels={"still": "No motion"}, colors={"still": "#123456"}, order=["still"], highlight="still"
    )
    assert labels(figure) == ["No motion", "ncc"]
    line = figure.axes[0].get_lines()[0]
    assert line.get_color() == "#123456"
    assert labels(scores.plot(hide="ncc")) == ["still"]
    assert r"\textbf{No motion}" in scores.table(
        format="latex", labels={"still": "No motion"}, highlight=["still"], label="tab:x"
    )
    (tmp_path / "my.toml").write_text('[trackers.ncc]\nlabel = "NCC 1"\n')
    assert labels(scores.plot(style="my.toml")) == ["NCC 1", "still"]
    assert scores.trackers == ["ncc", "still"]


def test_arguments_say_how_figures_look(scores) -> None:
    figure = scores.plot(width="one-column", height="5cm", legend="outside", title=False, font="serif")
    assert tuple(figure.get_size_inches()) == pytest.approx((3.4, 1.9685), abs=1e-3)
    assert figure.axes[0].get_title() == ""
    assert figure.legends


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"label": {"ncc": "x"}}, "there is no argument 'label' .did you mean 'labels'"),
        ({"labels": {"nc": "x"}}, "label names 'nc', which has no results .did you mean 'ncc'"),
        ({"colors": {"ncc": "x"}}, "color of 'ncc' is 'x'; write a color"),
        ({"hide": ["ncc", "still"]}, "all trackers are hidden"),
        ({"width": "wide"}, "'wide' is no length"),
        ({"font_size": 1}, "1 is no font size"),
        ({"legend": "left"}, "legend is 'left'; it takes auto, inside, outside, none"),
    ],
)
def test_wrong_argument_is_one_sentence(scores, arguments, sentence) -> None:
    with pytest.raises(UserError, match=sentence):
        scores.plot(**arguments)


def test_own_axes_keep_their_size_and_what_is_drawn(scores) -> None:
    figure, axes = plt.subplots()
    with pytest.raises(UserError, match="width is for a new figure"):
        scores.plot(ax=axes, width=3)
    axes.plot([0, 1], [0, 1])
    scores.plot("success", ax=axes)
    with pytest.raises(UserError, match="needs axes of its own"):
        scores.plot("scores", ax=axes)
    plt.close(figure)


def test_several_data_sets_make_one_figure_and_one_table(scores) -> None:
    sot.run("still", "demo", sequences=["easy"])
    other = sot.load_results("demo").score(sequences=["easy"])
    figure = sot.plot([scores, other])
    assert [axes.get_title() for axes in figure.axes] == ["Squares", other._selection.dataset.title]
    text = sot.table([scores, other], "latex", metric="success", label="tab:both")
    assert r"\multicolumn{1}{c}{Squares}" in text
    assert r"\label{tab:both}" in text
    with pytest.raises(UserError, match="data set squares is given twice"):
        sot.plot([scores, scores])
    with pytest.raises(UserError, match="no scores are given"):
        sot.table([])
