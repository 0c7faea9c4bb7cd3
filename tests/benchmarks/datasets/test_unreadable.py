"""Unreadable folders and non-regular files fail only their sequence and are named in the message."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bad_data import ROWS, run_folder, write_video
from video_folders import write_movie

from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset
from benchmarks.datasets.sequence import SequenceError
from benchmarks.datasets.verification import verify
from trackers.errors import UserError

Hide = Callable[[Path], None]


def answers_no(function: Callable[[Path], bool]) -> Callable[[Path], bool]:
    """Mimics `Path.exists` and the like of Python 3.14, which return False if access is denied."""

    def answered(path: Path) -> bool:
        try:
            return function(path)
        except OSError:
            return False

    return answered


@pytest.fixture(params=["3.11", "3.14"])
def hide(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Hide:
    """Returns a function that makes a folder unreadable, also for a superuser."""
    if request.param == "3.14":
        for name in ("exists", "is_dir", "is_file"):
            monkeypatch.setattr(Path, name, answers_no(getattr(Path, name)))
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


def test_unreadable_folder_is_recorded_as_failed(
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
def test_unreadable_folder_counts_as_present_and_fails(
    tmp_path: Path, hide: Hide, dataset: str, folder: str, name: str
) -> None:
    (tmp_path / folder).mkdir(parents=True)
    hide(tmp_path / folder)
    opened = open_dataset(dataset, tmp_path)
    assert opened.names() == (name,)
    with pytest.raises(SequenceError, match="Permission denied"):
        opened[name]


def test_unlistable_frames_fail_their_sequence(tmp_path: Path, hide: Hide) -> None:
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
def test_non_regular_file_fails_its_sequence(tmp_path: Path, what: str, file: str) -> None:
    write_video(tmp_path / "videos" / "fine")
    write_video(tmp_path / "videos" / "odd")
    put(tmp_path / "videos" / "odd" / file, what)
    status, outcomes = run_folder(tmp_path / "videos", tmp_path / "results")
    assert (status, outcomes["fine"].status, outcomes["odd"].status) == (1, "ok", "failed")
    expected = "is not an image|has more than" if what == "huge" else "it is a pipe or a device, not a file"
    assert any(part in outcomes["odd"].message for part in expected.split("|"))


@pytest.mark.parametrize("what", ["pipe", "device", "huge"])
def test_settings_and_weights_must_be_regular_files(
    tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_video(tmp_path / "videos" / "fine")
    put(tmp_path / "videos" / "sotbench.toml", what)
    words = ["--dataset", "folder", "--data-root", str(tmp_path / "videos"), "--results", str(tmp_path / "r")]
    assert main(["run", "--tracker", "still", *words]) == 2
    assert "sotbench.toml: it " in capsys.readouterr().err

    put(tmp_path / "weights", what)
    greeting = json.dumps({"ready": 1, "weights": str(tmp_path / "weights")})
    (tmp_path / "weights.py").write_text(f"import sys\nprint({greeting!r}, flush=True)\nsys.stdin.read()\n")
    words = ["--dataset", "demo", "--results", str(tmp_path / "r")]
    assert main(["run", "--tracker", f"process:{sys.executable} {tmp_path}/weights.py", *words]) == 2
    assert "weights: it " in capsys.readouterr().err


def own_video(root: Path, name: str, truth: str) -> Path:
    """Writes a video `name` with ground truth in a regular file and images in `img`."""
    write_video(root / name)
    (root / name / "img").mkdir()
    for image in (root / name).glob("*.png"):
        image.rename(root / name / "img" / image.name)
    (root / name / "groundtruth.txt").unlink()
    path = root / name / truth
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(ROWS))
    return path


LAYOUTS = {
    "mot": ("gt/gt.txt", "gt", "one_based = true\n"),
    "labelme": ("img/0001.json", "img", "one_based = true\n"),
    "declared": ("anno/boxes.txt", "anno", 'one_based = true\nground_truth = "{sequence}/anno/boxes.txt"\n'),
    "whole folder": ("boxes.csv", ".", 'one_based = true\nground_truth = "{sequence}/boxes.csv"\n'),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_unreadable_folder_is_named_in_every_layout(tmp_path: Path, hide: Hide, layout: str) -> None:
    truth, hidden, settings = LAYOUTS[layout]
    own_video(tmp_path, "one", truth if layout in ("declared", "whole folder") else "groundtruth.txt")
    own_video(tmp_path, "two", truth)
    (tmp_path / "sotbench.toml").write_text(settings)
    hide(tmp_path / "two" / hidden)
    data = open_dataset("folder", tmp_path)
    assert data.names() == ("one", "two")
    with pytest.raises(SequenceError, match=r"two.*: Permission denied"):
        data["two"]
    fine, closed = verify(data)
    assert fine.complete
    assert "Permission denied" in closed.findings[0].problem


def test_unreadable_ground_truth_folder_is_one_sentence(
    tmp_path: Path, hide: Hide, capsys: pytest.CaptureFixture[str]
) -> None:
    write_video(tmp_path / "frames" / "one")
    (tmp_path / "anno").mkdir()
    (tmp_path / "sotbench.toml").write_text(
        'one_based = true\nground_truth = "anno/{sequence}.txt"\nframes = "frames/{sequence}"\n'
    )
    hide(tmp_path / "anno")
    assert main(["verify", "--dataset", "folder", "--data-root", str(tmp_path)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "anno: Permission denied" in line


@pytest.mark.parametrize("what", ["pipe", "device", "huge"])
@pytest.mark.parametrize(
    "truth",
    [
        "annotations.xml",
        "gt/gt.txt",
        "img/0001.json",
        "groundtruth.csv",
        "attributes.txt",
        "cover.label",
        "absent.txt",
        "out_of_view.txt",
    ],
)
def test_no_annotation_reader_blocks_on_a_pipe(tmp_path: Path, what: str, truth: str) -> None:
    beside = truth.endswith(("attributes.txt", ".label", "absent.txt", "view.txt"))
    path = own_video(tmp_path, "odd", "groundtruth.txt" if beside else truth)
    put(path.with_name(truth) if beside else path, what)
    own_video(tmp_path, "plain", "groundtruth.txt")
    (tmp_path / "sotbench.toml").write_text("one_based = true\n")
    data = open_dataset("folder", tmp_path)
    assert data.names() == ("odd", "plain")
    assert isinstance(data.attributes, tuple)
    expected = f"{truth}: it (is a pipe or a device, not a file|has more than)"
    with pytest.raises(SequenceError, match=expected):
        data["odd"]
    assert data["plain"].open_frames()


@pytest.mark.parametrize("what", ["pipe", "device", "huge"])
@pytest.mark.parametrize("suffix", [".xml", ".txt", ".mp4"])
def test_videos_and_their_truth_must_be_regular_files(tmp_path: Path, what: str, suffix: str) -> None:
    write_movie(tmp_path / "odd.mp4", 4)
    (tmp_path / "odd.txt").write_text("\n".join(ROWS))
    if suffix == ".xml":
        (tmp_path / "odd.txt").unlink()
    put(tmp_path / f"odd{suffix}", what)
    (tmp_path / "sotbench.toml").write_text("one_based = true\n")
    expected = f"odd{suffix}: it (is a pipe or a device, not a file|has more than)|is not a video that OpenCV"
    with pytest.raises(SequenceError, match=expected):
        open_dataset("folder", tmp_path)["odd"].open_frames()


@pytest.mark.parametrize("what", ["pipe", "device", "huge"])
@pytest.mark.parametrize("settings", ["", 'ground_truth = "all.json"\n'])
def test_coco_file_must_be_a_regular_file(tmp_path: Path, what: str, settings: str) -> None:
    write_video(tmp_path / "frames" / "one")
    (tmp_path / "frames" / "one" / "groundtruth.txt").unlink()
    put(tmp_path / "all.json", what)
    (tmp_path / "sotbench.toml").write_text(settings)
    with pytest.raises(UserError, match=r"all\.json: it (is a pipe or a device, not a file|has more than)"):
        open_dataset("folder", tmp_path)


def write_coco(tmp_path: Path) -> None:
    write_video(tmp_path / "images" / "cat")
    (tmp_path / "images" / "cat" / "groundtruth.txt").unlink()
    content = {
        "videos": [{"id": 1, "name": "cat"}],
        "images": [
            {"id": k, "video_id": 1, "frame_id": k, "file_name": f"cat/{k + 1:04}.png"} for k in range(4)
        ],
        "annotations": [{"id": k, "image_id": k, "track_id": 1, "bbox": [10, 8, 12, 10]} for k in range(4)],
    }
    (tmp_path / "all.json").write_text(json.dumps(content))


@pytest.mark.parametrize("hidden", ["images", "images/cat"])
def test_coco_images_in_an_unreadable_folder_are_reported(tmp_path: Path, hide: Hide, hidden: str) -> None:
    write_coco(tmp_path)
    hide(tmp_path / hidden)
    data = open_dataset("folder", tmp_path)
    assert data.names() == ("cat",)
    assert data["cat"].truth.shape == (4, 4)
    [result] = verify(data)
    assert result.scorable
    assert "Permission denied" in result.findings[0].problem


@pytest.mark.parametrize("what", ["pipe", "device"])
def test_annotated_image_must_be_a_regular_file(tmp_path: Path, what: str) -> None:
    write_coco(tmp_path)
    put(tmp_path / "images" / "cat" / "0002.png", what)
    frames = open_dataset("folder", tmp_path)["cat"].open_frames()
    assert frames[0].shape == (48, 64, 3)
    with pytest.raises(SequenceError, match=r"0002\.png.*it is a pipe or a device, not a file"):
        frames[1]
