"""OTB2015 and its subsets: lists, frame ranges, and the real data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets import open_dataset
from benchmarks.datasets.otb import OTB2015
from benchmarks.datasets.sequence import SequenceError
from benchmarks.datasets.target_list import TargetEntry
from trackers.errors import UserError


def write_target(
    root: Path, folder: str, rows: int, truth: str = "groundtruth_rect.txt", sep: str = ","
) -> None:
    place = root / "otb2015" / folder
    (place / "img").mkdir(parents=True, exist_ok=True)
    lines = [sep.join(map(str, (number, 2 * number, 30, 40))) for number in range(1, rows + 1)]
    (place / truth).write_text("\n".join(lines) + "\n")


def add_images(root: Path, folder: str, first: int, last: int, digits: int = 4) -> None:
    for number in range(first, last + 1):
        (root / "otb2015" / folder / "img" / f"{number:0{digits}}.jpg").touch()


def test_list_matches_the_published_one(tmp_path: Path) -> None:
    (tmp_path / "otb2015").mkdir()
    data = OTB2015(tmp_path)
    assert len(data.all_names) == len(set(data.all_names)) == 100
    assert data.names() == ()
    # 59,040 frames in total (Wu, Lim, Yang 2015), including the 5 of Tiger1 that the protocol omits.
    assert sum(target.last - target.truth_starts + 1 for target in data.targets.values()) == 59_040
    share = {name: sum(name in t.attributes for t in data.targets.values()) for name in ("SV", "OCC", "LR")}
    assert share == {"SV": 65, "OCC": 49, "LR": 10}


def test_boxes_become_zero_based(tmp_path: Path) -> None:
    write_target(tmp_path, "Deer", 71, sep="\t")
    sequence = open_dataset("otb2015", tmp_path)["Deer"]
    np.testing.assert_array_equal(sequence.truth[:2], [[0, 1, 30, 40], [1, 3, 30, 40]])
    assert sequence.attributes == ("MB", "FM", "IPR", "BC", "LR")


@pytest.mark.parametrize(
    ("name", "folder", "truth", "rows", "first", "last", "row_of_first"),
    [
        ("David", "David", "groundtruth_rect.txt", 471, 300, 770, 1),
        ("Football1", "Football1", "groundtruth_rect.txt", 74, 1, 74, 1),
        ("BlurCar1", "BlurCar1", "groundtruth_rect.txt", 742, 247, 988, 1),
        ("Tiger1", "Tiger1", "groundtruth_rect.txt", 354, 6, 354, 6),
        ("Jogging.2", "Jogging", "groundtruth_rect.2.txt", 307, 1, 307, 1),
        ("Human4", "Human4", "groundtruth_rect.2.txt", 667, 1, 667, 1),
        ("Board", "Board", "groundtruth_rect.txt", 698, 1, 698, 1),
    ],
)
def test_frame_ranges_and_special_files_are_used(
    tmp_path: Path, name: str, folder: str, truth: str, rows: int, first: int, last: int, row_of_first: int
) -> None:
    write_target(tmp_path, folder, rows, truth)
    add_images(tmp_path, folder, 1, last + 7, digits=5 if name == "Board" else 4)

    data = OTB2015(tmp_path)
    sequence = data[name]
    frames = sequence.open_frames()

    assert data.names() == (name,)
    assert len(sequence.truth) == len(frames) == last - first + 1
    assert sequence.truth[0, 0] == row_of_first - 1
    assert int(frames.paths[0].stem) == first  # type: ignore[attr-defined]
    assert int(frames.paths[-1].stem) == last  # type: ignore[attr-defined]


def test_folders_are_found_in_any_case(tmp_path: Path) -> None:
    write_target(tmp_path, "faceocc1", 892)
    assert OTB2015(tmp_path).names() == ("FaceOcc1",)


def test_ground_truth_without_frames_is_enough_to_score(tmp_path: Path) -> None:
    write_target(tmp_path, "Deer", 71)
    sequence = OTB2015(tmp_path)["Deer"]
    assert sequence.truth.shape == (71, 4)
    with pytest.raises(SequenceError, match="71 of 71 frames are missing, first number 1"):
        sequence.open_frames()


def test_truncated_ground_truth_is_refused(tmp_path: Path) -> None:
    write_target(tmp_path, "Deer", 70)
    with pytest.raises(SequenceError, match="70 rows, expected 71"):
        OTB2015(tmp_path)["Deer"]


@pytest.mark.parametrize("root", [None, "empty"])
def test_missing_data_root_names_what_is_needed(tmp_path: Path, root: str | None) -> None:
    with pytest.raises(UserError, match=r"--data-root.*a folder that holds otb2015/<Sequence>/img"):
        OTB2015(tmp_path / root if root else None)


@pytest.mark.shared
def test_real_annotations_are_complete(shared: Path) -> None:
    data = OTB2015(shared / "annotations")
    assert data.names() == data.all_names
    truth = {name: data[name].truth for name in data.names()}
    assert sum(map(len, truth.values())) == 59_040 - 5
    # Rows that are not positive in the file's 1-based numbers: 7 of Biker, 1 each of the others.
    empty = {
        name: int((boxes + np.array([1, 1, 0, 0]) <= 0).any(axis=1).sum()) for name, boxes in truth.items()
    }
    assert {name: n for name, n in empty.items() if n} == {
        "Biker": 7,
        "Crowds": 1,
        "Board": 1,
        "Twinnings": 1,
    }


@pytest.mark.shared
def test_real_frames_match_their_ground_truth(shared: Path) -> None:
    data = OTB2015(shared / "datasets")
    assert data.names()
    for name in data.names():
        frames = data[name].open_frames()
        assert len(frames) == len(data[name].truth)
        assert frames[len(frames) - 1].ndim == 3


def test_subsets_match_the_published_ones(tmp_path: Path) -> None:
    (tmp_path / "otb2015").mkdir()
    whole, first, hardest = (open_dataset(name, tmp_path) for name in ("otb2015", "otb2013", "otb50"))
    assert isinstance(first, OTB2015)
    assert (len(first.all_names), len(hardest.all_names)) == (51, 50)
    # The first edition's 29,491 frames include the 5 of Tiger1 that the protocol omits.
    assert sum(target.last - target.truth_starts + 1 for target in first.targets.values()) == 29_491
    for subset in (first, hardest):
        assert [name for name in whole.all_names if name in subset.all_names] == list(subset.all_names)
    # Videos with two targets: Jogging in the first edition, Skating2 among the hardest 50.
    assert [name for name in (*first.all_names, *hardest.all_names) if "." in name] == [
        "Jogging.1",
        "Jogging.2",
        "Skating2.1",
        "Skating2.2",
    ]


@pytest.mark.parametrize("place", ["otb2015", "otb2013"])
def test_subset_is_found_in_shared_or_own_folder(tmp_path: Path, place: str) -> None:
    write_target(tmp_path, "Deer", 71)
    (tmp_path / "otb2015").rename(tmp_path / place)
    data = open_dataset("otb2013", tmp_path)
    assert (data.name, data.title, data.names()) == ("otb2013", "OTB2013", ("Deer",))


@pytest.mark.shared
def test_real_annotations_of_the_subsets_are_complete(shared: Path) -> None:
    for name, frames in (("otb2013", 29_491 - 5), ("otb50", 26_972)):
        data = open_dataset(name, shared / "annotations")
        assert data.names() == data.all_names
        assert sum(len(data[sequence].truth) for sequence in data.names()) == frames


def test_other_sequence_is_not_taken_for_misspelled_one(tmp_path: Path) -> None:
    class Cars(OTB2015):
        def list_targets(self) -> Mapping[str, TargetEntry]:
            return {name: TargetEntry(name, "groundtruth_rect.txt", 1, 1, 2) for name in ("car1_1", "car11")}

    root = tmp_path / "otb2015"
    (root / "car11").mkdir(parents=True)
    dataset = Cars(tmp_path)
    assert dataset.folder("car11") == root / "car11"
    assert dataset.folder("car1_1") == root / "car1_1"
    (root / "CAR1-1").mkdir()
    assert Cars(tmp_path).folder("car11") == root / "car11"
