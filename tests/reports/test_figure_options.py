"""Sizes, fonts, legends and titles of figures."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from example_scores import report, score, vot_report
from matplotlib.text import Text

from reports.figure_options import FigureOptions, read_length
from reports.plots.curves import success_figure
from reports.plots.figure import figure_bytes
from reports.plots.scores import scores_figure
from reports.plots.sequences import sequences_figure
from reports.plots.vot import ar_figure, eao_figure
from reports.presentation import Presentation, TrackerEntry
from trackers.errors import UserError

THREE = (score("Slow", 0.4), score("Fast", 0.7), score("Middle", 0.5))


@pytest.mark.parametrize(
    ("text", "inches"), [("3.5in", 3.5), ("8.9cm", 3.504), ("89mm", 3.504), ("252pt", 3.487), (2, 2.0)]
)
def test_lengths(text, inches):
    assert read_length(text) == pytest.approx(inches, abs=1e-3)


@pytest.mark.parametrize("text", ["", "wide", "0in", "-3in", "100in", "1e2in", "nan", "3.5 miles"])
def test_wrong_length_is_one_sentence(text):
    with pytest.raises(UserError, match=r"is no length of 0\.5 to 40 inches; write one such as 3\.5in"):
        read_length(text)


@pytest.mark.parametrize("draw", [success_figure, scores_figure, sequences_figure])
def test_figure_has_the_wanted_size(draw):
    options = FigureOptions(width=5.0, height=3.0, legend="outside")
    figure = draw(report(THREE, figure_options=options))
    assert tuple(figure.get_size_inches()) == (5.0, 3.0)


def test_font_and_its_size():
    options = FigureOptions(font="monospace", font_size=10.5)
    plain, large = success_figure(report(THREE)), success_figure(report(THREE, figure_options=options))
    sizes = [figure.axes[0].xaxis.label.get_fontsize() for figure in (plain, large)]
    assert sizes[1] == 1.5 * sizes[0] == 10.5
    assert b"DejaVuSansMono" in figure_bytes(large, "pdf")
    assert b"DejaVuSansMono" not in figure_bytes(plain, "pdf")
    assert b"/Type3" not in figure_bytes(large, "pdf")


def test_unknown_font_is_one_sentence():
    with pytest.raises(UserError, match=r"there is no font 'DejaVu Sanz' .*did you mean 'DejaVu Sans'\?"):
        FigureOptions(font="DejaVu Sanz").check()


def test_latex_must_be_installed(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(UserError, match="there is no program 'latex'; install LaTeX, or export"):
        FigureOptions(usetex=True).check()


@pytest.mark.parametrize("draw", [success_figure, eao_figure, ar_figure])
@pytest.mark.parametrize("place", ["inside", "outside", "none"])
def test_legend_is_where_it_is_wanted(draw, place):
    shown = report(THREE) if draw is success_figure else vot_report()
    figure = draw(replace(shown, figure_options=FigureOptions(legend=place)))
    inside = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    assert (len(inside), len(figure.legends)) == {"inside": (1, 0), "outside": (0, 1), "none": (0, 0)}[place]


@pytest.mark.parametrize("draw", [success_figure, scores_figure, sequences_figure])
def test_title_can_be_off(draw):
    figure = draw(report(THREE, title="Unmistakable", figure_options=FigureOptions(title="none")))
    assert "Unmistakable" not in " ".join(text.get_text() for text in figure.findobj(Text))


def test_highlighted_tracker_is_thick_on_top_and_bold():
    shown = Presentation(
        {"Middle": TrackerEntry(label="The middle", highlight=True)}, ("Slow", "Fast", "Middle")
    )
    figure = success_figure(report(THREE, presentation=shown))
    [axes] = figure.axes
    lines = {str(line.get_label()).split("] ")[1]: line for line in axes.get_lines()}
    assert lines["The middle"].get_linewidth() > 1.5 * lines["Fast"].get_linewidth()
    assert lines["The middle"].get_zorder() > lines["Fast"].get_zorder()
    legend = axes.get_legend() or figure.legends[0]
    weights = {text.get_text().split("] ")[1]: text.get_fontweight() for text in legend.get_texts()}
    assert weights == {"Fast": "normal", "The middle": "bold", "Slow": "normal"}
    rows = {
        text.get_text(): text.get_fontweight()
        for text in scores_figure(report(THREE, presentation=shown)).axes[0].get_yticklabels()
    }
    assert rows == {"Fast": "normal", "The middle": "bold", "Slow": "normal"}


def test_order_comes_before_the_score():
    shown = Presentation({"Slow": TrackerEntry(order=1)}, ("Slow", "Fast", "Middle"))
    figure = success_figure(report(THREE, presentation=shown))
    names = [str(line.get_label()).split("] ")[1] for line in figure.axes[0].get_lines()]
    assert names == ["Slow", "Fast", "Middle"]
    assert report(THREE, presentation=shown).pair()[0].tracker == "Fast"  # the best two, still


def test_labels_are_formulas_only_if_wanted():
    entries = {"Fast": TrackerEntry(label="$\\alpha$-Fast"), "Slow": TrackerEntry(label="$5 & up")}
    for tex in (False, True):
        used = {"Fast": entries["Fast"]} if tex else entries  # the other one is no TeX
        shown = Presentation(used, ("Slow", "Fast", "Middle"), tex_labels=tex)
        for draw in (success_figure, scores_figure):
            figure = draw(report(THREE, presentation=shown))
            texts = [
                text for text in figure.findobj(Text) if "alpha" in text.get_text() and text.get_visible()
            ]
            assert texts
            assert all(text.get_parse_math() == tex for text in texts)
            svg = figure_bytes(figure, "svg").decode()
            assert ("\N{GREEK SMALL LETTER ALPHA}" in svg) == tex
            assert "\ue000" not in svg


def test_latex_sets_all_text():
    options = FigureOptions(usetex=True)
    try:
        options.check()
    except UserError as reason:
        pytest.skip(str(reason))
    if shutil.which("dvipng") is None:
        pytest.skip("there is no dvipng on this machine")
    names = ("50%_of & {x}", "Fast", "Middle")  # a small LaTeX lacks the font of some other letters
    entries = {"Fast": TrackerEntry(label="Fast$^{++}$", highlight=True)}
    shown = Presentation(entries, names, tex_labels=True)
    scores = [score(name, 0.3 + place / 10) for place, name in enumerate(names)]
    for draw in (success_figure, scores_figure):
        figure = draw(report(scores, presentation=shown, figure_options=options, title="A_B & 100 %"))
        for form in ("pdf", "png"):
            assert len(figure_bytes(figure, form)) > 5000
    broken = Presentation({"Fast": TrackerEntry(label=r"\nonsense")}, names, tex_labels=True)
    figure = success_figure(report(scores, presentation=broken, figure_options=options))
    with pytest.raises(UserError, match="LaTeX cannot set the text of the plot: Undefined control sequence"):
        figure_bytes(figure, "pdf")


def test_wrong_formula_is_one_sentence():
    shown = Presentation({"Fast": TrackerEntry(label=r"$\nonsense$")}, ("Fast",), tex_labels=True)
    figure = success_figure(report(THREE[1:2], presentation=shown))
    with pytest.raises(UserError, match=r"a label is no formula that matplotlib knows: .nonsense;"):
        figure_bytes(figure, "png")


def test_missing_package_of_latex_is_named(monkeypatch):
    class Nothing:
        stdout = b""

    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr("subprocess.run", lambda *words, **more: Nothing)
    with pytest.raises(UserError, match="its package 'type1cm' is missing; install it, or export"):
        FigureOptions(usetex=True).check()
