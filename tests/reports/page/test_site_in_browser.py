"""A site in a real browser, opened from disk: three widths, both themes, keyboard and roles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from site_results import LABEL, write_results

from reports.site import main


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> Path:
    results, out = tmp_path_factory.mktemp("results"), tmp_path_factory.mktemp("public") / "a site"
    write_results(results)
    assert main([str(results), str(out)]) == 0
    return out


PAGES = (
    "index.html",
    "demo/ope/index.html",
    "demo/ope/compare.html",
    "demo/ope/sequences/easy.html",
    "trackers/far.html",
)


def quiet(one: Any) -> bool:
    """Whether a page raised no error and asked for nothing but files."""
    return one.complaints == [] and all(
        address.startswith(("file:", "data:", "blob:")) for address in one.asked
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 800, 1280])
def test_pages_fit_every_width_in_both_themes(width: int, scheme: str, site: Path, watched: Any) -> None:
    one = watched(viewport={"width": width, "height": 900}, color_scheme=scheme)
    grounds = set()
    for page in PAGES:
        one.page.goto((site / page).as_uri())
        one.page.wait_for_selector("table tbody tr")
        assert one.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page
        grounds.add(one.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == {"rgb(244, 246, 248)" if scheme == "light" else "rgb(14, 17, 22)"}
    assert quiet(one)


@pytest.fixture
def one(watched: Any) -> Any:
    opened = watched(viewport={"width": 1280, "height": 900})
    yield opened
    assert quiet(opened)


def test_leaderboard_leads_to_trackers_and_sequences(site: Path, one: Any) -> None:
    page = one.open((site / "demo/ope/index.html").as_uri())
    assert page.get_by_role("navigation", name="Site").get_by_role("link").all_inner_texts() == [
        "All data sets",
        "Compare two",
    ]
    page.get_by_role("button", name="easy").click()
    page.wait_for_selector("#time .plot-container")
    page.get_by_role("link", name="Page of this sequence").click()
    assert page.get_by_role("heading", level=1).inner_text() == "easy"
    page.get_by_role("link", name="Overlap and center error over time").click()
    page.wait_for_selector("#time .plot-container")  # a permanent link opens the sequence
    page.get_by_role("link", name="About far").click()
    assert page.get_by_role("heading", level=1).inner_text() == "far"


def test_any_two_are_compared_with_the_keyboard_and_by_address(site: Path, one: Any) -> None:
    page = one.page
    page.goto(f"{(site / 'demo/ope/compare.html').as_uri()}#a=far&b=near")
    assert page.get_by_label("First").input_value() == "far"
    difference = page.locator("#result tbody tr").first.locator("td").nth(2).inner_text()
    assert difference.startswith("-")
    assert (
        page.get_by_role("status").inner_text().startswith(f"{LABEL} is better in Success (AUC), on 8 common")
    )
    page.get_by_label("First").focus()
    page.keyboard.press("Home")
    page.get_by_label("Second").focus()
    page.keyboard.press("End")
    assert "a=near&b=far" in page.url
    turned = page.locator("#result tbody tr").first.locator("td").nth(2).inner_text()
    assert turned == difference.replace("-", "+")
    page.keyboard.press("Home")
    assert page.get_by_role("status").inner_text() == "Choose two different trackers."


def test_chosen_theme_holds_on_the_other_pages(site: Path, one: Any) -> None:
    page = one.page
    page.goto((site / "index.html").as_uri())
    page.get_by_role("button", name="Switch between dark and light").press("Enter")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.goto((site / "trackers/far.html").as_uri())
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
