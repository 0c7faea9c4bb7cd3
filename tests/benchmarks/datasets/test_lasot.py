"""LaSOT: lists, layouts, absence flags, and the real annotations."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets import open_dataset
from benchmarks.datasets.sequence import SequenceError
from trackers.errors import UserError

ROWS = 1000  # length of shark-3
ATTRIBUTES = ("IV", "POC", "DEF", "MB", "CM", "ROT", "BC", "VC", "SV", "FOC", "FM", "OV", "LR", "ARC")


def flags(ones: list[int], rows: int = ROWS, separator: str = ",") -> str:
    return separator.join("1" if row in ones else "0" for row in range(rows))


def write_sequence(folder: Path, rows: int = ROWS) -> Path:
    folder.mkdir(parents=True)
    (folder / "groundtruth.txt").write_text("1,1,30,40\n" * rows)
    (folder / "full_occlusion.txt").write_text(flags([3, 4]))
    (folder / "out_of_view.txt").write_text(flags([4, 9]))
    return folder


def test_both_splits_match_the_published_lists(tmp_path: Path) -> None:
    (tmp_path / "lasot").mkdir()
    test, everything = (open_dataset("lasot", tmp_path, split=split) for split in (None, "all"))
    assert len(set(test.all_names)) == 280
    assert len(set(everything.all_names)) == 1400
    assert set(test.all_names) < set(everything.all_names)
    kinds = {name.rpartition("-")[0] for name in everything.all_names}
    assert {f"{kind}-{number}" for kind in kinds for number in range(1, 21)} == set(everything.all_names)
    # Four of each of the 70 classes (Fan et al. 2019).
    assert len(kinds) == 70
    assert {sum(name.rpartition("-")[0] == kind for name in test.all_names) for kind in kinds} == {4}
    assert test.names() == ()


def test_unknown_split_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lasot").mkdir()
    with pytest.raises(UserError, match="'lasot' takes --split test or all, not 'train'"):
        open_dataset("lasot", tmp_path, split="train")
    with pytest.raises(UserError, match="data set 'demo' has no splits"):
        open_dataset("demo", None, split="test")


@pytest.mark.parametrize("place", ["shark/shark-3", "shark-3"])
def test_both_layouts_are_read(tmp_path: Path, place: str) -> None:
    folder = write_sequence(tmp_path / "lasot" / place)
    (folder / "img").mkdir()
    for number in range(1, ROWS + 1):
        (folder / "img" / f"{number:08}.jpg").touch()
    data = open_dataset("lasot", tmp_path)
    sequence = data["shark-3"]
    assert data.names() == ("shark-3",)
    np.testing.assert_array_equal(sequence.truth[0], [0, 0, 30, 40])
    assert sequence.absent is not None
    np.testing.assert_array_equal(np.flatnonzero(sequence.absent), [3, 4, 9])
    assert len(sequence.open_frames()) == ROWS


def test_evaluation_toolkit_layout_is_read(tmp_path: Path) -> None:
    annos = tmp_path / "lasot" / "annos"
    (annos / "absent").mkdir(parents=True)
    (annos / "shark-3.txt").write_text("1,1,30,40\n" * ROWS)
    (annos / "absent" / "shark-3.txt").write_text(flags([7], separator="\n"))
    sequence = open_dataset("lasot", tmp_path)["shark-3"]
    assert sequence.absent is not None
    np.testing.assert_array_equal(np.flatnonzero(sequence.absent), [7])
    with pytest.raises(SequenceError, match="no frames there"):
        sequence.open_frames()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("groundtruth.txt", "1,1,30,40\n" * 9, "9 rows, expected 1000"),
        ("out_of_view.txt", flags([], ROWS - 1), r"out_of_view\.txt: 999 rows"),
        ("full_occlusion.txt", flags([]).replace("0", "x"), "has 'x' where 0 or 1"),
        ("full_occlusion.txt", None, r"full_occlusion\.txt: No such file"),
    ],
)
def test_damaged_file_is_named(tmp_path: Path, name: str, text: str | None, expected: str) -> None:
    path = write_sequence(tmp_path / "lasot" / "shark-3") / name
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(SequenceError, match=expected):
        open_dataset("lasot", tmp_path)["shark-3"]


@pytest.mark.shared
def test_real_annotations_are_complete_and_fast_to_read(shared: Path) -> None:
    data = open_dataset("lasot", shared / "annotations")
    assert data.names() == data.all_names
    began = time.process_time()
    sequences = {name: data[name] for name in data.names()}
    assert time.process_time() - began < 2
    assert sum(len(sequence.truth) for sequence in sequences.values()) == 685_360
    assert len(sequences["monkey-17"].truth) == 2260
    absent = {name: s.absent for name, s in sequences.items() if s.absent is not None}
    # The official script divides by all frames: the best score is the mean share of present frames x 20/21.
    present = np.mean([1 - flags.mean() for flags in absent.values()])
    assert present * 20 / 21 == pytest.approx(0.927, abs=5e-4)
    assert sum(int(flags.sum()) for flags in absent.values()) == 18_346
    # Three frames have the empty box 0 0 0 0 in the file, although the target is not absent.
    odd = {n: int(((s.truth[:, 2:] <= 0).any(axis=1) & ~absent[n]).sum()) for n, s in sequences.items()}
    assert {name: count for name, count in odd.items() if count} == {
        "lion-5": 1,
        "microphone-6": 1,
        "tiger-6": 1,
    }


@pytest.mark.shared
def test_list_agrees_with_the_evaluation_toolkit(shared: Path) -> None:
    folder = shared / "annotations" / "lasot"
    data = open_dataset("lasot", shared / "annotations")
    assert set((folder / "testing_set.txt").read_text().split()) == set(data.all_names)
    for name in data.all_names[::7]:
        words = (folder / "annos" / "att" / f"{name}.txt").read_text().replace(",", " ").split()
        expected = tuple(a for a, word in zip(ATTRIBUTES, words, strict=True) if word == "1")
        assert data[name].attributes == expected
