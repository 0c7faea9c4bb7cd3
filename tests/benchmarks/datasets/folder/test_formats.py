"""User folders: videos, separate ground truth, declared columns, absence flags and attributes."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from video_folders import (
    BOXES,
    FRAMES,
    SIZE,
    assert_whole,
    centered,
    corners,
    number_of,
    opened,
    text,
    write_images,
    write_movie,
)

from benchmarks.datasets.sequence import SequenceError
from benchmarks.datasets.videos import VideoFrames
from trackers.errors import UserError

# Location of ground truth and frames


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
@pytest.mark.parametrize("place", ["cat{}", "cat/cat{}", "cat/video{}"])
def test_video_beside_its_ground_truth_is_found(tmp_path: Path, suffix: str, place: str) -> None:
    video = tmp_path / place.format(suffix)
    write_movie(video)
    truth = video.with_name("groundtruth.txt" if video.parent != tmp_path else "cat.txt")
    truth.write_text(text(BOXES))
    data = opened(tmp_path)
    assert data.names() == ("cat",)
    assert_whole(data, "cat")


def test_images_take_precedence_over_a_video(tmp_path: Path) -> None:
    write_images(tmp_path / "cat")
    write_movie(tmp_path / "cat" / "cat.mp4", 3)
    (tmp_path / "cat" / "groundtruth.txt").write_text(text(BOXES))
    assert_whole(opened(tmp_path), "cat")


def test_video_length_mismatch_names_both_counts(tmp_path: Path) -> None:
    write_movie(tmp_path / "cat.mp4")
    (tmp_path / "cat.txt").write_text(text(BOXES[:-1]))
    with pytest.raises(SequenceError, match=r"cat\.mp4: 12 frames where cat\.txt has 11 rows"):
        opened(tmp_path)["cat"].open_frames()


def test_damaged_video_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cat.mp4").write_bytes(bytes(1000))
    (tmp_path / "cat.txt").write_text(text(BOXES))
    with pytest.raises(SequenceError, match=r"cat\.mp4 is not a video that OpenCV can read"):
        opened(tmp_path)["cat"].open_frames()


@pytest.mark.parametrize("frames", ["data/{sequence}", "data/{sequence}.mp4"])
def test_ground_truth_in_another_folder_is_found(tmp_path: Path, frames: str) -> None:
    if frames.endswith("mp4"):
        write_movie(tmp_path / "data" / "cat.mp4")
    else:
        write_images(tmp_path / "data" / "cat")
    (tmp_path / "anno").mkdir()
    (tmp_path / "anno" / "cat.txt").write_text(text(BOXES, " "))
    settings = f'one_based = false\nground_truth = "anno/{{sequence}}.txt"\nframes = "{frames}"\n'
    data = opened(tmp_path, settings)
    assert_whole(data, "cat")
    assert_whole(pickle.loads(pickle.dumps(data)), "cat")


def test_settings_outside_the_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="ground_truth leads out of the folder"):
        opened(tmp_path, 'one_based = true\nground_truth = "../{sequence}.txt"\n')


# Frames of videos


def test_frames_do_not_depend_on_access_order(tmp_path: Path) -> None:
    write_movie(tmp_path / "cat.mp4", 40)
    frames = VideoFrames(tmp_path / "cat.mp4")
    assert len(frames) == 40
    order = np.random.default_rng(0).permutation(40).tolist()
    assert [number_of(frames[index]) for index in order] == order
    stretch = VideoFrames(tmp_path / "cat.mp4", first=30, count=5)
    assert [number_of(stretch[index]) for index in range(5)] == [30, 31, 32, 33, 34]
    assert stretch.fingerprint() != frames.fingerprint()


def test_frame_beyond_the_end_is_named(tmp_path: Path) -> None:
    write_movie(tmp_path / "cat.mp4")
    with pytest.raises(SequenceError, match="frame 14 cannot be decoded; the video ends after 12 frames"):
        VideoFrames(tmp_path / "cat.mp4", 0, 20)[13]


# Columns


@pytest.mark.parametrize(
    ("form", "declared"),
    [
        (corners, 'columns = "xyxy"'),
        (centered, 'columns = "cxcywh"'),
        (lambda boxes: boxes / [*SIZE, *SIZE], "normalized = true"),
        (lambda boxes: centered(boxes) / [*SIZE, *SIZE], 'columns = "cxcywh"\nnormalized = true'),
        (lambda boxes: np.insert(boxes, 0, np.arange(FRAMES), axis=1), "skip_columns = 1"),
        (
            lambda boxes: np.insert(corners(boxes), 0, np.arange(FRAMES), axis=1),
            'columns = "xyxy"\nskip_columns = 1',
        ),
    ],
)
def test_declared_columns_are_read(tmp_path: Path, form: Any, declared: str) -> None:
    write_images(tmp_path / "cat")
    (tmp_path / "cat" / "groundtruth.txt").write_text(
        "\n".join(",".join(map(repr, row)) for row in form(BOXES).tolist())
    )
    assert_whole(opened(tmp_path, f"one_based = false\n{declared}\n"), "cat")


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("x,y,w,h", lambda boxes: boxes),
        ("x1,y1,x2,y2", corners),
        ("Frame,Left,Top,Width,Height", lambda boxes: np.insert(boxes, 0, np.arange(FRAMES), axis=1)),
        (
            "frame,xmin,ymin,xmax,ymax",
            lambda boxes: np.insert(corners(boxes), 0, np.arange(1, FRAMES + 1), axis=1),
        ),
    ],
)
def test_csv_header_names_the_columns(tmp_path: Path, header: str, form: Any) -> None:
    write_images(tmp_path / "cat")
    (tmp_path / "cat" / "groundtruth.csv").write_text(f"{header}\n" + text(form(BOXES)))
    assert_whole(opened(tmp_path), "cat")


def test_gaps_in_frame_numbers_mean_absence(tmp_path: Path) -> None:
    write_images(tmp_path / "cat")
    kept = [2, 3, 6, 7]
    rows = [[k + 1, *BOXES[k], k == 7] for k in kept]
    (tmp_path / "cat" / "groundtruth.csv").write_text("frame,x,y,w,h,absent\n" + text(rows))
    sequence = opened(tmp_path)["cat"]
    assert np.isfinite(sequence.truth[:, 0]).tolist() == [True, True, False, False, True, False]
    assert sequence.absent is not None
    assert sequence.absent.tolist() == [False, False, True, True, False, True]
    frames = sequence.open_frames()
    assert [number_of(frames[index]) for index in range(len(frames))] == [2, 3, 4, 5, 6, 7]


def test_unknown_header_is_refused(tmp_path: Path) -> None:
    write_images(tmp_path / "cat")
    (tmp_path / "cat" / "groundtruth.csv").write_text("a,b,c,d\n" + text(BOXES))
    with pytest.raises(
        SequenceError, match=r"groundtruth\.csv: its header names no known box columns; write x,y,w,h"
    ):
        opened(tmp_path)["cat"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('columns = "yxhw"', "columns is 'yxhw'; it takes xywh, xyxy, cxcywh"),
        ("skip_columns = -1", "skip_columns is -1"),
        ("normalized = 1", "normalized is 1; write true or false"),
        ('frames = "frames"', "frames lacks {sequence}"),
        ("title = 1", "title is not a text"),
        ("[attributes]\ncat = 1", "attributes must be a table such as"),
    ],
)
def test_invalid_settings_are_refused(tmp_path: Path, line: str, expected: str) -> None:
    with pytest.raises(UserError) as error:
        opened(tmp_path, f"one_based = true\n{line}\n")
    assert expected in str(error.value)


# Absence and attributes


@pytest.mark.parametrize(
    ("files", "absent"),
    [
        ({"absence.label": "0\n0\n1\n" + "0\n" * 9}, [2]),
        ({"absence.label": "1\n" * 12, "cover.label": "8\n0\n3\n0\n" + "8\n" * 8}, [1, 3]),
        ({"full_occlusion.txt": "0,1" + ",0" * 10, "out_of_view.txt": "0,0,1" + ",0" * 9}, [1, 2]),
        ({"absent.txt": "0\n" * 11 + "1\n"}, [11]),
        ({}, None),
    ],
)
def test_absence_flags_are_read(tmp_path: Path, files: dict[str, str], absent: list[int] | None) -> None:
    write_images(tmp_path / "cat")
    (tmp_path / "cat" / "groundtruth.txt").write_text(text(BOXES))
    for name, content in files.items():
        (tmp_path / "cat" / name).write_text(content)
    flags = opened(tmp_path)["cat"].absent
    assert (flags is None) == (absent is None)
    assert flags is None or np.flatnonzero(flags).tolist() == absent


def test_absence_flags_of_wrong_length_are_refused(tmp_path: Path) -> None:
    write_images(tmp_path / "cat")
    (tmp_path / "cat" / "groundtruth.txt").write_text(text(BOXES))
    (tmp_path / "cat" / "absence.label").write_text("0\n")
    with pytest.raises(SequenceError, match=r"absence\.label: 1 row,"):
        opened(tmp_path)["cat"]


def test_attributes_are_read_from_file_or_settings(tmp_path: Path) -> None:
    for name in ("cat", "dog", "elk"):
        write_images(tmp_path / name)
        (tmp_path / name / "groundtruth.txt").write_text(text(BOXES))
    (tmp_path / "cat" / "attributes.txt").write_text("OCC, FM\n")
    data = opened(tmp_path, 'one_based = false\n[attributes]\ndog = ["FM", "LR"]\n')
    assert data.attributes == ("OCC", "FM", "LR")
    assert [data[name].attributes for name in data.names()] == [("OCC", "FM"), ("FM", "LR"), ()]
    assert pickle.loads(pickle.dumps(data)).attributes == ("OCC", "FM", "LR")
