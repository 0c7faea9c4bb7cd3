"""GOT-10k (Huang, Zhao, Huang: GOT-10k, a Large High-Diversity Benchmark for Generic Object Tracking, 2018).

    train/list.txt                              names of the videos
    train/GOT-10k_Train_000001/00000001.jpg     frames
    train/.../groundtruth.txt                   x, y, w, h per frame
    train/.../absence.label                     1 where the object is not visible, else 0

Boxes are 1-based, according to their first author (issue 6 of got-10k/toolkit on GitHub). The share of
the object that is visible (`cover.label`) is ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trackers.errors import UserError
from trackers.training.sources.clip import Clip, large_boxes, valid_boxes
from trackers.wording import agree, counted, counted_of


def read(root: Path, report: Callable[[str], None]) -> list[Clip]:
    """Reads the training videos.

    Args:
        root: the folder that holds `train`.
        report: called with one sentence for everything that is skipped.

    Raises:
        UserError: there is no such folder, or nothing usable in it.
    """
    train = root / "train"
    if not train.is_dir():
        raise UserError(f"there is no folder {train}; give --source the folder of GOT-10k that holds it")
    folders = {path.name: path for path in sorted(train.iterdir()) if path.is_dir()}
    names = list(folders)
    if (listed := train / "list.txt").is_file():
        names = listed.read_text(encoding="utf-8", errors="replace").split()
    missing = [name for name in names if name not in folders]
    if missing:
        lacking = counted_of(len(missing), len(names), "video")
        skipped = agree(len(missing), "it is skipped", "they are skipped")
        report(f"{train} lacks {lacking}, such as {missing[0]}; {skipped}")
    clips = []
    for name in names:
        if name in folders:
            try:
                clips.append(_video(folders[name], report))
            except (OSError, ValueError) as error:
                report(f"{folders[name]} cannot be read ({error}); it is skipped")
    if not clips:
        raise UserError(f"{train} holds no video to train on; get the training set of GOT-10k")
    return clips


def _video(folder: Path, report: Callable[[str], None]) -> Clip:
    """Reads one video.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is damaged, or no frame is usable.
    """
    boxes = _boxes(folder / "groundtruth.txt")
    present = ~_absent(folder / "absence.label", len(boxes))
    images = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".jpg"}
    files = [images.get(f"{number:08d}") for number in range(1, len(boxes) + 1)]
    for what, wrong in (
        ("no image", np.array([file is None for file in files], dtype=bool)),
        ("no usable box", present & ~valid_boxes(boxes)),
    ):
        if wrong.any():
            number = int(wrong.sum())
            report(
                f"{folder}: {counted_of(number, len(boxes), 'frame')} {agree(number, 'has', 'have')} {what}, "
                f"such as {wrong.argmax() + 1:08d}; {agree(number, 'it is', 'they are')} skipped"
            )
        present &= ~wrong
    present &= large_boxes(boxes)
    kept = tuple(file for file, keep in zip(files, present, strict=True) if keep and file is not None)
    if not kept:
        raise ValueError("no frame shows the object")
    return Clip(folder.name, kept, boxes[present] - [1, 1, 0, 0])


def _boxes(path: Path) -> NDArray[np.float64]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    rows = [[float(word) for word in line.split(",")] for line in lines]
    for number, row in enumerate(rows, start=1):
        if len(row) != 4:
            raise ValueError(
                f"{path.name}: line {number} has {counted(len(row), 'value')} where 4 are expected"
            )
    return np.array(rows).reshape(-1, 4)


def _absent(path: Path, length: int) -> NDArray[np.bool_]:
    """Returns which of `length` frames do not show the object; none if there is no such file."""
    if not path.is_file():
        return np.zeros(length, dtype=bool)
    words = path.read_text(encoding="utf-8").split()
    if len(words) != length or not set(words) <= {"0", "1"}:
        raise ValueError(f"{path.name} must have 0 or 1 for each of {counted(length, 'frame')}")
    return np.array([word == "1" for word in words], dtype=bool)
