"""The lists of the data sets that are read by a table: names, counts, windows, attributes, the real data."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets import DATASETS, open_dataset
from benchmarks.datasets.listed import ListedDataset
from benchmarks.datasets.truth_files import read_flags
from trackers.errors import UserError

# Sequences, frames (None: not published), rows of NaN, absent frames. From the authors' papers and pages.
FACTS: dict[tuple[str, str | None], tuple[int, int | None, int, int]] = {
    ("uav123", None): (123, 112_578, 2683, 0),
    ("uav20l", None): (20, 58_670, 2409, 0),
    ("uav123_10fps", None): (123, 37_607, 853, 0),
    ("dtb70", None): (70, 15_777, 0, 0),
    ("uavdt", None): (50, 37_084, 0, 0),
    ("nfs", None): (100, 47_953, 0, 0),
    ("nfs", "240"): (100, None, 0, 0),
    ("got10k", "val"): (180, 21_007, 0, 33),
    ("got10k", "test"): (180, 22_834, 0, 0),
    ("lasot-ext", None): (150, None, 0, 0),
    ("trackingnet", None): (511, None, 0, 0),
    ("tnl2k", None): (700, 516_038, 0, 65_253),
    ("vasttrack", None): (3500, 372_133, 0, 21_999),
    ("avist", None): (120, None, 0, 0),
}
WITH_TRUTH = ["uav123", "uav20l", "uav123_10fps", "dtb70", "uavdt", "nfs", "got10k", "tnl2k"]


def opened(name: str, split: str | None, root: Path) -> ListedDataset:
    (root / DATASETS.load(name).root_folders[-1]).mkdir(exist_ok=True)
    dataset = open_dataset(name, root, split)
    assert isinstance(dataset, ListedDataset)
    return dataset


@pytest.mark.parametrize(("name", "split"), FACTS)
def test_list_matches_the_published_counts(name: str, split: str | None, tmp_path: Path) -> None:
    dataset = opened(name, split, tmp_path)
    sequences, frames, *_ = FACTS[name, split]
    assert len(set(dataset.all_names)) == sequences
    assert dataset.names() == ()
    lengths = [dataset.listed_length(name) for name in dataset.all_names]
    assert frames == (None if None in lengths else sum(length for length in lengths if length))


@pytest.mark.parametrize(("name", "split"), FACTS)
def test_attributes_are_those_of_the_data_set(name: str, split: str | None, tmp_path: Path) -> None:
    dataset = opened(name, split, tmp_path)
    found: dict[str, int] = {}
    for row in dataset.rows.values():
        words = row.get("attributes", "").split()
        assert words == [word for word in dataset.attributes if word in words]
        for word in words:
            found[word] = found.get(word, 0) + 1
    assert found.keys() == set(dataset.attributes)


def test_windows_are_those_of_the_authors(tmp_path: Path) -> None:
    windows = {
        name: {n: (row["folder"], int(row["first"])) for n, row in opened(name, None, tmp_path).rows.items()}
        for name in ("uav123", "uav20l", "uav123_10fps")
    }
    assert windows["uav123"]["bird1_2"] == ("bird1", 775)
    assert windows["uav123_10fps"]["bird1_2"] == ("bird1", 259)
    assert {first for _, first in windows["uav20l"].values()} == {1}
    # As in configSeqs.m, whose 123 sequences have 91 folders.
    assert len({folder for folder, _ in windows["uav123"].values()}) == 91


def test_first_shared_folder_is_used(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds uav123/anno/UAV20L.*sotbench download --dataset uav20l"):
        open_dataset("uav20l", tmp_path)
    (tmp_path / "uav123").mkdir()
    assert open_dataset("uav20l", tmp_path).root == tmp_path / "uav123"  # type: ignore[attr-defined]


def test_other_split_is_told_apart(tmp_path: Path) -> None:
    dataset = opened("got10k", "val", tmp_path)
    assert dataset.belongs_to_other_split("GOT-10k_Test_000001")
    assert not dataset.belongs_to_other_split("GOT-10k_Val_000001")
    assert not dataset.belongs_to_other_split("GOT-10k_Val_1")
    with pytest.raises(UserError, match="'got10k' takes --split val or test, not 'train'"):
        open_dataset("got10k", tmp_path, "train")


@pytest.mark.parametrize(("name", "split"), FACTS)
def test_data_set_can_be_sent_to_another_process(name: str, split: str | None, tmp_path: Path) -> None:
    dataset = opened(name, split, tmp_path)
    received = pickle.loads(pickle.dumps(dataset))
    assert (received.name, received.all_names, received.server) == (
        dataset.name,
        dataset.all_names,
        dataset.server,
    )
    assert received.truth_path(dataset.all_names[0]) == dataset.truth_path(dataset.all_names[0])


@pytest.mark.shared
@pytest.mark.parametrize("name", WITH_TRUTH)
def test_real_annotations_are_complete(name: str, shared: Path) -> None:
    dataset = open_dataset(name, shared / "annotations")
    expected = FACTS.get((name, None)) or FACTS[name, "val"]
    sequences = [dataset[sequence] for sequence in dataset.names()]
    truth = np.concatenate([sequence.truth for sequence in sequences])
    absent = sum(int(s.absent.sum()) for s in sequences if s.absent is not None)
    assert (len(sequences), len(truth), int(np.isnan(truth).any(axis=1).sum()), absent) == expected


@pytest.mark.shared
@pytest.mark.parametrize("name", ["uav123", "uav20l", "dtb70", "uavdt", "tnl2k"])
def test_attributes_are_in_the_order_of_the_authors_files(name: str, shared: Path) -> None:
    dataset = open_dataset(name, shared / "annotations")
    for sequence in dataset.all_names[:: max(1, len(dataset.all_names) // 40)]:
        words = _attribute_file(name, sequence, shared).read_text().replace(",", " ").split()
        flagged = tuple(a for a, word in zip(dataset.attributes, words, strict=True) if word == "1")
        assert dataset[sequence].attributes == flagged


def _attribute_file(name: str, sequence: str, shared: Path) -> Path:
    annotations = shared / "annotations"
    return {
        "uav123": annotations / "uav123" / "anno" / "UAV123" / "att" / f"{sequence}.txt",
        "uav20l": annotations / "uav123" / "anno" / "UAV20L" / "att" / f"{sequence}.txt",
        "dtb70": annotations / "dtb70" / "att" / f"{sequence}.txt",
        "uavdt": annotations / "uavdt" / "anno" / "att" / f"{sequence}_att.txt",
        "tnl2k": annotations / "tnl2k" / "annos" / "att" / f"{sequence}_attribute.txt",
    }[name]


@pytest.mark.shared
def test_uav123_at_10_fps_is_every_third_row(shared: Path) -> None:
    full, reduced = (open_dataset(name, shared / "annotations") for name in ("uav123", "uav123_10fps"))
    for name in reduced.all_names[::10]:
        np.testing.assert_array_equal(reduced[name].truth, full[name].truth[::3])


@pytest.mark.shared
def test_real_annotations_of_vasttrack_are_complete(shared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "vasttrack" / "annos"
    with zipfile.ZipFile(shared / "annotations" / "vasttrack" / "VastTrack_test_annos.zip") as archive:
        archive.extractall(folder)
    dataset = open_dataset("vasttrack", tmp_path)
    sequences, frames, _, absent = FACTS["vasttrack", None]
    read = [dataset[name] for name in dataset.names()]
    assert (len(read), sum(len(sequence.truth) for sequence in read)) == (sequences, frames)
    for sequence in read[::50]:
        assert sequence.absent is not None
        flagged = read_flags(folder / "absent" / f"{sequence.name}.txt")
        np.testing.assert_array_equal(sequence.absent, flagged)
    assert sum(int(s.absent.sum()) for s in read if s.absent is not None) == absent
