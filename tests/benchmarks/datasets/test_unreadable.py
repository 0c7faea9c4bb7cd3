"""Folders and files of a data set that cannot be read, or are no files, cost their sequence and are named."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset
from benchmarks.datasets.sequence import SequenceError
from tests.helpers.bad_data import run_folder, write_video

Hide = Callable[[Path], None]


@pytest.fixture
def hide(monkeypatch: pytest.MonkeyPatch) -> Hide:
    """Makes a folder one that may not be looked into, which file permissions do not for a superuser."""
    hidden: list[str] = []

    def guard(function: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(path: Any = ".", *given: Any, **named: Any) -> Any:
            inside = not isinstance(path, int) and any(
                str(path) == folder if function in (listdir, scandir) else str(path).startswith(folder + "/")
                for folder in hidden
            )
            if inside:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return function(path, *given, **named)

        return guarded

    listdir, scandir = os.listdir, os.scandir
    for name in ("listdir", "scandir", "stat", "open"):
        monkeypatch.setattr(os, name, guard(getattr(os, name)))
    return lambda folder: hidden.append(str(folder))


def test_a_sequence_whose_folder_cannot_be_read_is_recorded_as_failed(
    tmp_path: Path, hide: Hide, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two", "three", "four"):
        write_video(tmp_path / "videos" / name)
    hide(tmp_path / "videos" / "two")
    status, outcomes = run_folder(tmp_path / "videos", tmp_path / "results")
    assert status == 1
    assert outcomes["two"].status == "failed"
    assert "Permission denied" in outcomes["two"].message
    assert [name for name, outcome in outcomes.items() if outcome.status == "ok"] == ["four", "one", "three"]
    assert "3 of 4 sequences ok" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("dataset", "folder", "name"),
    [
        ("otb2015", "otb2015/Basketball", "Basketball"),
        ("tc128", "tc128/Airport_ce", "Airport_ce"),
        ("vot2017", "vot2017/ants1", "ants1"),
        ("lasot", "lasot/airplane/airplane-1", "airplane-1"),
    ],
)
def test_a_folder_of_a_known_data_set_that_cannot_be_read_is_there_and_fails(
    tmp_path: Path, hide: Hide, dataset: str, folder: str, name: str
) -> None:
    (tmp_path / folder).mkdir(parents=True)
    hide(tmp_path / folder)
    opened = open_dataset(dataset, tmp_path)
    assert opened.names() == (name,)
    with pytest.raises(SequenceError, match="Permission denied"):
        opened[name]


def test_frames_that_cannot_be_listed_cost_their_sequence(tmp_path: Path, hide: Hide) -> None:
    write_video(tmp_path / "videos" / "fine")
    write_video(tmp_path / "videos" / "closed")
    frames = tmp_path / "videos" / "closed" / "img"
    frames.mkdir()
    for image in frames.parent.glob("*.png"):
        image.rename(frames / image.name)
    hide(frames)
    status, outcomes = run_folder(tmp_path / "videos", tmp_path / "results")
    assert (status, outcomes["fine"].status, outcomes["closed"].status) == (1, "ok", "failed")
    assert "Permission denied" in outcomes["closed"].message


def put(path: Path, what: str) -> None:
    path.unlink(missing_ok=True)
    if what == "pipe":
        os.mkfifo(path)
    elif what == "huge":
        with path.open("wb") as file:
            file.truncate(1 << 40)
    else:
        path.symlink_to("/dev/zero")


@pytest.mark.parametrize("what", ["pipe", "device", "huge"])
@pytest.mark.parametrize("file", ["groundtruth.txt", "0002.png"])
def test_what_is_no_plain_file_costs_its_sequence(tmp_path: Path, what: str, file: str) -> None:
    write_video(tmp_path / "videos" / "fine")
    write_video(tmp_path / "videos" / "odd")
    put(tmp_path / "videos" / "odd" / file, what)
    status, outcomes = run_folder(tmp_path / "videos", tmp_path / "results")
    assert (status, outcomes["fine"].status, outcomes["odd"].status) == (1, "ok", "failed")
    said = "is not an image|has more than" if what == "huge" else "it is a pipe or a device, not a file"
    assert any(part in outcomes["odd"].message for part in said.split("|"))


@pytest.mark.parametrize("what", ["pipe", "device", "huge"])
def test_settings_and_announced_weights_are_plain_files(
    tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_video(tmp_path / "videos" / "fine")
    put(tmp_path / "videos" / "sotbench.toml", what)
    words = ["--dataset", "folder", "--data-root", str(tmp_path / "videos"), "--results", str(tmp_path / "r")]
    assert main(["run", "--tracker", "still", *words]) == 2
    assert "sotbench.toml: it " in capsys.readouterr().err

    put(tmp_path / "weights", what)
    greeting = json.dumps({"ready": 1, "weights": str(tmp_path / "weights")})
    (tmp_path / "says.py").write_text(f"import sys\nprint({greeting!r}, flush=True)\nsys.stdin.read()\n")
    words = ["--dataset", "demo", "--results", str(tmp_path / "r")]
    assert main(["run", "--tracker", f"process:{sys.executable} {tmp_path}/says.py", *words]) == 2
    assert "weights: it " in capsys.readouterr().err
