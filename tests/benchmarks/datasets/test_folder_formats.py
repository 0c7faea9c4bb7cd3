"""Folders as people have them: videos, others' annotation formats, flags, attributes, declared columns."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from benchmarks.datasets import Dataset, open_dataset
from benchmarks.datasets.sequence import SequenceError
from benchmarks.datasets.verification import verify
from benchmarks.datasets.videos import VideoFrames
from trackers.errors import UserError
from trackers.tracker import Frame
from trackers.video.encoding import write_video

FRAMES = 12
SIZE = (64, 48)
BOXES = np.array([[10.0 + k, 8, 12, 10] for k in range(FRAMES)])


def numbered(number: int) -> Frame:
    """An image that shows its number in black and white bars, which survive compression."""
    frame = np.zeros((SIZE[1], SIZE[0], 3), dtype=np.uint8)
    for bit in range(6):
        frame[:, bit * 10 : bit * 10 + 10] = 255 * (number >> bit & 1)
    return frame


def number_of(frame: Frame) -> int:
    return sum(int(frame[24, bit * 10 + 5].mean() > 128) << bit for bit in range(6))


def write_images(folder: Path, count: int = FRAMES, first: int = 1) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.fromarray(numbered(number)).save(folder / f"{first + number:06}.png")


def write_movie(path: Path, count: int = FRAMES) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".mp4":
        write_video(path, (numbered(number) for number in range(count)), 10)
        return
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, SIZE)
    for number in range(count):
        writer.write(numbered(number))
    writer.release()


def text(boxes: Any, separator: str = ",") -> str:
    return "".join(separator.join(f"{number:g}" for number in row) + "\n" for row in boxes)


def opened(root: Path, settings: str | None = "one_based = false\n") -> Dataset:
    root.mkdir(parents=True, exist_ok=True)
    if settings is not None:
        (root / "sotbench.toml").write_text(settings)
    return open_dataset("folder", root)


def assert_whole(data: Dataset, name: str, boxes: Any = BOXES, first: int = 0) -> None:
    sequence = data[name]
    np.testing.assert_allclose(sequence.truth, boxes)
    frames = sequence.open_frames()
    assert [number_of(frames[index]) for index in range(len(frames))] == list(
        range(first, first + len(boxes))
    )
    assert sequence.size == SIZE
    assert [verdict.findings for verdict in verify(data, [name])] == [()]


# Where ground truth and frames lie


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
@pytest.mark.parametrize("place", ["cat{}", "cat/cat{}", "cat/video{}"])
def test_a_video_beside_its_ground_truth(tmp_path: Path, suffix: str, place: str) -> None:
    video = tmp_path / place.format(suffix)
    write_movie(video)
    truth = video.with_name("groundtruth.txt" if video.parent != tmp_path else "cat.txt")
    truth.write_text(text(BOXES))
    data = opened(tmp_path)
    assert data.names() == ("cat",)
    assert_whole(data, "cat")


def test_images_win_over_a_video_of_them(tmp_path: Path) -> None:
    write_images(tmp_path / "cat")
    write_movie(tmp_path / "cat" / "cat.mp4", 3)
    (tmp_path / "cat" / "groundtruth.txt").write_text(text(BOXES))
    assert_whole(opened(tmp_path), "cat")


def test_a_video_of_another_length_is_refused_with_both_counts(tmp_path: Path) -> None:
    write_movie(tmp_path / "cat.mp4")
    (tmp_path / "cat.txt").write_text(text(BOXES[:-1]))
    with pytest.raises(SequenceError, match=r"cat\.mp4: 12 frames where cat\.txt has 11 rows"):
        opened(tmp_path)["cat"].open_frames()


def test_a_damaged_video_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cat.mp4").write_bytes(bytes(1000))
    (tmp_path / "cat.txt").write_text(text(BOXES))
    with pytest.raises(SequenceError, match=r"cat\.mp4 is not a video that OpenCV can read"):
        opened(tmp_path)["cat"].open_frames()


@pytest.mark.parametrize("frames", ["data/{sequence}", "data/{sequence}.mp4"])
def test_ground_truth_in_another_folder(tmp_path: Path, frames: str) -> None:
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


def test_settings_that_lead_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="ground_truth leads out of the folder"):
        opened(tmp_path, 'one_based = true\nground_truth = "../{sequence}.txt"\n')


# Frames of videos


def test_any_order_of_frames_gives_the_same_frames(tmp_path: Path) -> None:
    write_movie(tmp_path / "cat.mp4", 40)
    frames = VideoFrames(tmp_path / "cat.mp4")
    assert len(frames) == 40
    order = np.random.default_rng(0).permutation(40).tolist()
    assert [number_of(frames[index]) for index in order] == order
    stretch = VideoFrames(tmp_path / "cat.mp4", first=30, count=5)
    assert [number_of(stretch[index]) for index in range(5)] == [30, 31, 32, 33, 34]
    assert stretch.fingerprint() != frames.fingerprint()


def test_a_frame_beyond_the_end_is_named(tmp_path: Path) -> None:
    write_movie(tmp_path / "cat.mp4")
    with pytest.raises(SequenceError, match="frame 14 cannot be decoded; the video ends after 12 frames"):
        VideoFrames(tmp_path / "cat.mp4", 0, 20)[13]


# What columns are


def corners(boxes: Any) -> Any:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def centered(boxes: Any) -> Any:
    return np.concatenate([boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:]], axis=1)


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
def test_declared_columns(tmp_path: Path, form: Any, declared: str) -> None:
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
def test_a_csv_file_with_a_header(tmp_path: Path, header: str, form: Any) -> None:
    write_images(tmp_path / "cat")
    (tmp_path / "cat" / "groundtruth.csv").write_text(f"{header}\n" + text(form(BOXES)))
    assert_whole(opened(tmp_path), "cat")


def test_frame_numbers_with_gaps_leave_the_target_absent(tmp_path: Path) -> None:
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


def test_an_unknown_header_is_named(tmp_path: Path) -> None:
    write_images(tmp_path / "cat")
    (tmp_path / "cat" / "groundtruth.csv").write_text("a,b,c,d\n" + text(BOXES))
    with pytest.raises(SequenceError, match=r"groundtruth\.csv: its header names no box; write x,y,w,h"):
        opened(tmp_path)["cat"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('columns = "yxhw"', "columns is 'yxhw'; it takes xywh, xyxy, cxcywh"),
        ("skip_columns = -1", "skip_columns is -1"),
        ("normalized = 1", "normalized is 1; write true or false"),
        ('frames = "frames"', "frames has no {sequence} in it"),
        ("title = 1", "title is no text"),
        ("[attributes]\ncat = 1", "attributes is no table such as"),
    ],
)
def test_settings_that_are_not_understood(tmp_path: Path, line: str, expected: str) -> None:
    with pytest.raises(UserError) as error:
        opened(tmp_path, f"one_based = true\n{line}\n")
    assert expected in str(error.value)


# Formats


def mot_rows(targets: dict[int, range]) -> str:
    rows = [
        [k + 1, target, *(BOXES[k] + [1, 1, 0, 0]), 1, 1, 1.0] for target, ks in targets.items() for k in ks
    ]
    return text(sorted(rows))


def test_motchallenge(tmp_path: Path) -> None:
    write_images(tmp_path / "MOT-02" / "img1")
    gt = tmp_path / "MOT-02" / "gt"
    gt.mkdir()
    ignored = text([[1, 9, 5, 5, 5, 5, 0, 12, 0.5]])
    (gt / "gt.txt").write_text(mot_rows({1: range(FRAMES), 4: range(3, 9)}) + ignored)
    data = opened(tmp_path, "one_based = true\n")
    assert data.names() == ("MOT-02.1", "MOT-02.4")
    assert_whole(data, "MOT-02.1")
    assert_whole(data, "MOT-02.4", BOXES[3:9], first=3)


def test_mot_rows_twice_in_one_frame(tmp_path: Path) -> None:
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
def test_cvat_with_all_frames(tmp_path: Path, video: bool) -> None:
    boxes = "".join(map(cvat_box, range(FRAMES)))
    if video:
        write_movie(tmp_path / "cat.mp4")
        (tmp_path / "cat.xml").write_text(cvat(f'<track id="0" label="cat">{boxes}</track>'))
    else:
        write_images(tmp_path / "cat")
        (tmp_path / "cat" / "annotations.xml").write_text(cvat(f'<track id="0" label="cat">{boxes}</track>'))
    assert_whole(opened(tmp_path, None), "cat")


def test_cvat_with_keyframes_and_absence(tmp_path: Path) -> None:
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
        ("<other/>", "no file of CVAT"),
        ("<annotations>", "no valid XML"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><annotations/>", "declares entities"),
        ("<annotations><track id='3'><polygon/></track></annotations>", "track 3 has no rectangles"),
        (
            "<annotations><track id='3'><box frame='x'/></track></annotations>",
            "track 3 lacks a frame or a corner",
        ),
    ],
)
def test_what_is_no_cvat_video(tmp_path: Path, content: str, expected: str) -> None:
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
def test_coco_of_videos(tmp_path: Path, per_image: bool, images: str) -> None:
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


def test_coco_images_outside_of_the_folder(tmp_path: Path) -> None:
    content = coco_images()
    content["images"][-1]["file_name"] = "../../secret.png"
    (tmp_path / "annotations.json").write_text(json.dumps(content))
    with pytest.raises(SequenceError, match="names an image outside of its folder"):
        opened(tmp_path, None)["cat"].open_frames()


def test_coco_without_videos_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"videos": 3, "annotations": []}')
    with pytest.raises(UserError, match=r"a\.json: no COCO file of videos"):
        opened(tmp_path, None)


def labelme(number: int, label: str = "cat") -> str:
    left, top, right, bottom = corners(BOXES)[number].tolist()
    shape = {"label": label, "points": [[right, bottom], [left, top]], "shape_type": "rectangle"}
    return json.dumps({"version": "5.4.1", "shapes": [shape], "imageWidth": 64, "imageHeight": 48})


def test_labelme(tmp_path: Path) -> None:
    write_images(tmp_path / "cat")
    for number in range(FRAMES):
        if number != 5:
            (tmp_path / "cat" / f"{number + 1:06}.json").write_text(labelme(number))
    data = opened(tmp_path, None)
    expected = BOXES.copy()
    expected[5] = np.nan
    assert_whole(data, "cat", expected)


def test_labelme_of_two_targets(tmp_path: Path) -> None:
    write_images(tmp_path / "yard")
    for number in range(4):
        (tmp_path / "yard" / f"{number + 1:06}.json").write_text(
            labelme(number, "cat" if number % 2 else "a dog")
        )
    assert opened(tmp_path, None).names() == ("yard.a-dog", "yard.cat")


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
def test_flags_of_absence(tmp_path: Path, files: dict[str, str], absent: list[int] | None) -> None:
    write_images(tmp_path / "cat")
    (tmp_path / "cat" / "groundtruth.txt").write_text(text(BOXES))
    for name, content in files.items():
        (tmp_path / "cat" / name).write_text(content)
    flags = opened(tmp_path)["cat"].absent
    assert (flags is None) == (absent is None)
    assert flags is None or np.flatnonzero(flags).tolist() == absent


def test_flags_of_another_length_are_refused(tmp_path: Path) -> None:
    write_images(tmp_path / "cat")
    (tmp_path / "cat" / "groundtruth.txt").write_text(text(BOXES))
    (tmp_path / "cat" / "absence.label").write_text("0\n")
    with pytest.raises(SequenceError, match=r"absence\.label: 1 rows"):
        opened(tmp_path)["cat"]


def test_attributes_beside_ground_truth_and_declared(tmp_path: Path) -> None:
    for name in ("cat", "dog", "elk"):
        write_images(tmp_path / name)
        (tmp_path / name / "groundtruth.txt").write_text(text(BOXES))
    (tmp_path / "cat" / "attributes.txt").write_text("OCC, FM\n")
    data = opened(tmp_path, 'one_based = false\n[attributes]\ndog = ["FM", "LR"]\n')
    assert data.attributes == ("OCC", "FM", "LR")
    assert [data[name].attributes for name in data.names()] == [("OCC", "FM"), ("FM", "LR"), ()]
    assert pickle.loads(pickle.dumps(data)).attributes == ("OCC", "FM", "LR")
