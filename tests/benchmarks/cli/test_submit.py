"""`export --to` a server: from a run to its zip file and back, through the command line."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.cli.main import main
from benchmarks.datasets import got10k, listed
from benchmarks.store import RunFolder, read_run

FRAMES = {
    "got10k": {"GOT-10k_Test_000001": 5, "GOT-10k_Test_000002": 3},
    "trackingnet": {"a_0": 4, "-b_1": 6},
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Writes two test sequences of each set in its official layout; the tables list these alone."""
    rows = [
        {"name": name, "split": "test", "frames": str(count), "width": "", "height": "", "hidden": ""}
        for name, count in FRAMES["got10k"].items()
    ]
    monkeypatch.setattr(got10k, "read_metadata", lambda _: rows)
    monkeypatch.setattr(listed, "read_metadata", lambda _: [{"name": name} for name in FRAMES["trackingnet"]])
    root = tmp_path / "data"
    for name, count in FRAMES["got10k"].items():
        write_frames(root / "got10k" / "test" / name, 1, count, digits=8)
        (root / "got10k" / "test" / name / "groundtruth.txt").write_text("10,8,12,10\n")
    (root / "trackingnet" / "TEST" / "anno").mkdir(parents=True)
    for name, count in FRAMES["trackingnet"].items():
        write_frames(root / "trackingnet" / "TEST" / "frames" / name, 0, count, digits=1)
        (root / "trackingnet" / "TEST" / "anno" / f"{name}.txt").write_text("10,8,12,10\n")
    return root


def write_frames(folder: Path, first: int, count: int, digits: int) -> None:
    folder.mkdir(parents=True)
    for number in range(first, first + count):
        Image.new("RGB", (48, 40), (number * 20, 90, 90)).save(folder / f"{number:0{digits}}.jpg")


def track(data: Path, dataset: str, *more: str) -> list[str]:
    """Runs a tracker; returns the options that name the data and the results."""
    where = ["--dataset", dataset, "--data-root", str(data), "--results", str(data / "results")]
    split = ["--split", "test"] if dataset == "got10k" else []
    assert main(["run", "--tracker", "still", *where, *split, *more]) == 0
    return where


def submit(dataset: str, out: Path, where: list[str]) -> int:
    return main(["export", "--to", f"{dataset}-server", "--tracker", "still", *where, str(out)])


@pytest.mark.parametrize(("dataset", "repeat"), [("got10k", 1), ("got10k", 3), ("trackingnet", 1)])
def test_run_becomes_a_submission_and_back(dataset, repeat, data, tmp_path, capsys):
    where = track(data, dataset, "--repeat", str(repeat))
    out = tmp_path / "submission.zip"
    assert submit(dataset, out, where) == 0
    assert f"2 sequences written in {out}, complete for {dataset}-server" in capsys.readouterr().err
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        for name, count in FRAMES[dataset].items():
            paths = (
                [f"{name}/{name}_{run:03}.txt" for run in range(1, repeat + 1)]
                if dataset == "got10k"
                else [f"{name}.txt"]
            )
            for path in paths:
                decimals = 3 if dataset == "got10k" else 2
                row = ",".join(f"{value:.{decimals}f}" for value in (10, 8, 12, 10))
                assert archive.read(path).decode().splitlines() == [row] * count
    split = ["--split", "test"] if dataset == "got10k" else []
    back = ["import", str(out), "--from", f"{dataset}-server", "--tracker", "again", *where, *split]
    assert main(back) == 0
    before, after = (read_run(data / "results", dataset, name) for name in ("still", "again"))
    for name, runs in before.trajectories.items():
        for run, again in zip(runs, after.trajectories[name], strict=True):
            np.testing.assert_array_equal(run.boxes, again.boxes)


def test_incomplete_run_writes_nothing(data, tmp_path, capsys):
    where = track(data, "got10k", "--sequences", "GOT-10k_Test_000002")
    out = tmp_path / "submission.zip"
    assert submit("got10k", out, where) == 2
    err = capsys.readouterr().err
    assert "got10k-server would not accept these results: 1 of 2 sequences is missing: " in err
    assert "GOT-10k_Test_000001" in err
    assert not out.exists()


