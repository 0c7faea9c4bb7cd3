"""Test sets whose ground truth is on a server: run and exported; score says why it cannot score them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset
from tests.helpers.bad_data import FRAMES, run_folder, write_video

FIRST = b"10,8,12,10\n"


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        write_video(tmp_path / "videos" / name, truth=FIRST)
    return tmp_path / "videos"


def words(videos: Path, results: Path) -> list[str]:
    return ["--dataset", "folder", "--data-root", str(videos), "--results", str(results)]


def test_the_boxes_after_the_first_are_not_known(videos: Path) -> None:
    (videos / "sotbench.toml").write_text("one_based = false\n")
    sequence = open_dataset("folder", videos)["one"]
    assert sequence.first_box_only
    assert sequence.truth.shape == (FRAMES, 4)
    np.testing.assert_array_equal(sequence.truth[0], [10, 8, 12, 10])
    assert np.isnan(sequence.truth[1:]).all()


def test_such_sequences_are_run_and_exported_and_score_says_why_not(
    videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, outcomes = run_folder(videos, tmp_path / "r")
    assert (status, {outcome.status for outcome in outcomes.values()}) == (0, {"ok"})
    capsys.readouterr()
    assert main(["score", *words(videos, tmp_path / "r")]) == 2
    said = capsys.readouterr().err
    assert "'still' cannot be scored on videos: of each sequence the first box alone is known" in said
    assert "python -m benchmarks export --to got10k --tracker still --dataset folder-videos OUT" in said
    assert "with --zero-based or --one-based" in said
    export = ["export", "--to", "got10k", "--tracker", "still", "--dataset", "folder-videos"]
    assert main([*export, "--zero-based", "--results", str(tmp_path / "r"), str(tmp_path / "out")]) == 0
    assert len((tmp_path / "out" / "still" / "one.txt").read_text().splitlines()) == FRAMES


def test_the_others_of_a_set_are_scored(
    videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_video(videos / "known")
    assert run_folder(videos, tmp_path / "r")[0] == 0
    capsys.readouterr()
    assert main(["score", *words(videos, tmp_path / "r"), "--format", "json"]) == 0
    printed = capsys.readouterr()
    assert "still: not scored, since the first box alone is known: one, two" in printed.err
    [record] = json.loads(printed.out)
    assert (record["sequences"], record["of"]) == (1, 3)


@pytest.mark.parametrize(("protocol", "runs"), [("tre", False), ("supervised", False), ("sre", True)])
def test_a_protocol_that_needs_more_says_so(
    videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], protocol: str, runs: bool
) -> None:
    (videos / "sotbench.toml").write_text("one_based = false\n")
    status = main(["run", "--tracker", "still", "--protocol", protocol, *words(videos, tmp_path / "r")])
    assert status == (0 if runs else 1)
    said = f"is known in the first frame alone, and protocol {protocol} needs it in all; use --protocol ope"
    assert (said in capsys.readouterr().err) is not runs


def test_one_row_for_one_image_is_a_whole_ground_truth(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "single", truth=FIRST, frames=1)
    assert run_folder(tmp_path / "videos", tmp_path / "r")[0] == 0
    assert main(["score", *words(tmp_path / "videos", tmp_path / "r")]) == 0
