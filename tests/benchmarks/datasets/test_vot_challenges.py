"""VOT2019 to VOT2022 and the long-term data sets: lists, layouts, masks, anchors, absence."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.datasets import open_dataset
from benchmarks.datasets.disk_dataset import read_metadata
from benchmarks.datasets.sequence import SequenceError
from benchmarks.datasets.vot_truth import mask_box, parse_vot_truth
from trackers.errors import UserError

COUNTS = {"vot2019": 60, "vot2020": 60, "vot2021": 60, "vot2022": 62, "vot2018-lt": 35, "vot2019-lt": 50}


def write_sequence(folder: Path, lines: list[str], properties: str = "width=64\nheight=48\n") -> Path:
    folder.mkdir(parents=True)
    (folder / "groundtruth.txt").write_text("\n".join(lines) + "\n")
    (folder / "sequence").write_text(properties)
    return folder


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_lists_have_the_challenges_sequences(tmp_path, name, count):
    (tmp_path / name).mkdir()
    data = open_dataset(name, tmp_path)
    assert len(set(data.all_names)) == len(data.all_names) == count
    assert data.names() == ()


def test_changes_between_challenges(tmp_path):
    for name in COUNTS:
        (tmp_path / name).mkdir()
    names = {name: set(open_dataset(name, tmp_path).all_names) for name in COUNTS}
    assert names["vot2020"] - names["vot2019"] == {"hand02"}
    assert names["vot2019"] - names["vot2020"] == {"pedestrian1"}
    assert names["vot2022"] - names["vot2021"] == {"bubble", "tennis"}
    assert names["vot2018-lt"] < names["vot2019-lt"]


@pytest.mark.parametrize("place", ["vot2022/{}", "vot2022/sequences/{}", "sequences/{}"])
def test_workspace_of_the_toolkit_is_found(tmp_path, place):
    folder = write_sequence(
        tmp_path / place.format("agility"), ["1,2,3,4"] * 3, "channels.color=color/%08d.jpg\n"
    )
    (folder / "color").mkdir()
    for number in (1, 2, 3):
        Image.new("RGB", (32, 24)).save(folder / "color" / f"{number:08}.jpg")
    data = open_dataset("vot2022", tmp_path)
    assert data.names() == ("agility",)
    sequence = data["agility"]
    assert (len(sequence.frames()), sequence.size) == (3, (32, 24))
    assert sequence.polygons is None
    assert sequence.absent is None


def test_frames_are_where_the_properties_say(tmp_path):
    folder = write_sequence(tmp_path / "vot2020/agility", ["1,2,3,4"], "channels.color=rgb/%08d.jpg\n")
    for place in ("rgb", "color"):
        (folder / place).mkdir()
    Image.new("RGB", (32, 24)).save(folder / "rgb" / "00000001.jpg")
    assert open_dataset("vot2020", tmp_path)["agility"].frames()[0].shape == (24, 32, 3)
    (folder / "sequence").write_text("channels.color=../rgb/%08d.jpg\n")
    with pytest.raises(SequenceError, match="color: 1 of 1 frame is missing"):
        open_dataset("vot2020", tmp_path)["agility"].frames()


def test_masks_are_read_as_the_boxes_around_them(tmp_path):
    # 4 x 3 pixels at (10, 20): one outside, two inside, one outside, four inside, two outside, one inside.
    lines = ["m10,20,4,3,1,2,1,4,2,1", "m0,0,0,0,0", "5,6,7,8"]
    write_sequence(tmp_path / "vot2020/agility", lines)
    sequence = open_dataset("vot2020", tmp_path)["agility"]
    np.testing.assert_array_equal(sequence.truth, [[10, 20, 4, 3], [np.nan] * 4, [5, 6, 7, 8]])
    assert sequence.truth_from_masks
    assert sequence.polygons is None


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("m3,4,5,2,0,10", [3, 4, 5, 2]),
        ("m3,4,5,2,7,1", [5, 5, 1, 1]),
        ("m3,4,5,2,4,2", [3, 4, 5, 2]),  # the last pixel of a row and the first of the next
        ("m-2,0,3,1,1,1,1", [-1, 0, 1, 1]),
        ("m3,4,5,2,10", [np.nan] * 4),
    ],
)
def test_box_around_a_mask(text, box):
    np.testing.assert_array_equal(mask_box(text, "here"), box)


def test_box_around_a_mask_equals_that_of_its_pixels():
    rng = np.random.default_rng(0)
    for _ in range(50):
        width, height = rng.integers(1, 9, 2).tolist()
        pixels = rng.random(height * width) < 0.3
        changes = np.flatnonzero(np.diff(np.concatenate([[False], pixels]).astype(int))).tolist()
        runs = np.diff([0, *changes, width * height]).tolist()
        rows, columns = np.nonzero(pixels.reshape(height, width))
        box = mask_box(f"m2,3,{width},{height},{','.join(map(str, runs))}", "here")
        if len(rows):
            left, top = columns.min(), rows.min()
            extent = columns.max() - left + 1, rows.max() - top + 1
            np.testing.assert_array_equal(box, [2 + left, 3 + top, *extent])
        else:
            assert np.isnan(box).all()


@pytest.mark.parametrize("text", ["m1,2,3", "m1,2,3,x,4", "m0,0,2,2,1,9", "m0,0,-1,2,0", "m0,0,2,2,-1,3"])
def test_damaged_mask_is_refused(text):
    with pytest.raises(UserError, match=r"^here is (not )?a mask"):
        mask_box(text, "here")


def test_regions_of_several_kinds():
    truth = parse_vot_truth("0\n0,0,4,0,4,2,0,2\nnan,nan,nan,nan,nan,nan,nan,nan\n", "here")
    np.testing.assert_array_equal(truth.boxes[1], [-0.5, -0.5, 5, 3])
    assert np.isnan(truth.boxes[[0, 2]]).all()
    assert truth.polygons is not None
    assert np.isnan(truth.polygons[0]).all()
    assert parse_vot_truth("0\n1,2,3,4\n", "here").polygons is None
    with pytest.raises(UserError, match=r"here: region 2"):
        parse_vot_truth("0\n1,2,3\n", "here")


def test_anchors_are_read_and_padded(tmp_path):
    folder = write_sequence(tmp_path / "vot2021/agility", ["1,2,3,4"] * 4)
    assert open_dataset("vot2021", tmp_path)["agility"].anchors is None
    (folder / "anchor.value").write_text("1\n0\n-1\n")
    assert open_dataset("vot2021", tmp_path)["agility"].anchors.tolist() == [1, 0, -1, 0]
    for text in ("1\n" * 5, "1\nnan\n", "1\nx\n"):
        (folder / "anchor.value").write_text(text)
        with pytest.raises(SequenceError, match=r"anchor\.value"):
            open_dataset("vot2021", tmp_path)["agility"]


def test_target_is_absent_where_the_truth_is_nan(tmp_path):
    lines = ["1,2,3,4", "nan,nan,nan,nan", "NaN,NaN,NaN,NaN"] + ["1,2,3,4"] * 1386
    write_sequence(tmp_path / "vot2019-lt/ballet", lines)
    sequence = open_dataset("vot2019-lt", tmp_path)["ballet"]
    assert np.flatnonzero(sequence.absent).tolist() == [1, 2]
    assert sequence.tags == {}


def test_known_length_is_checked(tmp_path):
    write_sequence(tmp_path / "vot2018-lt/ballet", ["1,2,3,4"] * 9)
    with pytest.raises(SequenceError, match="9 rows, expected 1389"):
        open_dataset("vot2018-lt", tmp_path)["ballet"]
    write_sequence(tmp_path / "vot2022/tennis", ["1,2,3,4"] * 9, "length=10\n")
    with pytest.raises(SequenceError, match="9 rows, expected 10"):
        open_dataset("vot2022", tmp_path)["tennis"]


def test_size_is_a_known_fact_without_frames(tmp_path):
    write_sequence(tmp_path / "vot2019/agility", ["0,0,4,0,4,2,0,2"] * 100, "")
    assert open_dataset("vot2019", tmp_path)["agility"].size == (854, 480)


def test_short_tags_end_early(tmp_path):
    folder = write_sequence(tmp_path / "vot2019/graduate", ["0,0,4,0,4,2,0,2"] * 844)
    (folder / "occlusion.tag").write_text("1\n" * 768)
    tags = open_dataset("vot2019", tmp_path)["graduate"].tags
    assert tags["occlusion"].sum() == 768
    assert tags["empty"].sum() == 844 - 768


@pytest.mark.shared
def test_real_annotations_of_vot2019_are_complete(shared):
    data = open_dataset("vot2019", shared / "annotations")
    assert list(data.all_names) == (shared / "annotations/vot2019/list.txt").read_text().split()
    sequences = [data[name] for name in data.names()]
    assert sum(len(sequence.truth) for sequence in sequences) == 19_935
    assert all(sequence.size for sequence in sequences)
    boxes = [sequence.name for sequence in sequences if sequence.polygons is None]
    assert boxes == ["conduction1"], "its file holds boxes"


@pytest.mark.shared
def test_facts_equal_the_lists(shared):
    for name, file in (("vot2019", "VOT2019"), ("vot2022", "VOT2022"), ("vot2018-lt", "VOT2018-LT")):
        theirs = (shared / "lists" / f"{file}.csv").read_text().splitlines()
        ours = read_metadata(f"{name.replace('-', '_')}.csv")
        for row, fact in zip(csv.DictReader(theirs), ours, strict=True):
            assert fact.items() <= row.items()
