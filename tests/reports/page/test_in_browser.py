"""The page in a real browser, opened from disk."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from reports.page.data import report_data, scored_names, sequence_data
from reports.page.document import html_page
from tests.reports.page.conftest import ALERT, profiles

FIGURE = r"\d\.\d{3}"


def rows(page: Any, table: str = "board") -> list[list[str]]:
    """Returns the texts of a table's cells."""
    script = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    return page.eval_on_selector_all(f"#{table} tbody tr", script)


def names(page: Any) -> list[str]:
    return [row[1] for row in rows(page)]


def column(page: Any, place: int) -> list[float]:
    return [float(re.match(FIGURE, row[place])[0]) for row in rows(page)]


def drawn(page: Any, plot: str) -> list[dict[str, Any]]:
    """Returns name, x and y of each line of a plot."""
    return page.evaluate(f"document.getElementById('{plot}').data.map(({{name, x, y}}) => ({{name, x, y}}))")


@pytest.fixture(scope="module")
def opened(watched, write_page):
    """The report with frames, shared by all tests because loading it takes seconds."""
    one = watched(viewport={"width": 1280, "height": 900})
    one.open(write_page(True).as_uri())
    return one


@pytest.fixture
def view(opened):
    """Resets the report before a test; checks after it that there were no errors or requests."""
    one, page = opened, opened.page
    for _ in range(2):
        page.keyboard.press("Escape")
    if page.is_visible("#reset"):
        page.click("#reset")
        page.keyboard.press("Escape")
    for profile in ("pysot", "otb"):
        page.select_option("#profile", profile)
    yield page
    assert one.complaints == []
    assert [address for address in one.asked if not address.startswith(("file:", "data:", "blob:"))] == []
    assert {address.partition("#")[0] for address in one.asked if address.startswith("file:")} == {
        page.url.partition("#")[0]
    }


def test_leaderboard_shows_the_scores(view, reports):
    expected = sorted(
        (report.scores["otb"].metrics() | {"name": report.tracker} for report in reports),
        key=lambda metrics: -metrics["success"].value,
    )
    for row, metrics in zip(rows(view), expected, strict=True):
        assert row[1] == metrics["name"]
        for cell, name in zip(row[2:5], ("success", "precision", "normalized_precision"), strict=True):
            assert re.findall(FIGURE, cell) == [f"{figure:.3f}" for figure in metrics[name]]
    assert {row[6] for row in rows(view)} == {"5 of 6"}


def test_left_out_runs_and_notes_are_shown(view):
    assert view.inner_text("#refusals") == f"gone is left out: run.json is {ALERT}."
    remark = f"it was made in 2 environments, which differ in {ALERT}."
    assert view.inner_text("#remarks") == " ".join(f"{name}: {remark}" for name in names(view))
    view.click("#runs details summary")
    assert view.inner_text("#runs details[open] p.note") == remark
    view.click("#runs details summary")


def test_leaderboard_sorts(view):
    assert column(view, 2) == sorted(column(view, 2), reverse=True)
    view.click("#board th:nth-child(3) button")
    assert column(view, 2) == sorted(column(view, 2))
    assert view.get_attribute("#board th:nth-child(3)", "aria-sort") == "ascending"
    view.click("#board th:nth-child(2) button")
    assert names(view) == sorted(names(view), key=str.casefold)
    view.focus("#sequences th:nth-child(4) button")
    view.keyboard.press("Enter")
    cells = [float(row[3]) for row in rows(view, "sequences")]
    assert cells == sorted(cells)
    assert view.evaluate("document.activeElement.closest('#sequences') !== null")


def test_attribute_filter_shows_the_commands_values(view, reports):
    view.click("#attributes button:has-text('OCC')")
    part = {report.tracker: report.scores["otb"].by_attribute()["OCC"].metrics() for report in reports}
    for row in rows(view):
        assert re.findall(FIGURE, row[2]) == [f"{figure:.3f}" for figure in part[row[1]]["success"]]
    assert view.inner_text("#selection") == "3 of 5 sequences"
    curve = {line["name"]: line["y"] for line in drawn(view, "curve-success")}
    near = reports[0].scores["otb"].by_attribute()["OCC"].curves["success"].mean(axis=0)
    assert curve["near"] == pytest.approx(near.tolist(), abs=1e-12)


