"""Reads LabelMe: a JSON file per image with the shapes in it.

A label, or a label with a group id, identifies a target. Points are in 0-based pixels: two for a rectangle,
more for a polygon, which becomes its bounding box. In an image without a file, or without the target's shape,
the target is absent.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence as Items
from pathlib import Path

import numpy as np

from benchmarks.box_text import read_text
from benchmarks.datasets.annotations.track import MAX_ANNOTATION_BYTES, Track, track_from_boxes
from trackers.errors import UserError
from trackers.tracker import Boxes


def read_labelme(files: Items[tuple[int, Path]]) -> list[Track]:
    """Reads the targets of a video.

    Args:
        files: pairs of frame (0-based) and annotation file.

    Raises:
        UserError: a file cannot be read, or is not a LabelMe file.
    """
    found: dict[str, dict[int, Boxes]] = defaultdict(dict)
    size: tuple[int, int] | None = None
    for frame, path in files:
        shapes, image_size = parse_labelme(read_text(path, MAX_ANNOTATION_BYTES), str(path))
        size = size or image_size
        for target, box in shapes.items():
            found[target][frame] = box
    where = str(files[0][1].parent) if files else "LabelMe"
    return [track_from_boxes(target, boxes, where, size=size) for target, boxes in sorted(found.items())]


def parse_labelme(text: str, where: str) -> tuple[dict[str, Boxes], tuple[int, int] | None]:
    """Parses one file.

    Args:
        text: its content.
        where: its name, for messages.

    Returns:
        Boxes, shape (4,), by target; the image's width and height, or None.

    Raises:
        UserError: the text is not a LabelMe file, or has a target twice.
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
                    f"{where}: has two shapes of '{target[:40]}'; give each target its own label or group"
                )
            boxes[target] = np.concatenate([low, high - low])
        width, height = content.get("imageWidth"), content.get("imageHeight")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UserError(f"{where}: not a LabelMe file ({type(error).__name__}: {str(error)[:80]})") from None
    return boxes, (int(width), int(height)) if isinstance(width, int) and isinstance(height, int) else None
