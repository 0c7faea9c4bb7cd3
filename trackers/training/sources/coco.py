"""Reads COCO 2017, objects with outlines in images (Lin et al.: Microsoft COCO, 2014).

    annotations/instances_train2017.json    images, and objects with box, area and outlines; boxes are 0-based
    train2017/000000000009.jpg

Crowds, which have one box for many objects, and small objects (in COCO's terms, areas below 32 x 32 pixels)
are skipped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trackers.errors import UserError
from trackers.training.sources.clip import Clip, large_boxes, valid_boxes
from trackers.wording import agree, counted

MIN_AREA = 32**2


def read(root: Path, report: Callable[[str], None]) -> list[Clip]:
    """Reads the objects of the training images; all 860,000 take about 5 GB of memory and one or two minutes.

    Args:
        root: the folder that holds `annotations` and `train2017`.
        report: called with one sentence for each reason to skip objects.

    Raises:
        UserError: the annotations are missing or damaged, or nothing in them is usable.
    """
    path = root / "annotations" / "instances_train2017.json"
    folder = root / "train2017"
    if not path.is_file() or not folder.is_dir():
        raise UserError(f"{path} or {folder} does not exist; give --source the folder that has both")
    try:
        content = json.loads(path.read_bytes())
        images = {image["id"]: str(image["file_name"]) for image in content["images"]}
        objects = list(content["annotations"])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise UserError(f"{path} is damaged or is not COCO's ({error!r:.200}); fetch it again") from None
    files = {image.name: image for image in folder.iterdir()}
    missing: set[str] = set()
    damaged: list[str] = []
    clips = []
    for item in objects:
        try:
            if item["iscrowd"] or item["area"] < MIN_AREA:
                continue
            name = images[item["image_id"]]
            if name not in files:
                missing.add(name)
                continue
            box = np.array([item["bbox"]], dtype=np.float64)
            if box.shape != (1, 4) or not valid_boxes(box).all():
                raise ValueError(box)
            outlines = _outlines(item)
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
            damaged.append(_label(item))
            continue
        if large_boxes(box).all():
            label = f"{Path(name).stem}/{_label(item)}"
            clips.append(Clip(label, (files[name],), box, outlines, str(item.get("category_id", ""))))
    if missing:
        skipped = agree(len(missing), "it is skipped", "they are skipped")
        report(f"{folder} lacks {counted(len(missing), 'image')}, such as {min(missing)}; {skipped}")
    if damaged:
        skipped = agree(len(damaged), "it is skipped", "they are skipped")
        report(f"{path} has {counted(len(damaged), 'invalid object')}, such as {damaged[0]}; {skipped}")
    if not clips:
        raise UserError(f"{root} holds no image to train on; get COCO's train2017 images")
    return clips


def _outlines(item: Mapping[str, Any]) -> tuple[NDArray[np.float64], ...]:
    """Returns the outlines (m, 2) of an object; none if its mask is run-length encoded.

    Raises:
        ValueError: they are not rows of finite pairs.
    """
    flat = item.get("segmentation", [])
    if not isinstance(flat, list):
        return ()
    outlines = tuple(np.array(row, dtype=np.float64).reshape(-1, 2) for row in flat)
    if not all(np.isfinite(outline).all() for outline in outlines):
        raise ValueError("an outline is not finite")
    return tuple(outline for outline in outlines if len(outline) >= 3)


def _label(item: Any) -> str:
    return str(item["id"]) if isinstance(item, Mapping) and "id" in item else "one without a number"
