from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cli.main import main


@pytest.fixture
def results(squares: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    place = ["--dataset", "squares", "--protocol", "supervised", "--results", str(tmp_path)]
    for tracker in ("ncc", "still"):
        assert main(["run", "--tracker", tracker, *place]) == 0
    capsys.readouterr()
    return [*place, "--profile", "vot2017"]


def test_better_tracker_ranks_first(results: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rank", *results, "--format", "json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert (first["tracker"], second["tracker"]) == ("ncc", "still")
    assert first["rank"] <= second["rank"]
    assert first["robustness"] <= second["robustness"]
    assert {"accuracy_rank", "robustness_rank", "sequences", "of"} <= set(first)

    assert main(["rank", *results]) == 0
    table = capsys.readouterr().out
    assert "mean rank" in table
    assert "4 of 5" in table


def test_one_tracker_cannot_be_ranked(results: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rank", *results, "--tracker", "ncc"]) == 2
    assert "needs two trackers" in capsys.readouterr().err


def test_one_pass_results_cannot_be_ranked(
    squares: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for tracker in ("ncc", "still"):
        assert main(["run", "--tracker", tracker, "--dataset", "squares", "--results", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["rank", "--dataset", "squares", "--protocol", "ope", "--results", str(tmp_path)]) == 2
    assert "`rank` needs two trackers with supervised or realtime results" in capsys.readouterr().err
