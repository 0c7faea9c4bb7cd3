"""`sotbench html`: the page has the values of `sotbench score`; errors are one sentence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import part_of

from benchmarks.cli.main import main as sotbench
from reports.html import main


@pytest.fixture
def results(squares, tmp_path: Path) -> Path:
    for tracker in ("still", "ncc"):
        words = ["--tracker", tracker, "--dataset", "squares", "--results", str(tmp_path / "results")]
        sotbench(["run", *words])
    return tmp_path / "results"


def report(results: Path, *more: str) -> int:
    return main(["--dataset", "squares", "--results", str(results), *more])


def test_page_has_the_values_of_score(results, tmp_path, capsys):
    path = tmp_path / "out.html"
    assert report(results, "--out", str(path)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(path)
    data = part_of(path)
    for profile in data["profiles"]:
        words = ["--dataset", "squares", "--results", str(results), "--profile", profile["name"]]
        for by, key in ((), "all"), (("--by", "attribute"), "attributes"):
            sotbench(["score", *words, "--format", "json", *by])
            for record in json.loads(capsys.readouterr().out):
                place = [tracker["name"] for tracker in data["trackers"]].index(record["tracker"])
                found = profile["scores"][place][key]
                figures = found[record["attribute"]] if by else found
                for name, (value, low, high) in figures.items():
                    assert value == pytest.approx(record[name], abs=1e-12)
                    if low is not None:
                        assert (low, high) == pytest.approx((record[f"{name}_low"], record[f"{name}_high"]))
    assert {one["name"] for one in data["profiles"]} == {"otb", "got10k", "pysot", "pytracking"}


def test_options_select_frames_profile_and_trackers(results, tmp_path, capsys):
    path = tmp_path / "out.html"
    assert report(results, "--frames", "--tracker", "ncc", "--profile", "otb", "--out", str(path)) == 0
    data = part_of(path)
    assert [tracker["name"] for tracker in data["trackers"]] == ["ncc"]
    assert [profile["name"] for profile in data["profiles"]] == ["otb"]
    assert "32 of 32 frames of 4 sequences are embedded" in capsys.readouterr().err
    detail = part_of(path, "detail-0")
    assert len(detail["frames"]["jpeg"]) == 12
    assert detail["series"]["ncc"]["numbers"] == 4


def test_default_file_name(results, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert report(results) == 0
    assert Path("squares-ope.html").is_file()
    assert "frames" not in part_of(Path("squares-ope.html"), "detail-0")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--tracker", "sill"], "no results of tracker 'sill' on squares .*did you mean 'still'"),
        (["--protocol", "tre"], "no results of protocol 'tre' on squares"),
        (["--profile", "otv"], "no scoring profile 'otv'"),
        (["--profile", "vot2017"], "no profile can score these results"),
        (["--out", "/proc/nowhere/out.html"], "/proc"),
    ],
)
def test_user_error_is_one_sentence(results, capsys, more, sentence):
    capsys.readouterr()
    assert report(results, *more) == 2
    captured = capsys.readouterr()
    assert re.search(f"error: .*{sentence}", captured.err)
    assert captured.out == ""


@pytest.mark.parametrize("module", ["reports.html", "reports.serve"])
def test_help_loads_no_heavy_packages(module):
    script = (
        f"import sys, {module} as m\n"
        "try: m.main(['--help'])\nexcept SystemExit: pass\n"
        "print([name for name in ('torch', 'matplotlib', 'plotly', 'jinja2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_page_has_frame_data_of_the_best_trackers(results, tmp_path, capsys, monkeypatch):
    path = tmp_path / "out.html"
    monkeypatch.setattr("reports.html.MAX_TRACKERS_OVER_TIME", 1)
    assert report(results, "--out", str(path)) == 0
    assert "per-frame data is included for the best 1 of 2 trackers" in capsys.readouterr().err
    data = part_of(path)
    shown = [tracker["name"] for tracker in data["trackers"] if tracker["over_time"]]
    assert shown == [data["trackers"][0]["name"]]
    assert list(part_of(path, "detail-0")["series"]) == shown
    assert all("all" in entry for entry in data["profiles"][0]["scores"])
