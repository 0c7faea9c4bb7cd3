"""Layouts, names and pixel origin of a user's folder."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.datasets import open_dataset
from benchmarks.datasets.sequence import SequenceError
from trackers.errors import UserError


def write_sequence(folder: Path, images: str = "", truth: str = "groundtruth.txt", frames: int = 3) -> None:
    (folder / images).mkdir(parents=True, exist_ok=True)
    for number in range(8, 8 + frames):
        Image.new("RGB", (number, 6)).save(folder / images / f"frame{number}.png")
    (folder / truth).write_text("1,2,3,4\n" * frames)


def settle(folder: Path, text: str = "one_based = false\n") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "sotbench.toml").write_text(text)
    return folder


@pytest.mark.parametrize("images", ["", "img", "color", "frames"])
@pytest.mark.parametrize("truth", ["groundtruth_rect.txt", "groundtruth.txt", "gt.txt", "cat_gt.txt"])
def test_every_layout_is_found(tmp_path: Path, images: str, truth: str) -> None:
    root = settle(tmp_path / "pets")
    write_sequence(root / "cat", images, truth)
    (root / "notes").mkdir()
    data = open_dataset("folder", root)
    assert data.names() == data.all_names == ("cat",)
    sequence = data["cat"]
    frames = sequence.open_frames()
    np.testing.assert_array_equal(sequence.truth, [[1, 2, 3, 4]] * 3)
    # frame10 comes after frame9: numbers are sorted numerically.
    assert [frames[index].shape[1] for index in range(3)] == [8, 9, 10]


def test_folder_name_is_the_data_set_name(tmp_path: Path) -> None:
    root = settle(tmp_path / "my pets!", 'one_based = false\ntitle = "Pets"\n')
    write_sequence(root / "cat")
    data = open_dataset("folder", root)
    assert (data.name, data.title) == ("folder-my-pets", "Pets")


def test_one_based_boxes_and_polygons_are_shifted(tmp_path: Path) -> None:
    root = settle(tmp_path, "one_based = true\n")
    write_sequence(root / "boxes")
    write_sequence(root / "polygons", frames=1)
    (root / "polygons" / "groundtruth.txt").write_text("1,1,3,1,3,3,1,3\n")
    data = open_dataset("folder", root)
    np.testing.assert_array_equal(data["boxes"].truth[0], [0, 1, 3, 4])
    polygon = data["polygons"]
    np.testing.assert_array_equal(polygon.polygons, [[0, 0, 2, 0, 2, 2, 0, 2]])
    np.testing.assert_array_equal(polygon.truth, [[-0.5, -0.5, 3, 3]])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, r"there is no file .*sotbench\.toml.*write the line `one_based = false`"),
        ("", "does not say whether pixels count from 0 or 1; write the line"),
        ("one_based = 1", "does not say whether pixels count from 0 or 1"),
        ("one_based = maybe", "Invalid value.*; write the line"),
        ("one_based = true\nfps = 30", "'fps' is unknown"),
        ("one_based = " + "[" * 100_000, "write the line"),
    ],
)
def test_pixel_origin_is_never_guessed(tmp_path: Path, text: str | None, expected: str) -> None:
    write_sequence(tmp_path / "cat")
    if text is not None:
        settle(tmp_path, text)
    with pytest.raises(UserError, match=expected):
        open_dataset("folder", tmp_path)


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--data-root is not given; for data set 'folder'"):
        open_dataset("folder", None)
    with pytest.raises(UserError, match="nowhere is not a folder"):
        open_dataset("folder", tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"no folder in .* has ground truth"):
        open_dataset("folder", settle(tmp_path))


def test_images_and_rows_must_agree(tmp_path: Path) -> None:
    root = settle(tmp_path)
    write_sequence(root / "cat")
    (root / "cat" / "frame11.png").touch()
    write_sequence(root / "dog", frames=0)
    (root / "dog" / "groundtruth.txt").write_text("1,2,3,4\n")
    data = open_dataset("folder", root)
    with pytest.raises(SequenceError, match=r"cat: 4 images where groundtruth\.txt has 3 rows"):
        data["cat"].open_frames()
    with pytest.raises(SequenceError, match=r"dog: 0 images where groundtruth\.txt has 1 row;"):
        data["dog"].open_frames()


def test_unpickling_looks_for_the_folder_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = settle(tmp_path / "pets")
    write_sequence(root / "cat")
    monkeypatch.chdir(tmp_path)
    data = open_dataset("folder", Path("pets"))
    assert data.names() == ("cat",)
    sent = pickle.dumps(data)
    monkeypatch.chdir(root)  # a relative path would change its meaning
    assert len(pickle.loads(sent)["cat"].truth) == 3
    write_sequence(root / "cat", frames=5)
    assert len(pickle.loads(sent)["cat"].truth) == 5
    root.rename(tmp_path / "moved")
    with pytest.raises(UserError, match=r"there is no folder .*pets here .*same path on every machine"):
        pickle.loads(sent)
