"""Folders annotated with other tools: MOTChallenge, CVAT, COCO, LabelMe."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from video_folders import (
    BOXES,
    FRAMES,
    assert_whole,
    corners,
    opened,
    text,
    write_images,
    write_movie,
)

from benchmarks.datasets.sequence import SequenceError
from trackers.errors import UserError


def mot_rows(targets: dict[int, range]) -> str:
    rows = [
        [k + 1, target, *(BOXES[k] + [1, 1, 0, 0]), 1, 1, 1.0] for target, ks in targets.items() for k in ks
    ]
    return text(sorted(rows))


def test_motchallenge_folder_is_read(tmp_path: Path) -> None:
    write_images(tmp_path / "MOT-02" / "img1")
    gt = tmp_path / "MOT-02" / "gt"
    gt.mkdir()
    ignored = text([[1, 9, 5, 5, 5, 5, 0, 12, 0.5]])
    (gt / "gt.txt").write_text(mot_rows({1: range(FRAMES), 4: range(3, 9)}) + ignored)
    data = opened(tmp_path, "one_based = true\n")
    assert data.names() == ("MOT-02.1", "MOT-02.4")
    assert_whole(data, "MOT-02.1")
    assert_whole(data, "MOT-02.4", BOXES[3:9], first=3)


def test_mot_target_twice_in_one_frame_is_refused(tmp_path: Path) -> None:
    write_images(tmp_path / "MOT-02" / "img1")
    (tmp_path / "MOT-02" / "gt").mkdir()
    (tmp_path / "MOT-02" / "gt" / "gt.txt").write_text(mot_rows({1: range(3)}) * 2)
    data = opened(tmp_path, "one_based = true\n")
    with pytest.raises(SequenceError, match="frame 0 has two boxes of one target"):
        data["MOT-02"]


def cvat(*tracks: str) -> str:
    size = "<meta><task><original_size><width>64</width><height>48</height></original_size></task></meta>"
    return f"<?xml version='1.0'?><annotations><version>1.1</version>{size}{''.join(tracks)}</annotations>"


def cvat_box(frame: int, outside: int = 0) -> str:
    (left, top, right, bottom) = corners(BOXES)[frame]
    sides = f'xtl="{left}" ytl="{top}" xbr="{right}" ybr="{bottom}"'
    return f'<box frame="{frame}" outside="{outside}" occluded="0" keyframe="1" {sides}></box>'


@pytest.mark.parametrize("video", [True, False])
def test_cvat_with_all_frames_is_read(tmp_path: Path, video: bool) -> None:
    boxes = "".join(map(cvat_box, range(FRAMES)))
    if video:
        write_movie(tmp_path / "cat.mp4")
        (tmp_path / "cat.xml").write_text(cvat(f'<track id="0" label="cat">{boxes}</track>'))
    else:
        write_images(tmp_path / "cat")
        (tmp_path / "cat" / "annotations.xml").write_text(cvat(f'<track id="0" label="cat">{boxes}</track>'))
    assert_whole(opened(tmp_path, None), "cat")


def test_cvat_keyframes_are_interpolated(tmp_path: Path) -> None:
    write_movie(tmp_path / "cat.mp4")
    first = (
        f'<track id="0" label="cat">{cvat_box(1)}{cvat_box(4)}{cvat_box(6, outside=1)}{cvat_box(9)}</track>'
    )
    (tmp_path / "cat.xml").write_text(cvat(first, f'<track id="1" label="cat">{cvat_box(0)}</track>'))
    data = opened(tmp_path, None)
    assert data.names() == ("cat.0", "cat.1")
    sequence = data["cat.0"]
    gone = [5 + 1, 7, 8]
    expected = BOXES[1:10].copy()
    expected[[frame - 1 for frame in gone]] = np.nan
    np.testing.assert_allclose(sequence.truth, expected)
    assert sequence.absent is not None
    assert (np.flatnonzero(sequence.absent) + 1).tolist() == gone


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<annotations><image id='0'/></annotations>", "is 'CVAT for images'"),
        ("<annotations/>", "holds no tracks"),
        ("<other/>", "not a CVAT file"),
        ("<annotations>", "not valid XML"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><annotations/>", "declares XML entities"),
        ("<annotations><track id='3'><polygon/></track></annotations>", "track 3 has no rectangles"),
        (
            "<annotations><track id='3'><box frame='x'/></track></annotations>",
            "track 3 lacks a frame or a corner",
        ),
    ],
)
def test_invalid_cvat_is_refused(tmp_path: Path, content: str, expected: str) -> None:
    write_movie(tmp_path / "cat.mp4", 2)
    (tmp_path / "cat.xml").write_text(content)
    with pytest.raises(SequenceError) as error:
        opened(tmp_path, None)["cat"]
    assert expected in str(error.value)


def coco_images(per_image: bool = True) -> dict[str, Any]:
    names = [f"cat/{number + 1:06}.png" for number in range(FRAMES)]
    if not per_image:
        boxes = [None if number == 5 else BOXES[number].tolist() for number in range(FRAMES)]
        videos = [{"id": 7, "file_names": names, "width": 64, "height": 48}]
        return {"videos": videos, "annotations": [{"id": 1, "video_id": 7, "bboxes": boxes}]}
    return {
        "videos": [{"id": 7, "name": "cat"}],
        "images": [
            {"id": 100 + k, "video_id": 7, "frame_id": k, "file_name": name, "width": 64, "height": 48}
            for k, name in reversed(list(enumerate(names)))
        ],
        "annotations": [
            {"id": k, "image_id": 100 + k, "track_id": 3, "bbox": BOXES[k].tolist()}
            for k in range(FRAMES)
            if k != 5
        ],
    }


@pytest.mark.parametrize("per_image", [True, False])
@pytest.mark.parametrize("images", ["", "images"])
def test_coco_of_videos_is_read(tmp_path: Path, per_image: bool, images: str) -> None:
    write_images(tmp_path / images / "cat")
    (tmp_path / "annotations.json").write_text(json.dumps(coco_images(per_image)))
    data = opened(tmp_path, None)
    assert data.names() == ("cat",)
    expected = BOXES.copy()
    expected[5] = np.nan
    assert_whole(data, "cat", expected)
    absent = data["cat"].absent
    assert absent is not None
    assert np.flatnonzero(absent).tolist() == [5]


def test_coco_images_outside_the_folder_are_refused(tmp_path: Path) -> None:
    content = coco_images()
    content["images"][-1]["file_name"] = "../../secret.png"
    (tmp_path / "annotations.json").write_text(json.dumps(content))
    with pytest.raises(SequenceError, match="is outside its folder"):
        opened(tmp_path, None)["cat"].open_frames()


def test_coco_without_videos_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"videos": 3, "annotations": []}')
    with pytest.raises(UserError, match=r"a\.json: not a COCO file of videos"):
        opened(tmp_path, None)


def labelme(number: int, label: str = "cat") -> str:
    left, top, right, bottom = corners(BOXES)[number].tolist()
    shape = {"label": label, "points": [[right, bottom], [left, top]], "shape_type": "rectangle"}
    return json.dumps({"version": "5.4.1", "shapes": [shape], "imageWidth": 64, "imageHeight": 48})


def test_labelme_is_read(tmp_path: Path) -> None:
    write_images(tmp_path / "cat")
    for number in range(FRAMES):
        if number != 5:
            (tmp_path / "cat" / f"{number + 1:06}.json").write_text(labelme(number))
    data = opened(tmp_path, None)
    expected = BOXES.copy()
    expected[5] = np.nan
    assert_whole(data, "cat", expected)


def test_labelme_with_two_targets_gives_two_sequences(tmp_path: Path) -> None:
    write_images(tmp_path / "yard")
    for number in range(4):
        (tmp_path / "yard" / f"{number + 1:06}.json").write_text(
            labelme(number, "cat" if number % 2 else "a dog")
        )
    assert opened(tmp_path, None).names() == ("yard.a-dog", "yard.cat")


@pytest.mark.parametrize("name", ["annotations.xml", "000001.png", "gt/gt.txt"])
def test_pipe_in_place_of_an_annotation_fails_its_sequence(tmp_path: Path, name: str) -> None:
    write_images(tmp_path / "dog")
    (tmp_path / "dog" / "groundtruth.txt").write_text(text(BOXES))
    write_images(tmp_path / "cat", first=2)
    path = tmp_path / "cat" / name
    path.parent.mkdir(exist_ok=True)
    os.mkfifo(path)
    if name.endswith("png"):
        (tmp_path / "cat" / "groundtruth.txt").write_text(text(BOXES))
    data = opened(tmp_path)
    assert "dog" in data.names()
    if "cat" in data.names():
        with pytest.raises(SequenceError):
            data["cat"].open_frames()[0]
