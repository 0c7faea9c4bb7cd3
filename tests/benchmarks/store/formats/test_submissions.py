"""Submissions to evaluation servers: complete or refused, and readable by the standard library alone."""

from __future__ import annotations

import csv
import io
import zipfile

import numpy as np
import pytest

from benchmarks.protocols import Trajectory
from benchmarks.store.formats import FORMATS, read_results
from benchmarks.store.formats.submissions import SERVERS, Submission, find_problems, write_submission
from trackers.errors import UserError

GOT10K, TRACKINGNET = SERVERS["got10k-server"], SERVERS["trackingnet-server"]
FRAMES = {"GOT-10k_Test_000001": 4, "GOT-10k_Test_000002": 7}


def trajectory(frames: int, seed: int = 0) -> Trajectory:
    rng = np.random.default_rng(seed)
    boxes = 40 + 20 * rng.random((frames, 4))
    boxes[0] = [10, 20, 30, 40]
    return Trajectory(boxes, rng.uniform(0.01, 0.03, frames))


def results(runs: int = 1) -> dict[str, list[Trajectory]]:
    return {name: [trajectory(count, seed) for seed in range(runs)] for name, count in FRAMES.items()}


def table(archive: zipfile.ZipFile, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(archive.read(name).decode("ascii"))))


def opened(content: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return archive


@pytest.mark.parametrize("runs", [1, 3])
def test_got10k_zip_has_the_servers_layout(runs):
    given = results(runs)
    content, notes = write_submission(GOT10K, Submission(given, FRAMES, {}), first_pixel=0)
    assert notes == []
    archive = opened(content)
    assert archive.namelist() == [
        f"{name}/{name}_{part}.txt"
        for name in FRAMES
        for part in [*(f"{number:03}" for number in range(1, runs + 1)), "time"]
    ]
    for name, frames in FRAMES.items():
        for number, run in enumerate(given[name], start=1):
            rows = table(archive, f"{name}/{name}_{number:03}.txt")
            assert rows == [[f"{value:.3f}" for value in box] for box in run.boxes.tolist()]
            assert len(rows) == frames
        times = table(archive, f"{name}/{name}_time.txt")
        assert times == [[f"{run.seconds[frame]:.8f}" for run in given[name]] for frame in range(frames)]


def test_trackingnet_zip_has_the_servers_layout():
    given = results()
    content, _ = write_submission(TRACKINGNET, Submission(given, FRAMES, {}), first_pixel=1)
    archive = opened(content)
    assert archive.namelist() == [f"{name}.txt" for name in FRAMES]
    for name in FRAMES:
        expected = given[name][0].boxes + np.array([1, 1, 0, 0])
        assert table(archive, f"{name}.txt") == [[f"{x:.2f}" for x in row] for row in expected.tolist()]


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
def test_same_results_give_the_same_bytes(server):
    first, second = (write_submission(server, Submission(results(), FRAMES, {}), 0)[0] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
def test_frames_without_a_box_are_zeros_and_said(server):
    given = results()
    name = next(iter(FRAMES))
    given[name][0].boxes[2] = np.nan
    given[name][0].boxes[3] = [-0.0001, 5, 6, 7]
    content, notes = write_submission(server, Submission(given, FRAMES, {}), first_pixel=0)
    assert notes == ["1 frame has no box: it is written as 0, 0, 0, 0"]
    archive = opened(content)
    rows = table(archive, archive.namelist()[0])
    assert [float(value) for value in rows[2]] == [0, 0, 0, 0]
    assert not rows[3][0].startswith("-")


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
@pytest.mark.parametrize("shift", [0, 1])
def test_import_of_a_submission_gives_it_again(server, shift, truths, tmp_path):
    given = results(server.max_runs)
    content, _ = write_submission(server, Submission(given, FRAMES, {}), first_pixel=shift)
    path = tmp_path / "submission.zip"
    path.write_bytes(content)
    truth = {name: np.full((count, 4), np.nan) for name, count in FRAMES.items()}
    for boxes in truth.values():
        boxes[0] = [10, 20, 30, 40]
    form = FORMATS.load(server.read_as)()
    imported = read_results(path, form, truths(truth, "demo"), "ope")
    for name, runs in given.items():
        for run, back in zip(runs, imported.trajectories[name], strict=True):
            np.testing.assert_allclose(back.boxes, run.boxes, atol=0.501 * 10**-server.decimals)
            if server.needs_times:
                np.testing.assert_allclose(back.seconds, run.seconds, atol=1e-8)
    if server.needs_times:
        again, _ = write_submission(server, Submission(imported.trajectories, FRAMES, {}), shift)
        assert again == content


def broken(change: str) -> tuple[Submission, str]:
    """Returns incomplete results, and the words that say what is wrong."""
    given, failed = results(2), {}
    first, second = FRAMES
    expected = ""
    if change == "missing":
        del given[first]
        expected = f"1 of 2 sequences is missing: {first}"
    elif change == "failed":
        del given[second]
        failed[second] = "timeout: took too long"
        expected = f"1 of 2 sequences is missing: {second} (timeout: took too long)"
    elif change == "rows":
        given[second] = [trajectory(6), trajectory(6, 1)]
        expected = f"the number of rows is wrong: {second} has 6 for 7 frames"
    elif change == "fewer runs":
        given[first] = given[first][:1]
        expected = f"sequences have fewer runs than others: {first}"
    elif change == "runs":
        given = results(4)
        expected = "there are 4 runs per sequence, and the server takes 3"
    elif change == "times":
        given[first][1].seconds[2] = np.nan
        expected = f"times per frame are missing: {first}"
    elif change == "polygons":
        given[first] = [Trajectory(np.ones((4, 8)), run.seconds) for run in given[first]]
        expected = f"regions are polygons, not boxes: {first}"
    return Submission(given, FRAMES, failed), expected


@pytest.mark.parametrize("change", ["missing", "failed", "rows", "fewer runs", "runs", "times", "polygons"])
def test_incomplete_results_are_refused(change):
    submission, expected = broken(change)
    with pytest.raises(UserError) as caught:
        write_submission(GOT10K, submission, 0)
    assert str(caught.value).startswith("got10k-server would not accept these results: ")
    assert expected in str(caught.value)


def test_every_problem_is_named_at_once():
    given = results()
    first, second = FRAMES
    del given[first]
    given[second][0] = trajectory(3)
    assert len(find_problems(GOT10K, Submission(given, FRAMES, {}))) == 2


def test_trackingnet_takes_one_run_and_needs_no_times():
    assert find_problems(TRACKINGNET, Submission(results(2), FRAMES, {}))
    given = {
        name: [Trajectory(run.boxes, np.full(len(run.boxes), np.nan)) for run in runs]
        for name, runs in results().items()
    }
    assert find_problems(TRACKINGNET, Submission(given, FRAMES, {})) == []


def test_results_of_other_splits_are_left_out():
    given = results() | {"GOT-10k_Val_000001": [trajectory(3)]}
    content, _ = write_submission(GOT10K, Submission(given, FRAMES, {}), 0)
    assert not any("Val" in name for name in opened(content).namelist())
