from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trackers.errors import UserError
from trackers.training.sources.got10k import read


def write_video(root: Path, number: int, rows: list[str], absence: str | None = "", images: int = -1) -> Path:
    folder = root / "train" / f"GOT-10k_Train_{number:06d}"
    folder.mkdir(parents=True)
    (folder / "groundtruth.txt").write_text("\n".join(rows) + "\n")
    if absence is not None:
        (folder / "absence.label").write_text("\n".join(absence or "0" * len(rows)) + "\n")
    for frame in range(1, (len(rows) if images < 0 else images) + 1):
        (folder / f"{frame:08d}.jpg").touch()
    return folder


def rows(count: int) -> list[str]:
    return [f"{index + 1}.0000,{index + 11}.5000,30.0000,40.0000" for index in range(count)]


def test_boxes_become_0_based_and_absent_frames_skipped(tmp_path: Path) -> None:
    frames = rows(5)
    frames[1] = "-1,-1,-1,-1"
    write_video(tmp_path, 2, frames, absence="01010")
    write_video(tmp_path, 1, rows(2), absence=None)
    (tmp_path / "train" / "list.txt").write_text("GOT-10k_Train_000002\nGOT-10k_Train_000001\n")
    clips = read(tmp_path, pytest.fail)
    assert [clip.name for clip in clips] == ["GOT-10k_Train_000002", "GOT-10k_Train_000001"]
    assert [path.name for path in clips[0].files] == ["00000001.jpg", "00000003.jpg", "00000005.jpg"]
    np.testing.assert_array_equal(clips[0].boxes, [[0, 10.5, 30, 40], [2, 12.5, 30, 40], [4, 14.5, 30, 40]])
    assert len(clips[1].files) == 2


def test_unusable_frames_are_reported_once_per_video(tmp_path: Path) -> None:
    frames = rows(8)
    frames[2] = "1,1,0,40"
    frames[3] = "nan,1,30,40"
    frames[6] = "inf,-inf,30,40"
    frames[4] = "1,1,5,5"  # too small to learn from, but valid
    folder = write_video(tmp_path, 1, frames, images=7)
    (folder / "00000002.jpg").unlink()
    said: list[str] = []
    [clip] = read(tmp_path, said.append)
    assert [path.stem for path in clip.files] == ["00000001", "00000006"]
    assert said == [
        f"{folder}: 2 of 8 frames have no image, such as 00000002; they are skipped",
        f"{folder}: 3 of 8 frames have no usable box, such as 00000003; they are skipped",
    ]


@pytest.mark.parametrize(
    ("truth", "absence", "why"),
    [
        (["1,2,3"], "0", "line 1 has 3 values where 4 are expected"),
        (["1,2,x,4"], "0", "could not convert string to float"),
        (["1,2,30,40"], "00", "absence.label must have 0 or 1 for each of 1 frame"),
        (["1,2,30,40"], "2", "absence.label must have 0 or 1"),
        (["1,2,30,40"], "1", "no frame shows the object"),
        ([], "0", "absence.label must have 0 or 1 for each of 0 frames"),
        ([], None, "no frame shows the object"),
    ],
)
def test_damaged_videos_are_reported_and_skipped(
    tmp_path: Path, truth: list[str], absence: str | None, why: str
) -> None:
    folder = write_video(tmp_path, 1, truth, absence)
    write_video(tmp_path, 2, rows(3))
    said: list[str] = []
    [clip] = read(tmp_path, said.append)
    assert clip.name == "GOT-10k_Train_000002"
    [sentence] = said
    assert sentence.startswith(f"{folder} cannot be read")
    assert why in sentence


def test_missing_files_are_reported(tmp_path: Path) -> None:
    write_video(tmp_path, 1, rows(3))
    (write_video(tmp_path, 2, rows(3)) / "groundtruth.txt").unlink()
    names = [f"GOT-10k_Train_{number:06d}" for number in (1, 2, 3, 4)]
    (tmp_path / "train" / "list.txt").write_text("\n".join(names))
    said: list[str] = []
    assert len(read(tmp_path, said.append)) == 1
    assert "lacks 2 of 4 videos, such as GOT-10k_Train_000003; they are skipped" in said[0]
    assert "groundtruth.txt" in said[1]
    assert len(said) == 2


def test_missing_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no folder .*train; give --source"):
        read(tmp_path, print)
    (tmp_path / "train").mkdir()
    with pytest.raises(UserError, match="holds no video"):
        read(tmp_path, print)