def test_name_filter_shows_means_with_interval(view, reports):
    view.click("#attributes button:has-text('OCC')")
    view.click("#attributes button:has-text('FM')")
    assert [row[0] for row in rows(view, "sequences")] == ["two words / \"quoted\" 'name'"]
    view.click("#reset")
    view.keyboard.press("Escape")
    view.keyboard.press("/")
    view.keyboard.type("r")
    chosen = [row[0] for row in rows(view, "sequences")]
    assert len(chosen) == 4
    for report in reports:
        score = report.scores["otb"]
        expected = score.subset([score.sequences.index(name) for name in chosen]).metrics()["success"]
        [cell] = [row[2] for row in rows(view) if row[1] == report.tracker]
        value, low, high = map(float, re.findall(FIGURE, cell))
        assert f"{value:.3f}" == f"{expected.value:.3f}"
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=0.02)


def test_tracker_can_be_hidden(view):
    assert len(drawn(view, "curve-success")) == 3
    view.uncheck("#board tbody tr:first-child input")
    assert len(drawn(view, "curve-success")) == 2
    assert view.locator("#sequences thead th").count() == 5
    assert len(rows(view)) == 3


def test_profile_can_be_switched(view, reports):
    view.select_option("#profile", "got10k")
    expected = [f"{report.scores['got10k'].metrics()['ao'].value:.3f}" for report in reports]
    assert [re.match(FIGURE, row[5])[0] for row in rows(view)] == expected
    assert "three decimals" not in view.inner_text("#refusals")


def open_second(page: Any) -> None:
    page.click("#sequences .link:has-text('two words')")
    page.wait_for_selector("#drill:not([hidden]) #time .plot-container")


def gray(page: Any, frame: int) -> int:
    """Waits for frame `frame` (1-based); returns the player's color in a corner, where the frame is gray."""
    page.wait_for_selector(f"#frame[aria-label^='Frame {frame} of']")
    with Image.open(io.BytesIO(page.locator("#frame").screenshot())) as shot:
        return shot.convert("L").getpixel((shot.width - 20, shot.height - 20))


def test_sequence_shows_overlaps_and_frames(view, reports):
    open_second(view)
    lines = drawn(view, "time")
    assert [len(line["y"]) for line in lines] == [30, 30, 30]
    assert lines[0]["y"][0] == 1
    view.click("[data-measure=error]")
    # The second sequence's boxes are 2 * 29 / 10 pixels off in the last frame.
    assert drawn(view, "time")[0]["y"][-1] == pytest.approx(5.8, rel=0.02)
    assert gray(view, 1) == pytest.approx(40, abs=3)
    view.keyboard.press("Shift+ArrowRight")
    assert gray(view, 11) == pytest.approx(70, abs=3)
    assert view.inner_text("#readout strong") == "11 / 30"


def test_player_plays_and_scrubs(view):
    open_second(view)
    view.keyboard.press(" ")
    view.wait_for_selector("#readout strong:has-text('30 / 30')")
    assert view.get_attribute("#play", "aria-label") == "Play"
    view.fill("#scrub", "4")
    assert view.inner_text("#readout strong") == "5 / 30"
    box = view.locator("#time .nsewdrag").bounding_box()
    view.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert abs(int(view.inner_text("#readout strong").split()[0]) - 15) <= 1


def test_worst_moment_opens_on_click(view):
    open_second(view)
    texts = view.locator("#moments button").all_inner_texts()
    # The farthest tracker is off by 1.8 pixels per frame, and its box is 40 wide: an overlap below 0.2 from
    # an offset of 40 * (1 - 0.2) / (1 + 0.2) on, which is frame 16.
    assert any("<b>bold</b> %{y}" in text and "frames 16\u201330" in text for text in texts)
    view.locator("#moments button", has_text="frames 16\u201330").click()
    assert view.inner_text("#readout strong") == "16 / 30"
    view.keyboard.press("p")
    assert int(view.inner_text("#readout strong").split()[0]) <= 16


