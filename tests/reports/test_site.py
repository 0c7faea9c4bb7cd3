"""`sotbench site` on a small results folder: its pages, what they say, and wrong input."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from site_results import LABEL, write_results

from benchmarks.cli.main import main as benchmarks_main
from reports.site import main


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results")
    write_results(path)
    return path


@pytest.fixture(scope="module")
def site(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("public") / "site"
    assert main([str(results), str(path)]) == 0
    return path


def test_every_link_leads_to_a_file_of_the_site(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) == 1 + 3 + 2 + 9  # start, trackers, leaderboard and comparison, sequences
    for page in pages:
        links = re.findall(r'(?:href|src|data-plotly)="([^"]*)"', page.read_text())
        for link in links:
            if not link.startswith(("data:", "https://example.org/", "#")):
                target = (page.parent / html.unescape(link).partition("#")[0]).resolve()
                assert target.is_file(), f"{page}: {link}"
                assert target.is_relative_to(site.resolve())


def test_names_are_never_markup_and_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text()
        assert "<script>alert" not in text
        assert "<b>first</b>" not in text
        assert "default-src 'none'" in html.unescape(text)
        assert not re.findall(r'src="https?:', text)


def test_pages_of_trackers_say_what_was_checked(site: Path) -> None:
    near, far, part = (
        html.unescape((site / f"trackers/{name}.html").read_text()) for name in ("near", "far", "part")
    )
    assert LABEL in near
    assert '<a href="https://example.org/paper.pdf" rel="noreferrer">' in near
    assert "another tool made these results" in near
    assert "It cannot be: nothing records how another tool made it." in near
    assert "valid: 9 of 9 sequences" in far
    assert "On 2026-11-28 by A. Reader: 8 of 9 sequences have the same boxes" in far
    assert "torch threads: 1 → 2" in far
    assert "easy: mean IoU 0.5000" in far
    assert "not valid: 6 of 9 sequences" in part
    assert "3 of 9 are missing" in part
    assert "Not yet." in part


def test_start_page_shows_scores_and_badges(site: Path) -> None:
    page = (site / "index.html").read_text()
    assert "3 trackers on 1 data set" in page
    badges = re.findall(r'<span class="badge( bad)?"[^>]*>([^<]*)<', page)
    assert sorted(badges) == sorted(
        [
            ("", "imported"),
            (" bad", "incomplete"),
            ("", "verified"),
            (" bad", "reproduced 8 of 9"),
            (" bad", "incomplete"),
        ]
    )


def test_downloaded_boxes_can_be_imported(site: Path, tmp_path: Path) -> None:
    archive = site / "demo/ope/boxes/far.zip"
    words = ["--tracker", "far", "--dataset", "demo", "--results", str(tmp_path)]
    assert benchmarks_main(["import", str(archive), "--from", "txt", *words]) == 0
    assert len(list((tmp_path / "demo/far/ope").glob("*.time.txt"))) == 9


def test_comparisons_are_those_of_the_command(
    site: Path, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (site / "demo/ope/compare.html").read_text()
    data = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    names = [tracker["name"] for tracker in data["trackers"]]
    capsys.readouterr()
    words = ["--dataset", "demo", "--results", str(results), "--format", "json"]
    assert benchmarks_main(["compare", "near", "far", *words]) == 0
    expected = next(one for one in json.loads(capsys.readouterr().out) if one["metric"] == "success")
    [row] = [row for row in data["metrics"][0]["pairs"] if {names[row[0]], names[row[1]]} == {"near", "far"}]
    sign = 1 if names[row[0]] == "near" else -1
    assert row[2] == expected["sequences"]
    assert sign * row[5] == pytest.approx(expected["difference"], abs=1e-6)


def test_site_is_written_again_over_an_earlier_one(results: Path, site: Path) -> None:
    before = {path for path in site.rglob("*") if path.is_file()}
    assert main([str(results), str(site), "--no-boxes"]) == 0
    after = {path for path in site.rglob("*") if path.is_file()}
    assert {path.suffix for path in before - after} == {".zip"}
    assert not after - before
    assert main([str(results), str(site)]) == 0


def test_wrong_input_is_one_sentence(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*words: Path) -> str:
        assert main([*map(str, words)]) == 2
        lines = capsys.readouterr().err.strip().splitlines()
        return lines[-1]

    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/thesis.tex").touch()
    assert "there are no results in" in refused(tmp_path / "empty", tmp_path / "out")
    assert "No such file" in refused(tmp_path / "nowhere", tmp_path / "out")
    assert "holds other files than those of a site" in refused(results, tmp_path / "full")
    assert list((tmp_path / "full").iterdir()) == [tmp_path / "full/thesis.tex"]
    damaged = tmp_path / "damaged/demo/one/ope"
    damaged.mkdir(parents=True)
    (damaged / "run.json").write_text("{")
    assert "none of the results in" in refused(tmp_path / "damaged", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_damaged_run_is_named_and_the_others_are_shown(site: Path) -> None:
    assert not (site / "trackers/broken.html").exists()
    marker = json.loads((site / "site.json").read_text())
    assert [one["name"] for one in marker["reports"][0]["trackers"]] == ["near", "part", "far"]


@pytest.mark.shared
def test_supervised_results_have_pages(shared: Path, tmp_path: Path) -> None:
    results, out = tmp_path / "results", tmp_path / "out"
    data = ["--data-root", str(shared / "datasets")]
    words = ["--dataset", "vot2017", "--results", str(results), "--protocol", "supervised", *data]
    assert benchmarks_main(["run", "--tracker", "still", *words]) == 0
    assert main([str(results), str(out), *data]) == 0
    page = html.unescape((out / "trackers/still.html").read_text())
    assert "VOT2017 · SUPERVISED" in page
    assert re.search(r'<span class="value">\d', page)
    assert len(list((out / "vot2017/supervised/sequences").glob("*.html"))) == 1
