"""What may not be tuned on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks.datasets import DATASETS, open_dataset
from benchmarks.tuning.validation_set import Part, check_validation_set
from trackers.errors import UserError


@pytest.mark.parametrize("name", sorted(DATASETS.entries.keys() - {"demo", "folder", "got10k"}))
def test_data_sets_with_published_scores_are_refused(name: str) -> None:
    kind = DATASETS.load(name)
    dataset = kind.__new__(kind)  # not opened, which takes files
    with pytest.raises(UserError, match=f"scores on {dataset.name} are published .*--force"):
        check_validation_set(Part(dataset, None, ("a",)), None)
    check_validation_set(Part(dataset, "train", ("a",)), None)


def test_sequences_of_the_test_set_are_refused(squares: Any) -> None:
    validation = Part(squares, None, ("right", "down"))
    check_validation_set(validation, Part(squares, None, ("both",)))
    with pytest.raises(UserError, match="down of squares would be tuned on and tested on"):
        check_validation_set(validation, Part(squares, None, ("both", "down")))


def test_the_same_sequence_under_another_name_is_found(squares: Any) -> None:
    class Renamed(type(squares)):  # type: ignore[misc]
        name = "renamed"

        def __getitem__(self, name: str) -> Any:
            return squares["right" if name == "mine" else name]

    with pytest.raises(UserError, match="right of squares would be"):
        check_validation_set(Part(squares, None, ("right",)), Part(Renamed(), None, ("mine",)))
    check_validation_set(Part(squares, None, ("down",)), Part(Renamed(), None, ("mine",)))


def test_validation_split_of_got10k_is_for_tuning() -> None:
    kind = DATASETS.load("got10k")
    dataset = kind.__new__(kind)
    check_validation_set(Part(dataset, None, ("a",)), None)
    with pytest.raises(UserError, match="scores on got10k are published"):
        check_validation_set(Part(dataset, "test", ("a",)), None)


def videos(root: Path, **boxes: str) -> Any:
    """Writes a folder of sequences of two frames, by name with the lines of their ground truth."""
    for name, text in boxes.items():
        (root / name).mkdir(parents=True)
        for number in (1, 2):
            Image.new("RGB", (40, 30)).save(root / name / f"{number:04d}.jpg")
        (root / name / "groundtruth.txt").write_text(text)
    (root / "sotbench.toml").write_text("one_based = false\n")
    return open_dataset("folder", root)


def test_own_videos_are_for_tuning_but_not_those_of_the_test_set(tmp_path: Path) -> None:
    mine = Part(videos(tmp_path / "mine", a="1,2,3,4\n2,2,3,4\n", b="5,5,3,4\n6,5,3,4\n"), None, ("a", "b"))
    check_validation_set(mine, None)
    other = videos(tmp_path / "else" / "mine", a="9,9,3,4\n8,9,3,4\n", c="5,5,3,4\n6,5,3,4\n")
    check_validation_set(mine, Part(other, None, ("a",)))
    with pytest.raises(UserError, match="b of folder-mine would be tuned on and tested on"):
        check_validation_set(mine, Part(other, None, ("a", "c")))
