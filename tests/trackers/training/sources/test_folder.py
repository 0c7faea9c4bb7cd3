import json
from pathlib import Path

import numpy as np
import pytest
from training_images import write_images

from trackers.errors import UserError
from trackers.training.sources.folder import read


def test_reads_videos_outlines_and_single_images(tmp_path: Path) -> None:
    said: list[str] = []
    clips = {clip.name: clip for clip in read(write_images(tmp_path), said.append)}
    assert set(clips) == {"json/a", "text/b", "outlines/c.png/0", *[f"alone/d{i}.png" for i in range(3)]}
    np.testing.assert_array_equal(clips["json/a"].boxes[3], [13, 20, 16, 12])
    np.testing.assert_array_equal(clips["text/b"].boxes[2], [30, 12, 12, 14])
    assert clips["text/b"].files[2].name == "002.png"
    assert clips["outlines/c.png/0"].polygons[0].tolist() == [[20, 15], [50, 15], [50, 35], [20, 35]]
    assert np.isnan(clips["alone/d0.png"].boxes).all()
    assert said == []


def test_objects_are_followed_by_class(tmp_path: Path) -> None:
    frame = [{"class": "cat", "box_xywh": [0, 0, 9, 9]}, {"class": "dog", "box_xywh": [5, 5, 20, 20]}]
    two_cats = [*frame, {"class": "cat", "box_xywh": [1, 1, 9, 9]}]
    shots = {"s": [{"file": "0.jpg", "objects": frame}, {"file": "1.jpg", "objects": two_cats}]}
    (tmp_path / "boxes.json").write_text(json.dumps({"shots": shots}))
    clips = {clip.name.rpartition("/")[2]: clip for clip in read(tmp_path, print)}
    assert [len(clips[name].files) for name in ("cat", "dog")] == [1, 2]


@pytest.mark.parametrize(
    ("box", "sentence"),
    [
        ([1, 2, 3], "a box of 3 numbers"),
        ([1, 2, 0, 40], "a box that is not usable"),
        ([1, 2, float("nan"), 40], "a box that is not usable"),
        (["x", 2, 3, 4], "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_unusable_boxes_are_reported_and_skipped(tmp_path: Path, box: object, sentence: str) -> None:
    frames = [{"file": "0.jpg", "box_xywh": box}, {"file": "1.jpg", "box_xywh": [1, 2, 30, 40]}]
    (tmp_path / "boxes.json").write_text(json.dumps({"sequences": {"s": frames}}))
    said: list[str] = []
    (clip,) = read(tmp_path, said.append)
    assert [path.name for path in clip.files] == ["1.jpg"]
    assert len(said) == 1
    assert sentence in said[0]


@pytest.mark.parametrize("text", ["{", "[1, 2]", '{"sequences": 5}'])
def test_damaged_description_is_reported(tmp_path: Path, text: str) -> None:
    write_images(tmp_path)
    (tmp_path / "json" / "boxes.json").write_text(text)
    said: list[str] = []
    assert "json/a" not in {clip.name for clip in read(tmp_path, said.append)}
    assert len(said) == 1
    assert "boxes.json is not a description of boxes" in said[0]


def test_damaged_and_short_ground_truth(tmp_path: Path) -> None:
    write_images(tmp_path)
    truth = tmp_path / "text" / "b" / "groundtruth.txt"
    said: list[str] = []
    truth.write_text("30,10,12,14\n30,11,12,14\n")
    assert {len(c.files) for c in read(tmp_path, said.append) if c.name == "text/b"} == {2}
    truth.write_text("30,10,12\n")
    assert "text/b" not in {c.name for c in read(tmp_path, said.append)}
    assert "has 2 rows for 14 images" in said[0]
    assert "its video is skipped" in said[1]


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        read(tmp_path / "absent", print)
    with pytest.raises(UserError, match="holds no images to train on"):
        read(tmp_path, print)
