"""VOT2017 and VOT2018: polygons, tags, layouts, and the real data."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.datasets import open_dataset
from benchmarks.datasets.sequence import SequenceError

TAGS = ["camera_motion", "illum_change", "occlusion", "size_change", "motion_change", "empty"]


def write_bag(root: Path, place: str = "vot2017", row: str = "0,0,4,0,4,2,0,2", rows: int = 196) -> Path:
    folder = root / place / "bag"
    folder.mkdir(parents=True)
    (folder / "groundtruth.txt").write_text(f"{row}\n" * rows)
    return folder


def test_list_matches_the_published_one(tmp_path: Path) -> None:
    (tmp_path / "vot2017").mkdir()
    data = open_dataset("vot2017", tmp_path)
    assert len(set(data.all_names)) == 60
    assert data.all_names[:3] == ("ants1", "ants3", "bag")
    assert data.names() == ()


def test_polygons_are_kept_beside_upright_boxes(tmp_path: Path) -> None:
    write_bag(tmp_path)
    sequence = open_dataset("vot2017", tmp_path)["bag"]
    assert sequence.polygons is not None
    np.testing.assert_array_equal(sequence.polygons[195], [0, 0, 4, 0, 4, 2, 0, 2])
    np.testing.assert_array_equal(sequence.truth[0], [-0.5, -0.5, 5, 3])
    assert sequence.attributes == ()


def test_box_ground_truth_has_no_polygons(tmp_path: Path) -> None:
    write_bag(tmp_path, row="10,20,4,2")
    sequence = open_dataset("vot2017", tmp_path)["bag"]
    np.testing.assert_array_equal(sequence.truth[0], [10, 20, 4, 2])
    assert sequence.polygons is None


def test_tags_are_padded_and_empty_is_the_rest(tmp_path: Path) -> None:
    folder = write_bag(tmp_path)
    (folder / "occlusion.tag").write_text("0\n1\n1\n")
    (folder / "size_change.tag").touch()
    (folder / "camera_motion.tag").write_text("1\n" + "0\n" * 195)
    tags = open_dataset("vot2017", tmp_path)["bag"].tags
    assert list(tags) == TAGS
    assert {name: np.flatnonzero(frames).tolist() for name, frames in tags.items() if name != "empty"} == {
        "camera_motion": [0],
        "illum_change": [],
        "occlusion": [1, 2],
        "size_change": [],
        "motion_change": [],
    }
    np.testing.assert_array_equal(np.flatnonzero(tags["empty"]), np.arange(3, 196))

    (folder / "occlusion.tag").write_text("0\n2\n")
    with pytest.raises(SequenceError, match=r"occlusion\.tag has '2' where 0 or 1 is expected"):
        open_dataset("vot2017", tmp_path)["bag"]


def test_sequence_is_pickled_and_copied_with_its_tags(tmp_path: Path) -> None:
    folder = write_bag(tmp_path)
    (folder / "occlusion.tag").write_text("0\n1\n1\n")
    Image.new("RGB", (8, 6), "red").save(folder / "00000001.jpg")
    for number in range(2, 197):
        (folder / f"{number:08}.jpg").hardlink_to(folder / "00000001.jpg")
    sequence = open_dataset("vot2017", tmp_path)["bag"]
    for again in (pickle.loads(pickle.dumps(sequence)), copy.deepcopy(sequence)):
        np.testing.assert_array_equal(again.polygons, sequence.polygons)
        assert np.flatnonzero(again.tags["occlusion"]).tolist() == [1, 2]
        assert again.frames()[195].shape == (6, 8, 3)


@pytest.mark.parametrize("place", ["", "color"])
def test_frames_are_found_in_folder_or_color(tmp_path: Path, place: str) -> None:
    images = write_bag(tmp_path) / place
    images.mkdir(exist_ok=True)
    for number in range(1, 197):
        (images / f"{number:08}.jpg").touch()
    Image.new("RGB", (32, 24)).save(images / "00000001.jpg")
    sequence = open_dataset("vot2017", tmp_path)["bag"]
    assert len(sequence.open_frames()) == 196
    assert sequence.size == (32, 24)


def test_image_size_comes_from_the_sequence_file(tmp_path: Path) -> None:
    folder = write_bag(tmp_path)
    assert open_dataset("vot2017", tmp_path)["bag"].size is None
    (folder / "sequence").write_text("name=bag\nwidth=480\nheight = 360\n")
    assert open_dataset("vot2017", tmp_path)["bag"].size == (480, 360)
    (folder / "sequence").write_text(f"width={'9' * 5000}\nheight=360\n")
    assert open_dataset("vot2017", tmp_path)["bag"].size is None


@pytest.mark.parametrize("place", ["vot2017", "vot2018"])
def test_vot2018_has_the_same_frames(tmp_path: Path, place: str) -> None:
    write_bag(tmp_path, place)
    assert open_dataset("vot2018", tmp_path).names() == ("bag",)
    assert open_dataset("vot2018", tmp_path).name == "vot2018"


def test_truncated_ground_truth_is_refused(tmp_path: Path) -> None:
    write_bag(tmp_path, rows=195)
    with pytest.raises(SequenceError, match="195 rows, expected 196"):
        open_dataset("vot2017", tmp_path)["bag"]


@pytest.mark.shared
def test_real_annotations_are_complete(shared: Path) -> None:
    data = open_dataset("vot2017", shared / "annotations")
    assert data.names() == data.all_names
    assert list(data.all_names) == (shared / "annotations/vot2017/list.txt").read_text().split()
    sequences = [data[name] for name in data.names()]
    assert sum(len(sequence.truth) for sequence in sequences) == 21_356
    assert [s.name for s in sequences if s.polygons is None] == ["conduction1"], "its file holds boxes"
    for sequence in sequences:
        tagged = np.stack(list(sequence.tags.values()))
        assert tagged.any(axis=0).all(), sequence.name
        assert not (tagged[:-1].any(axis=0) & tagged[-1]).any(), sequence.name
        assert sequence.size is not None
    counts = {tag: sum(int(s.tags[tag].sum()) for s in sequences) for tag in TAGS}
    in_files = {tag: _ones(shared / "annotations/vot2017", f"{tag}.tag") for tag in TAGS[:-1]}
    assert {tag: counts[tag] for tag in TAGS[:-1]} == in_files


def _ones(folder: Path, name: str) -> int:
    return sum(path.read_text().count("1") for path in folder.glob(f"*/{name}"))


@pytest.mark.shared
def test_real_frames_match_their_ground_truth(shared: Path) -> None:
    sequence = open_dataset("vot2017", shared / "datasets")["bag"]
    frames = sequence.open_frames()
    assert len(frames) == len(sequence.truth) == 196
    assert frames[0].shape[1::-1] == sequence.size
