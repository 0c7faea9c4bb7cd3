from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trackers.errors import UserError
from trackers.training.sources.coco import read

SQUARE = [10.5, 20, 60.5, 20, 60.5, 80, 10.5, 80]
OBJECT: dict[str, Any] = {
    "id": 7,
    "image_id": 1,
    "iscrowd": 0,
    "area": 3000.0,
    "bbox": [10.5, 20, 50, 60],
    "segmentation": [SQUARE],
}


def write(root: Path, objects: list[Any]) -> Path:
    """Writes a data set of two images, the second of which is missing."""
    (root / "annotations").mkdir()
    (root / "train2017").mkdir()
    (root / "train2017" / "000000000001.jpg").touch()
    images = [{"id": number, "file_name": f"{number:012d}.jpg"} for number in (1, 2)]
    path = root / "annotations" / "instances_train2017.json"
    path.write_text(json.dumps({"images": images, "annotations": objects}))
    return path


def test_objects_become_clips_with_outlines(tmp_path: Path) -> None:
    parts = [SQUARE, [0, 0, 5, 5, 0, 5], [1, 1, 2, 2]]
    others = [
        {**OBJECT, "id": 8, "segmentation": parts},
        {**OBJECT, "id": 9, "segmentation": {"counts": [1, 2], "size": [3, 1]}},
        {name: value for name, value in OBJECT.items() if name != "segmentation"} | {"id": 10},
    ]
    write(tmp_path, [OBJECT, *others])
    clips = read(tmp_path, pytest.fail)
    assert [clip.name for clip in clips] == [f"000000000001/{number}" for number in (7, 8, 9, 10)]
    assert clips[0].files == (tmp_path / "train2017" / "000000000001.jpg",)
    np.testing.assert_array_equal(clips[0].boxes, [[10.5, 20, 50, 60]])
    np.testing.assert_array_equal(clips[0].polygons[0], [[10.5, 20], [60.5, 20], [60.5, 80], [10.5, 80]])
    assert [len(clip.polygons) for clip in clips] == [1, 2, 0, 0]  # two points enclose no area


def test_crowds_and_small_objects_are_skipped(tmp_path: Path) -> None:
    others = [
        {**OBJECT, "id": 8, "iscrowd": 1},
        {**OBJECT, "id": 9, "area": 1023.9},
        {**OBJECT, "id": 10, "bbox": [0, 0, 500, 7]},
    ]
    write(tmp_path, [OBJECT, *others])
    assert [clip.name for clip in read(tmp_path, pytest.fail)] == ["000000000001/7"]


@pytest.mark.parametrize(
    "damage",
    [
        {"bbox": [1, 2, 0, 40]},
        {"bbox": [1, 2, float("nan"), 40]},
        {"bbox": [1, 2, 3]},
        {"bbox": [1, 2, 10**400, 40]},
        {"bbox": "none"},
        {"bbox": None},
        {"area": "large"},
        {"image_id": 99},
        {"image_id": [1]},
        {"segmentation": [[1, 2, 3]]},
        {"segmentation": [[1, 2, 3, float("inf"), 5, 6]]},
        {"segmentation": [["a", "b"]]},
        {"segmentation": [{}]},
    ],
)
def test_damaged_objects_are_reported_and_skipped(tmp_path: Path, damage: dict[str, Any]) -> None:
    path = write(tmp_path, [OBJECT, {**OBJECT, "id": 8, **damage}])
    said: list[str] = []
    [clip] = read(tmp_path, said.append)
    assert clip.name == "000000000001/7"
    assert said == [f"{path} has 1 invalid object, such as 8; it is skipped"]


def test_one_message_per_kind_of_error(tmp_path: Path) -> None:
    missing = [{**OBJECT, "image_id": 2, "id": number} for number in range(20, 25)]
    path = write(tmp_path, [*missing, None, {}, 3, OBJECT, {**OBJECT, "bbox": []}])
    said: list[str] = []
    assert len(read(tmp_path, said.append)) == 1
    assert said == [
        f"{tmp_path / 'train2017'} lacks 1 image, such as 000000000002.jpg; it is skipped",
        f"{path} has 4 invalid objects, such as one without a number; they are skipped",
    ]


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"images": [3], "annotations": []}', '{"images": [], "annotations": 3}', "[" * 100_000],
)
def test_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    path = write(tmp_path, [])
    path.write_text(content)
    with pytest.raises(UserError, match=r"instances_train2017.json is damaged or is not COCO's") as caught:
        read(tmp_path, print)
    assert "\n" not in str(caught.value)


def test_missing_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"instances_train2017.json or .*train2017 does not exist"):
        read(tmp_path, print)
    write(tmp_path, [])
    with pytest.raises(UserError, match="holds no image"):
        read(tmp_path, print)
