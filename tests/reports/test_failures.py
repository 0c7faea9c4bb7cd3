"""`sotbench failures` on the demo: the tables, the page, and what it says about wrong input."""

from __future__ import annotations

import html
import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets import open_dataset
from benchmarks.protocols import Trajectory
from benchmarks.store import Manifest, RunFolder, SequenceRecord, truth_digest
from reports.failures import main
from reports.style import assign_styles


def store(results: Path, tracker: str, lost: dict[str, int]) -> None:
    """Writes a run on three sequences of the demo that loses targets from a frame on."""
    demo = open_dataset("demo", None)
    folder = RunFolder(results, "demo", tracker, "ope")
    manifest = Manifest("demo", None)
    for name in ("easy", "scale", "occlusion"):
        boxes = demo[name].truth.copy()
        if name in lost:
            boxes[lost[name] :] = [1, 1, 9, 9]
        runs = folder.write(name, [Trajectory(boxes, np.ones(len(boxes)))])
        manifest.sequences[name] = SequenceRecord("ok", truth=truth_digest(demo[name].truth), runs=runs)
    manifest.write(folder.manifest_path)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    store(tmp_path, "good", {})
    store(tmp_path, "bad", {"scale": 30, "occlusion": 40})
    store(tmp_path, "worse", {"scale": 20})
    return tmp_path


def test_page_and_tables_say_where_targets_are_lost(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "failures.html"
    assert main(["--dataset", "demo", "--results", str(results), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"good +0 of 3 +0 +0 +0\.0%", said)
    assert re.search(r"worse +scale +21-60 +lost to the end +jump +SV", said)
    page = out.read_text()
    colors = assign_styles(["good", "bad", "worse"])
    assert colors["worse"].color in page
    assert '<h2 id="pairs">Shared failures</h2>' in page
    assert "<td>1: scale</td><td>0</td><td>1: occlusion</td>" in page
    assert page.count('<img src="data:image/jpeg;base64,') == 3 * 4  # tracked, lost, still lost, last lost
    assert "default-src 'none'" in html.unescape(page)
    assert "<script" not in page


def test_fewer_strips_and_longer_losses_on_request(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "failures.html"
    words = ["--dataset", "demo", "--results", str(results), "--out", str(out)]
    assert main([*words, "--strips", "0", "--least", "25"]) == 0
    assert "<img" not in out.read_text()
    said = capsys.readouterr().out
    assert "scale" in said
    assert "occlusion" not in said  # lost for 20 frames only


def test_empty_results_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dataset", "demo", "--results", str(tmp_path)]) == 2
    assert "there are no results" in capsys.readouterr().err
