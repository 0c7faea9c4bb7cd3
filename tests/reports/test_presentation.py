"""How trackers are shown: the table `[trackers]`, options, and where they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.datasets.folder.settings import parse_settings
from reports.presentation import (
    Presentation,
    PresentationChanges,
    TrackerEntry,
    parse_presentation,
    read_presentation,
)
from reports.style import assign_styles
from trackers.errors import UserError

WHOLE = """
one_based = false

[trackers.siamfc]
label = "SiamFC (ours) & co"
color = "tab:red"
linestyle = "dashed"
order = 2
highlight = true

[trackers."a.b"]
hide = true
"""


def run_of(results: Path, tracker: str, dataset: str = "otb2015") -> None:
    folder = results / dataset / tracker / "ope"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")


def test_table_is_read_beside_settings_of_a_data_set():
    entries = parse_presentation(WHOLE, "t.toml")
    assert entries == {
        "siamfc": TrackerEntry("SiamFC (ours) & co", "#D62728", "dashed", 2, highlight=True),
        "a.b": TrackerEntry(hide=True),
    }
    assert parse_settings(WHOLE, "t.toml").one_based is False


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[trackers", "t.toml: Expected"),
        ("[tracker.a]\nhide = true", "'tracker' is unknown (did you mean 'trackers'?); it takes trackers, "),
        ("trackers = 5", "trackers is 5; write a table such as [trackers.siamfc]"),
        ("[trackers]\na = 'b'", "trackers.a is 'b'; write a table"),
        (
            "[trackers.a]\ncolour = 'red'",
            "trackers.a.colour is unknown (did you mean 'color'?); it takes label",
        ),
        ("[trackers.a]\ncolor = 'blurple'", "trackers.a.color is 'blurple'; write a color such as"),
        ("[trackers.a]\ncolor = 'C1'", "trackers.a.color is 'C1'; write a color such as"),
        ("[trackers.a]\ncolor = 'none'", "trackers.a.color is 'none'; write a color such as"),
        ("[trackers.a]\ncolor = [1, 0, 0]", "trackers.a.color is [1, 0, 0]; write a color such as"),
        ("[trackers.a]\nlinestyle = 'wavy'", "trackers.a.linestyle is 'wavy'; it takes solid, dashed, "),
        ("[trackers.a]\nlinestyle = 2", "trackers.a.linestyle is 2; it takes solid"),
        ("[trackers.a]\norder = 1.5", "trackers.a.order is 1.5; write a whole number"),
        ("[trackers.a]\norder = true", "trackers.a.order is True; write a whole number"),
        ("[trackers.a]\nhide = 'yes'", "trackers.a.hide is 'yes'; write true or false"),
        ("[trackers.a]\nhighlight = 1", "trackers.a.highlight is 1; write true or false"),
        ("[trackers.a]\nlabel = ''", "trackers.a.label is ''; write a name in quotation marks"),
        ('[trackers.a]\nlabel = "a\\nb"', "trackers.a.label is 'a\\nb'; write one line"),
        ("[trackers.a]\nlabel = '" + "x" * 101 + "'", "write one line of at most 100 characters"),
    ],
)
def test_damaged_table_is_one_sentence(text, sentence):
    with pytest.raises(UserError) as error:
        parse_presentation(text, "t.toml")
    assert str(error.value).startswith("t.toml: ")
    assert sentence in str(error.value)


def test_file_of_the_results_folder_comes_before_the_current_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = tmp_path / "results"
    run_of(results, "siamfc")
    assert read_presentation(results).entries == {}
    (tmp_path / "sotbench.toml").write_text('[trackers.siamfc]\nlabel = "here"')
    assert read_presentation(results).label("siamfc") == "here"
    (results / "sotbench.toml").write_text('[trackers.siamfc]\nlabel = "there"')
    assert read_presentation(results).label("siamfc") == "there"
    (tmp_path / "other.toml").write_text('[trackers.siamfc]\nlabel = "other"')
    assert read_presentation(results, tmp_path / "other.toml").label("siamfc") == "other"
    with pytest.raises(UserError, match=r"there is no file none\.toml; give the path"):
        read_presentation(results, Path("none.toml"))
    (results / "sotbench.toml").write_bytes(b"\xff")
    with pytest.raises(UserError, match="save it as UTF-8"):
        read_presentation(results)


def test_colors_are_assigned_among_all_trackers_of_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for dataset, trackers in {"otb2015": "abc", "lasot": "cd"}.items():
        for tracker in trackers:
            run_of(tmp_path, tracker, dataset)
    shown = read_presentation(tmp_path)
    assert shown.trackers == ("a", "b", "c", "d")
    assert shown.styles(["d", "a"]) == {name: assign_styles("abcd")[name] for name in "da"}
    # A tracker without results has a color that none of them has.
    assert shown.styles(["new"])["new"].color not in {style.color for style in assign_styles("abcd").values()}


def test_fixed_color_changes_no_other():
    names = tuple("abcdefgh")
    free = Presentation({}, names).styles(names)
    fixed = Presentation({"a": TrackerEntry(color="#123456")}, names).styles(names)
    assert fixed.pop("a").color == "#123456"
    assert all(style == free[name] for name, style in fixed.items())
    taken = Presentation({"a": TrackerEntry(color=free["b"].color)}, names).styles(names)
    assert taken["b"].color != taken["a"].color == free["b"].color


def test_options_add_to_the_file():
    file = Presentation(
        {"a": TrackerEntry(label="A", order=1), "b": TrackerEntry(hide=True)}, ("a", "b", "c")
    )
    changes = PresentationChanges(
        labels={"c": "C 1"}, colors={"c": "red"}, order=["c"], highlight=["b"], hide=["a"], named=["b"]
    )
    shown = changes.apply(file)
    assert (shown.label("a"), shown.label("b"), shown.label("c")) == ("A", "b", "C 1")
    assert shown.in_order(["a", "b", "c"]) == ["c", "a", "b"]
    assert shown.shown(["a", "b", "c"]) == ["b", "c"]
    assert shown.styles(["c"])["c"].color == "#FF0000"
    assert shown.styles(["b"])["b"].highlight


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"hide": ["siamfcc"]}, "hide names 'siamfcc', which has no results (did you mean 'siamfc'?)"),
        ({"labels": {"x": "X"}}, "label names 'x', which has no results; there are: ncc, siamfc"),
        ({"colors": {"ncc": "blurple"}}, "color of 'ncc' is 'blurple'; write a color such as"),
        ({"linestyles": {"ncc": "wavy"}}, "linestyle of 'ncc' is 'wavy'; it takes solid"),
        ({"labels": {"ncc": " "}}, "label of 'ncc' is ' '; write a name"),
        ({"hide": ["ncc"], "highlight": ["siamfc", "ncc"]}, "highlight and hide both name 'ncc'; name it in"),
        ({"hide": ["ncc"], "order": ["ncc"]}, "order and hide both name 'ncc'; name it in one of them"),
        ({"order": ["ncc", "siamfc", "ncc"]}, "order names 'ncc' twice; give each tracker one place"),
    ],
)
def test_wrong_option_is_one_sentence(changes, sentence):
    with pytest.raises(UserError) as error:
        PresentationChanges(**changes).apply(Presentation({}, ("ncc", "siamfc")))
    assert sentence in str(error.value)


def test_all_hidden_or_equal_labels_are_refused():
    shown = Presentation({"a": TrackerEntry(hide=True), "b": TrackerEntry(label="c")}, ("a", "b", "c"))
    with pytest.raises(UserError, match=r"all trackers are hidden \(a\); hide fewer"):
        shown.shown(["a"])
    with pytest.raises(UserError, match="trackers 'b' and 'c' have the same label 'c'"):
        shown.shown(["b", "c"])
