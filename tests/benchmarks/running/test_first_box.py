"""Test sets with ground truth on a server can be run and exported; `score` says why it cannot score them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from bad_data import FRAMES, run_folder, write_video
from video_folders import write_movie

from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset

FIRST = b"10,8,12,10\n"


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        write_video(tmp_path / "videos" / name, truth=FIRST)
    return tmp_path / "videos"


def words(videos: Path, results: Path) -> list[str]:
    return ["--dataset", "folder", "--data-root", str(videos), "--results", str(results)]


def test_boxes_after_the_first_are_nan(videos: Path) -> None:
    (videos / "sotbench.toml").write_text("one_based = false\n")
    sequence = open_dataset("folder", videos)["one"]
    assert sequence.first_box_only
    assert sequence.truth.shape == (FRAMES, 4)
    np.testing.assert_array_equal(sequence.truth[0], [10, 8, 12, 10])
    assert np.isnan(sequence.truth[1:]).all()


def test_first_box_sequences_run_and_export_but_do_not_score(
    videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, outcomes = run_folder(videos, tmp_path / "r")
    assert (status, {outcome.status for outcome in outcomes.values()}) == (0, {"ok"})
    capsys.readouterr()
    assert main(["score", *words(videos, tmp_path / "r")]) == 2
    said = capsys.readouterr().err
    assert "'still' cannot be scored on videos: only the first box of each sequence is known" in said
    assert "sotbench export --to got10k --tracker still --dataset folder-videos OUT" in said
    assert "with --zero-based or --one-based" in said
    export = ["export", "--to", "got10k", "--tracker", "still", "--dataset", "folder-videos"]
    assert main([*export, "--zero-based", "--results", str(tmp_path / "r"), str(tmp_path / "out")]) == 0
    assert len((tmp_path / "out" / "still" / "one.txt").read_text().splitlines()) == FRAMES


def test_fully_annotated_sequences_are_scored(
    videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_video(videos / "known")
    assert run_folder(videos, tmp_path / "r")[0] == 0
    capsys.readouterr()
    assert main(["score", *words(videos, tmp_path / "r"), "--format", "json"]) == 0
    printed = capsys.readouterr()
    assert "still: not scored, because only the first box is known: one, two" in printed.err
    [record] = json.loads(printed.out)
    assert (record["sequences"], record["of"]) == (1, 3)


@pytest.mark.parametrize(("protocol", "runs"), [("tre", False), ("supervised", False), ("sre", True)])
def test_protocol_that_needs_more_boxes_refuses(
    videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], protocol: str, runs: bool
) -> None:
    (videos / "sotbench.toml").write_text("one_based = false\n")
    status = main(["run", "--tracker", "still", "--protocol", protocol, *words(videos, tmp_path / "r")])
    assert status == (0 if runs else 1)
    said = f"and protocol {protocol} needs one in every frame; use --protocol ope"
    assert (said in capsys.readouterr().err) is not runs


def test_one_row_is_complete_for_one_image(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "single", truth=FIRST, frames=1)
    assert run_folder(tmp_path / "videos", tmp_path / "r")[0] == 0
    assert main(["score", *words(tmp_path / "videos", tmp_path / "r")]) == 0


@pytest.mark.parametrize(
    ("settings", "file", "row", "first"),
    [
        ("", "groundtruth.csv", "x1,y1,x2,y2\n10,8,22,18\n", 0),
        ("", "groundtruth.csv", "frame,x,y,w,h\n2,10,8,12,10\n", 1),
        ('columns = "xyxy"\n', "groundtruth.txt", "10,8,22,18\n", 0),
        ("skip_columns = 1\n", "groundtruth.txt", "7,10,8,12,10\n", 0),
        ("normalized = true\n", "groundtruth.txt", "0.15625,0.1666666667,0.1875,0.2083333333\n", 0),
    ],
)
def test_one_row_with_other_columns(tmp_path: Path, settings: str, file: str, row: str, first: int) -> None:
    write_video(tmp_path / "one")
    (tmp_path / "one" / "groundtruth.txt").unlink()
    (tmp_path / "one" / file).write_text(row)
    (tmp_path / "sotbench.toml").write_text(f"one_based = false\n{settings}")
    sequence = open_dataset("folder", tmp_path)["one"]
    assert sequence.first_box_only
    assert sequence.absent is None
    np.testing.assert_allclose(sequence.truth[0], [10, 8, 12, 10])
    assert sequence.truth.shape == (FRAMES - first, 4)
    assert len(sequence.open_frames()) == FRAMES - first


def test_one_row_for_a_video_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_movie(tmp_path / "videos" / "cat.mp4", 6)
    (tmp_path / "videos" / "cat.txt").write_bytes(FIRST)
    status, outcomes = run_folder(tmp_path / "videos", tmp_path / "r")
    assert (status, outcomes["cat"].status) == (0, "ok")
    sequence = open_dataset("folder", tmp_path / "videos")["cat"]
    assert (sequence.first_box_only, len(sequence.truth)) == (True, 6)
    capsys.readouterr()
    assert main(["verify", "--dataset", "folder", "--data-root", str(tmp_path / "videos")]) == 0
    assert "first box 10, 8, 12, 10 (0-based), the others unknown" in capsys.readouterr().out


def test_target_annotated_once_ends_there(tmp_path: Path) -> None:
    write_video(tmp_path / "one")
    (tmp_path / "one" / "groundtruth.txt").unlink()
    (tmp_path / "one" / "gt").mkdir()
    (tmp_path / "one" / "gt" / "gt.txt").write_text("2,1,10,8,12,10,1,1,1\n")
    (tmp_path / "sotbench.toml").write_text("one_based = false\n")
    assert open_dataset("folder", tmp_path)["one"].truth.shape == (1, 4)
