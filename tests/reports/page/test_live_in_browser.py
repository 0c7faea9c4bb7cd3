"""The served page in a real browser: frames on demand, and new scores while runs go on."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from benchmarks.cli.main import main as sotbench
from reports.server.handler import open_server
from reports.server.results_folder import ResultsFolder


def run(results: Path, tracker: str, *sequences: str) -> None:
    words = ["--tracker", tracker, "--dataset", "demo", "--results", str(results)]
    assert sotbench(["run", *words, "--sequences", *sequences]) == 0


@pytest.fixture
def address(tmp_path: Path):
    run(tmp_path, "still", "easy", "scale")
    with open_server(ResultsFolder(tmp_path, None), 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_served_page_shows_frames_and_new_scores(watched, address, tmp_path):
    one = watched()
    page = one.open(f"{address}/demo/ope/")
    page.click("#sequences .link:has-text('scale')")
    page.wait_for_selector("#frame[aria-label='Frame 1 of scale with boxes']")
    assert page.evaluate("document.getElementById('frame').width % 320") == 0
    assert any(asked.endswith("/demo/ope/frames/scale/0.jpg") for asked in one.asked)
    page.keyboard.press("ArrowRight")

    run(tmp_path, "ncc", "easy")
    page.wait_for_selector("#board .tracker:has-text('ncc')")
    assert page.locator("#board tbody tr").count() == 2
    run(tmp_path, "still", "rotation")
    page.wait_for_selector("#sequences .link:has-text('rotation')")
    assert page.inner_text("#drill-title") == "scale"
    assert page.inner_text("#readout strong") == "2 / 60"
    assert one.complaints == []
    assert {asked.split("/")[2] for asked in one.asked if not asked.startswith("data:")} == {address[7:]}


def test_index_links_to_the_report(watched, address):
    one = watched(viewport={"width": 390, "height": 800})
    one.page.goto(address)
    one.page.click("a:has-text('demo')")
    one.page.wait_for_selector("#curve-success .plot-container")
    assert one.complaints == []