def test_keys_move_between_sequences_and_close(view):
    open_second(view)
    title = view.inner_text("#drill-title")
    view.keyboard.press("j")
    view.wait_for_function("title => document.getElementById('drill-title').textContent !== title", arg=title)
    view.keyboard.press("Escape")
    assert not view.is_visible("#drill")
    view.keyboard.press("?")
    assert view.is_visible("#keys")


def test_names_are_text_everywhere(view):
    body = view.inner_text("body")
    assert "<script>alert(1)</script>" in body
    assert "<i>Hostile</i> & Sons" in body
    assert "Zürich, 東京 </script><script>window.stolen = 1</script>" in body
    for place in range(1, 6):
        name = view.inner_text(f"#sequences tbody tr:nth-child({place}) .link")
        view.click(f"#sequences tbody tr:nth-child({place}) .link")
        view.wait_for_function(
            "name => document.getElementById('drill-title').textContent === name", arg=name
        )
        assert len(drawn(view, "time")) == 3
    view.locator(".run summary").first.click()
    opened = view.inner_text(".run[open]")
    assert "<b>no</b> frames" in opened
    assert "failed" in opened
    assert "process:<script>alert(1)</script>" in opened
    assert view.evaluate("window.stolen") is None
    assert view.locator("#runs b, #board th b, #sequences th b, img").count() == 0
    view.hover("#curve-success .nsewdrag")
    view.wait_for_selector("#curve-success .hoverlayer .legendtext")
    shown = view.locator("#curve-success .hoverlayer .legendtext").all_text_contents()
    assert any("<b>bold</b> %{y}" in text for text in shown), shown


def test_link_keeps_the_selection(view):
    view.select_option("#profile", "pysot")
    view.click("#attributes button:has-text('OCC')")
    open_second(view)
    view.keyboard.press("ArrowRight")
    title = view.inner_text("#drill-title")
    view.reload()
    view.wait_for_selector("#drill:not([hidden])")
    assert view.input_value("#profile") == "pysot"
    assert view.get_attribute("#attributes button:has-text('OCC')", "aria-pressed") == "true"
    assert view.inner_text("#drill-title") == title
    assert view.inner_text("#readout strong") == "2 / 30"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_theme_follows_the_system_until_switched(watched, write_page, scheme):
    page = watched(color_scheme=scheme).open(write_page(False).as_uri())
    light = "(() => Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]) > 128)()"
    assert page.evaluate(light) == (scheme == "light")
    page.keyboard.press("t")
    assert page.evaluate(light) == (scheme == "dark")


def test_page_fits_a_phone(watched, write_page):
    one = watched(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = one.open(write_page(True).as_uri())
    open_second(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#board tbody th").first.bounding_box()["height"] < 120
    assert one.complaints == []


def test_page_without_frames_has_no_player(watched, write_page):
    page = watched().open(write_page(False).as_uri())
    open_second(page)
    assert not page.is_visible("#player")
    assert page.is_visible("#time")


def test_page_says_whose_frame_data_it_has(watched, hostile, reports, tmp_path):
    some = [replace(report, series={}) if report.tracker == ALERT else report for report in reports]
    data = report_data(hostile, "ope", profiles(hostile), some, datetime(2026, 11, 24, tzinfo=UTC))
    path = tmp_path / "few.html"
    details = {name: sequence_data(hostile, some, name) for name in scored_names(hostile, some)}
    path.write_text(html_page(data, details), encoding="utf-8")
    one = watched(viewport={"width": 1280, "height": 900})
    page = one.open(path.as_uri())
    page.click("#sequences .link")
    page.wait_for_selector("#time .plot-container")
    assert page.inner_text("#over-time") == "The best 2 of 3 trackers."
    assert len(drawn(page, "time")) == 2
    assert len(rows(page)) == 3
    assert one.complaints == []
