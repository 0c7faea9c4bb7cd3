"""The page as text: it is complete, loads nothing, and contains no injected markup."""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser
from importlib.resources import files

from pages import unbundled

from reports.page.document import SCRIPTS, page_script, plotly_script
from reports.page.pack import bundle
from reports.style import assign_styles


class Elements(HTMLParser):
    """Collects elements with attributes, and the texts of scripts, as a browser's parser does."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self.inside = tag == "script"
        if self.inside:
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.scripts[-1] += data

    def one(self, tag: str, **attributes: str) -> dict[str, str | None]:
        [found] = [a for t, a in self.found if t == tag and attributes.items() <= a.items()]
        return found


def test_page_contains_every_script():
    there = {path.name.removesuffix(".js") for path in (files("reports.page") / "script").iterdir()}
    assert there == set(SCRIPTS)


def test_page_data_contains_no_markup(write_page, page_data):
    page = Elements(write_page(True).read_text(encoding="utf-8"))
    scripts = [
        (attributes, text)
        for (tag, attributes), text in zip(
            [entry for entry in page.found if entry[0] == "script"], page.scripts, strict=True
        )
    ]
    data = [text for attributes, text in scripts if attributes.get("id") == "data"]
    assert unbundled(data[0]) == unbundled(bundle(page_data))
    details = [a["id"] for a, _ in scripts if str(a.get("id", "")).startswith("detail-")]
    assert details == [f"detail-{place}" for place in range(5)]
    assert len(scripts) == 1 + 5 + 2
    assert not [tag for tag, _ in page.found if tag in ("i", "b", "img", "iframe", "object", "base")]


def test_policy_allows_only_the_two_scripts(write_page):
    page = Elements(write_page(False).read_text(encoding="utf-8"))
    policy = page.one("meta", **{"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    for script in (page_script(), plotly_script()):
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
        assert script in page.scripts
    assert not [a for tag, a in page.found if "src" in a or (tag == "link" and a["href"] != "data:,")]


def test_trackers_have_the_colors_of_plots(page_data):
    styles = assign_styles(tracker["name"] for tracker in page_data["trackers"])
    dashes = {"solid": "solid", "dashed": "8px,3px", "dotted": "2px,2px"}
    for tracker in page_data["trackers"]:
        style = styles[tracker["name"]]
        assert tracker["style"]["color"] == style.color
        assert dashes.get(style.dashes) in (None, tracker["style"]["dash"])
