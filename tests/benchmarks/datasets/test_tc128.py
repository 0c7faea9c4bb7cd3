"""TC128: list, frame ranges, attributes, and the real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets import open_dataset
from benchmarks.datasets.sequence import SequenceError


def write_target(root: Path, folder: str, rows: int, stem: str | None = None) -> Path:
    place = root / "tc128" / folder
    (place / "img").mkdir(parents=True)
    lines = [f"{number},{2 * number},30,40" for number in range(1, rows + 1)]
    (place / f"{stem or folder}_gt.txt").write_text("\n".join(lines))
    return place


def test_list_matches_the_published_one(tmp_path: Path) -> None:
    (tmp_path / "tc128").mkdir()
    data = open_dataset("tc128", tmp_path)
    assert len(set(data.all_names)) == 129
    assert data.names() == ()
    targets = data.targets  # type: ignore[attr-defined]
    # 55,346 frames in total (Liang, Blasch, Ling 2015).
    assert sum(target.last - target.first + 1 for target in targets.values()) == 55_346
    windows = {name: (t.first, t.last) for name, t in targets.items() if t.first != 1}
    assert windows == {"Busstation_ce2": (6, 400), "David": (300, 770), "Hurdle_ce2": (27, 330)}


@pytest.mark.parametrize("with_file", [True, False])
def test_frame_range_comes_from_file_or_list(tmp_path: Path, with_file: bool) -> None:
    place = write_target(tmp_path, "David", 471)
    first = 300
    if with_file:
        first = 30
        (place / "David_frames.txt").write_text("30,500\n")
    for number in range(1, 800):
        (place / "img" / f"{number:04}.jpg").touch()

    sequence = open_dataset("tc128", tmp_path)["David"]

    frames = sequence.open_frames()
    np.testing.assert_array_equal(sequence.truth[0], [0, 1, 30, 40])
    assert len(frames) == len(sequence.truth) == 471
    assert int(frames.paths[0].stem) == first  # type: ignore[attr-defined]


def test_folder_and_file_spellings_may_vary(tmp_path: Path) -> None:
    write_target(tmp_path, "jogging2", 307)
    write_target(tmp_path, "yo-yos-ce1", 235, stem="YoYos_ce1")
    data = open_dataset("tc128", tmp_path)
    assert data.names() == ("Jogging2", "Yo-yos_ce1")
    assert len(data["Jogging2"].truth) == 307


def test_attributes_file_is_optional(tmp_path: Path) -> None:
    place = write_target(tmp_path, "Deer", 71)
    data = open_dataset("tc128", tmp_path)
    assert data["Deer"].attributes == ()
    (place / "Deer_att.txt").write_text("LR\nIV\r\nOPR\n")
    assert data["Deer"].attributes == ("IV", "OPR", "LR")
    (place / "Deer_att.txt").write_text("LR\nlight\n")
    with pytest.raises(SequenceError, match=r"Deer_att\.txt has 'LIGHT', which is not among IV SV"):
        data["Deer"]


@pytest.mark.parametrize("text", ["1,70\n", "1\n", "one,two\n", "", "1,71\n1,71\n"])
def test_frame_range_of_wrong_length_is_refused(tmp_path: Path, text: str) -> None:
    place = write_target(tmp_path, "Deer", 71)
    (place / "Deer_frames.txt").write_text(text)
    with pytest.raises(SequenceError, match=r"Deer_frames\.txt"):
        open_dataset("tc128", tmp_path)["Deer"]


def test_truncated_ground_truth_is_refused(tmp_path: Path) -> None:
    write_target(tmp_path, "Deer", 70)
    with pytest.raises(SequenceError, match="70 rows, expected 71"):
        open_dataset("tc128", tmp_path)["Deer"]


@pytest.mark.shared
def test_real_annotations_are_complete(shared: Path) -> None:
    data = open_dataset("tc128", shared / "annotations")
    assert data.names() == data.all_names
    assert sum(len(data[name].truth) for name in data.names()) == 55_346


@pytest.mark.shared
def test_real_frames_match_their_ground_truth(shared: Path) -> None:
    data = open_dataset("tc128", shared / "datasets")
    assert data.names()
    for name in data.names():
        assert len(data[name].open_frames()) == len(data[name].truth)
