"""LabelMe: a JSON file for each image, with the shapes in it.

A target is a label, or a label and a group's number. Points are in pixels from 0 on: two for a rectangle,
more for a polygon, of which the upright bounds are taken. An image without a file, or without the target,
does not show it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence as Items
from pathlib import Path

import numpy as np

from benchmarks.box_text import read_text
from benchmarks.datasets.annotations.track import MAX_ANNOTATION_BYTES, Track, track_of
from trackers.errors import UserError
from trackers.tracker import Boxes


def read_labelme(files: Items[tuple[int, Path]]) -> list[Track]:
    """Reads the targets of a video.

    Args:
        files: frame (0-based) and file of each image that has one.

    Raises:
        UserError: a file cannot be read, or is none of LabelMe's.
    """
    found: dict[str, dict[int, Boxes]] = defaultdict(dict)
    size: tuple[int, int] | None = None
    for frame, path in files:
        shapes, size_here = parse_labelme(read_text(path, MAX_ANNOTATION_BYTES), str(path))
        size = size or size_here
        for target, box in shapes.items():
            found[target][frame] = box
    where = str(files[0][1].parent) if files else "LabelMe"
    return [track_of(target, boxes, where, size=size) for target, boxes in sorted(found.items())]


def parse_labelme(text: str, where: str) -> tuple[dict[str, Boxes], tuple[int, int] | None]:
    """Reads one file: by target, its box, shape (4,); width and height of the image where they are said.

    Raises:
        UserError: it is none of LabelMe's, or has a target twice.
    """
    boxes: dict[str, Boxes] = {}
    try:
        content = json.loads(text)
        for shape in content["shapes"]:
            group = shape.get("group_id")
            target = str(shape["label"]) + ("" if group is None else f"-{group}")
            points = np.array(shape["points"], dtype=np.float64).reshape(-1, 2)
            low, high = points.min(axis=0), points.max(axis=0)
            if target in boxes:
                raise UserError(
                    f"{where}: has two shapes of '{target[:40]}'; give each target a label or group of its "
                    "own"
                )
            boxes[target] = np.concatenate([low, high - low])
        width, height = content.get("imageWidth"), content.get("imageHeight")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UserError(f"{where}: no file of LabelMe ({type(error).__name__}: {str(error)[:80]})") from None
    return boxes, (int(width), int(height)) if isinstance(width, int) and isinstance(height, int) else None
