"""Targets: annotations of videos in the formats of other tools."""

from __future__ import annotations

import json

import numpy as np

from benchmarks.box_columns import BOX_FORMS, Columns
from benchmarks.datasets.annotations.coco import read_coco
from benchmarks.datasets.annotations.cvat import read_cvat
from benchmarks.datasets.annotations.labelme import parse_labelme
from benchmarks.datasets.annotations.text import named_columns, read_tracks
from benchmarks.datasets.annotations.track import Track
from tests.fuzz.target import Target, choice, text_of

_COLUMNS = [
    Columns(form, skip, normalized)
    for form in BOX_FORMS
    for skip in (0, 1, 2)
    for normalized in (False, True)
]


def _check_track(track: Track) -> None:
    rows = len(track.boxes)
    assert rows
    assert track.first >= 0
    assert track.boxes.shape == (rows, 4)
    assert track.absent is None or track.absent.shape == (rows,)
    assert len(track.images) in (0, rows)


def _check_tracks(data: bytes) -> None:
    number, rest = choice(data)
    text = text_of(rest)
    columns = named_columns(text, "file") or _COLUMNS[number % len(_COLUMNS)]
    for track in read_tracks(text, "file", columns, (64, 48), mot=number > 127):
        _check_track(track)


def _check_coco(data: bytes) -> None:
    for tracks in read_coco(text_of(data), "file").values():
        for track in tracks:
            _check_track(track)


def _check_cvat(data: bytes) -> None:
    for track in read_cvat(text_of(data), "file"):
        _check_track(track)


def _check_labelme(data: bytes) -> None:
    boxes, size = parse_labelme(text_of(data), "file")
    assert all(box.shape == (4,) and not (box[2:] < 0).any() for box in boxes.values())
    assert size is None or all(isinstance(number, int) for number in size)
    assert np.array(list(boxes.values())).dtype == np.float64


_COCO = {
    "videos": [{"id": 1, "name": "a"}],
    "images": [{"id": 1, "video_id": 1, "frame_id": 0, "file_name": "a.png", "width": 8, "height": 6}],
    "annotations": [{"id": 1, "image_id": 1, "track_id": 1, "bbox": [1, 2, 3, 4]}],
}
_YOUTUBE = {
    "videos": [{"id": 1, "file_names": ["a/0.png", "a/1.png"]}],
    "annotations": [{"id": 1, "video_id": 1, "bboxes": [[1, 2, 3, 4], None]}],
}
_CVAT = (
    b"<annotations><track id='0'><box frame='0' xtl='1' ytl='2' xbr='3' ybr='4' outside='0'/>"
    b"<box frame='2' xtl='1' ytl='2' xbr='3' ybr='4' outside='1'/></track></annotations>"
)
_LABELME = {"shapes": [{"label": "a", "points": [[1, 2], [3, 4]]}], "imageWidth": 8, "imageHeight": 6}
_JSON = (b"null", b"NaN", b"1e999", b"[]", b"{}", b'""', b"-1", b"true")

TRACKS = Target(
    "tracks",
    _check_tracks,
    lambda: [
        b"\x00frame,x1,y1,x2,y2\n1,2,3,4,5\n",
        b"\xff1,1,2,3,4,5,1,-1,-1\n3,1,2,3,4,5,0,-1,-1\n",
        b"\x001 2 3 4\n",
    ],
    (b"nan", b"None", b",", b"x,y,w,h", b"absent", b"1e9"),
)
COCO = Target(
    "coco",
    _check_coco,
    lambda: [json.dumps(each).encode() for each in (_COCO, _YOUTUBE)],
    (*_JSON, b'"videos"', b'"images"', b'"annotations"', b'"bboxes"', b'"track_id"', b'"file_names"'),
)
CVAT = Target(
    "cvat",
    _check_cvat,
    lambda: [_CVAT],
    (
        b"<track",
        b"<box",
        b"frame=",
        b"outside='1'",
        b"xtl=",
        b"<image",
        b"<!DOCTYPE",
        b"&#0;",
        b"nan",
        b"99999999",
    ),
)
LABELME = Target(
    "labelme",
    _check_labelme,
    lambda: [json.dumps(_LABELME).encode()],
    (*_JSON, b'"shapes"', b'"points"', b'"label"', b'"group_id"'),
)