def test_short_results_are_found_by_the_frames_on_disk(data, tmp_path, capsys):
    where = track(data, "trackingnet")
    last = data / "trackingnet" / "TEST" / "frames" / "a_0" / "4.jpg"
    last.with_name("0.jpg").rename(last)  # the numbers go to 4 now
    Image.new("RGB", (48, 40)).save(last.with_name("0.jpg"))
    assert submit("trackingnet", tmp_path / "x.zip", where) == 2
    assert "the number of rows is wrong: a_0 has 4 for 5 frames" in capsys.readouterr().err


def test_times_are_needed_by_got10k_alone(data, tmp_path, capsys):
    for dataset, status in (("got10k", 2), ("trackingnet", 0)):
        where = track(data, dataset)
        folder = RunFolder(data / "results", dataset, "still", "ope").path
        given = tmp_path / f"boxes of {dataset}"
        given.mkdir()
        for name in FRAMES[dataset]:
            (given / f"{name}.txt").write_bytes((folder / f"{name}.txt").read_bytes())
        split = ["--split", "test"] if dataset == "got10k" else []
        origin = ["--zero-based", "--overwrite"]
        back = ["import", str(given), "--from", "txt", "--tracker", "still", *where, *split, *origin]
        assert main(back) == 0
        capsys.readouterr()
        assert submit(dataset, tmp_path / f"{dataset}.zip", where) == status
        assert ("times per frame are missing" in capsys.readouterr().err) is bool(status)


def test_existing_file_and_other_names_are_refused(data, tmp_path, capsys):
    where = track(data, "trackingnet")
    out = tmp_path / "submission.zip"
    out.write_bytes(b"mine")
    assert submit("trackingnet", out, where) == 2
    assert f"{out} exists; name a new .zip file" in capsys.readouterr().err
    assert out.read_bytes() == b"mine"
    assert submit("trackingnet", tmp_path / "folder", where) == 2
    assert "is no .zip file; name a new .zip file" in capsys.readouterr().err


def test_other_data_set_and_protocol_are_refused(data, tmp_path, capsys):
    out = str(tmp_path / "x.zip")
    words = ["export", "--tracker", "still", "--results", str(data / "results")]
    assert main([*words, "--to", "got10k-server", "--dataset", "demo", out]) == 2
    assert "got10k-server takes results on got10k, not on demo" in capsys.readouterr().err
    sets = ["--dataset", "got10k", "--data-root", str(data)]
    assert main([*words, "--to", "got10k-server", *sets, "--protocol", "sre", out]) == 2
    assert "takes results of protocol 'ope', not 'sre'" in capsys.readouterr().err


@pytest.mark.shared
def test_published_submission_is_written_again(shared: Path, tmp_path: Path) -> None:
    published = shared / "golden" / "got10k" / "Ocean-online_server_layout.zip"
    before = read_tables(published)
    for path, rows in before.items():
        if path.endswith("_001.txt"):
            folder = tmp_path / "got10k" / "test" / path.partition("/")[0]
            folder.mkdir(parents=True)
            np.savetxt(folder / "groundtruth.txt", rows[:1], delimiter=",")
    where = ["--dataset", "got10k", "--data-root", str(tmp_path), "--results", str(tmp_path / "results")]
    words = ["--from", "got10k-server", "--tracker", "Ocean-online", "--split", "test"]
    assert main(["import", str(published), *words, *where]) == 0
    out = tmp_path / "again.zip"
    assert main(["export", "--to", "got10k-server", "--tracker", "Ocean-online", *where, str(out)]) == 0
    after = read_tables(out)
    assert after.keys() == before.keys()
    assert len(after) == 360
    for path, rows in before.items():
        # The sample has more decimals than the server needs.
        tolerance = 5.01e-9 if path.endswith("_time.txt") else 5.01e-4
        np.testing.assert_allclose(after[path], rows, atol=tolerance, rtol=0)


def read_tables(path: Path) -> dict[str, np.ndarray]:
    """Reads every file of a zip file of numbers, without our own readers."""
    with zipfile.ZipFile(path) as archive:
        return {
            name: np.loadtxt(io.BytesIO(archive.read(name)), delimiter=",", ndmin=2)
            for name in archive.namelist()
        }
