"""Reads videos and images in a folder, with boxes as JSON or text, or without any.

A root may mix three kinds:

- `boxes.json` or `annotations.json` in a folder describes the images below it. Under `"sequences"` or
  `"shots"` it maps the name of a sub-folder to its frames, under `"images"` the name of an image to its
  description. A frame or image is an object with `"file"` (frames only) and either `"box_xywh"` or
  `"objects"`: a list of `{"class": ..., "box_xywh": [x, y, w, h], "polygons": [[x0, y0, x1, y1, ...]]}`,
  0-based. An object is followed through the frames where its class appears once.
- a folder of images with `groundtruth.txt` or `groundtruth_rect.txt`, one `x,y,w,h` per image, 0-based,
  is a video.
- other images have no boxes: what is in their center is taken as the object, and the name of their
  sub-folder as its class.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trackers.errors import UserError
from trackers.training.sources.clip import MIN_SIDE, Clip
from trackers.wording import counted

IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
TRUTHS = ("groundtruth.txt", "groundtruth_rect.txt")
DESCRIPTIONS = ("boxes.json", "annotations.json")
CENTER_SHARE = 0.3  # side of the assumed object in an image without boxes, as a share of the image's

Report = Callable[[str], None]


def read(root: Path, report: Report) -> list[Clip]:
    """Reads all clips below `root`.

    Args:
        root: the folder.
        report: called with one sentence for everything that is skipped.

    Raises:
        UserError: there is no such folder, or nothing usable in it.
    """
    if not root.is_dir():
        raise UserError(f"there is no folder {root} of training data; check --source")
    clips = list(_below(root, root, report))
    if not clips:
        raise UserError(f"{root} holds no images to train on; see `sotbench train --help`")
    return clips


def _below(folder: Path, root: Path, report: Report) -> Iterator[Clip]:
    entries = sorted(folder.iterdir())
    description = next((folder / name for name in DESCRIPTIONS if (folder / name).is_file()), None)
    if description:
        yield from _described(description, root, report)
        return
    images = [path for path in entries if path.suffix.lower() in IMAGES]
    truth = next((folder / name for name in TRUTHS if (folder / name).is_file()), None)
    if images and truth:
        yield from _video(images, truth, root, report)
    else:
        yield from (_unlabeled(path, root) for path in images)
    for path in entries:
        if path.is_dir():
            yield from _below(path, root, report)


def _described(file: Path, root: Path, report: Report) -> Iterator[Clip]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        videos = {**content.get("sequences", {}), **content.get("shots", {})}
        images = dict(content.get("images", {}))
    except (ValueError, AttributeError, TypeError) as error:
        report(f"{file} is not a description of boxes ({error}); its images are skipped")
        return
    name = file.parent.relative_to(root).as_posix()
    for video, frames in videos.items():
        tracks: dict[str, list[tuple[Path, NDArray[np.float64]]]] = defaultdict(list)
        for frame in frames:
            try:
                path = file.parent / video / frame["file"]
                objects = _objects(frame)
            except (KeyError, TypeError, ValueError) as error:
                report(f"{file}: a frame of {video} cannot be read ({error!r}); it is skipped")
                continue
            classes = [label for label, _, _ in objects]
            for label, box, _ in objects:
                if classes.count(label) == 1 and _usable(box, path, report):
                    tracks[label].append((path, box))
        for label, track in tracks.items():
            files, boxes = zip(*track, strict=True)
            yield Clip(f"{name}/{video}/{label}".rstrip("/"), files, np.array(boxes), category=label)
    for image, description in images.items():
        path = file.parent / image
        try:
            objects = _objects(description)
        except (KeyError, TypeError, ValueError) as error:
            report(f"{file}: the entry of {image} cannot be read ({error!r}); it is skipped")
            continue
        for index, (label, box, polygons) in enumerate(objects):
            if _usable(box, path, report):
                yield Clip(f"{name}/{image}/{index}", (path,), box[None], polygons, label)


def _objects(description: Any) -> list[tuple[str, NDArray[np.float64], tuple[NDArray[np.float64], ...]]]:
    """Returns class, box and outlines of each object in one frame."""
    listed = description.get("objects", [description])
    found = []
    for item in listed:
        box = np.array(item["box_xywh"], dtype=np.float64)
        if box.shape != (4,):
            raise ValueError(f"a box of {counted(box.size, 'number')}")
        outlines = tuple(np.array(flat, dtype=np.float64).reshape(-1, 2) for flat in item.get("polygons", ()))
        found.append((str(item.get("class", "")), box, outlines))
    return found


def _video(images: list[Path], truth: Path, root: Path, report: Report) -> Iterator[Clip]:
    try:
        boxes = np.array(
            [
                [float(word) for word in line.replace(",", " ").split()]
                for line in truth.read_text(encoding="utf-8").splitlines()
                if line.strip()
            ]
        )
        if boxes.ndim != 2 or boxes.shape[1] != 4:
            raise ValueError("not four numbers in each row")
    except ValueError as error:
        report(f"{truth} cannot be read ({error}); its video is skipped")
        return
    if len(boxes) != len(images):
        rows, frames = counted(len(boxes), "row"), counted(len(images), "image")
        report(f"{truth} has {rows} for {frames}; the rest is ignored")
    kept = [(path, box) for path, box in zip(images, boxes, strict=False) if _usable(box, path, report)]
    if kept:
        files, usable = zip(*kept, strict=True)
        yield Clip(truth.parent.relative_to(root).as_posix(), files, np.array(usable))


def _unlabeled(path: Path, root: Path) -> Clip:
    """Returns an image without boxes; its box is set when it is decoded, so that it is read only once."""
    name = path.relative_to(root)
    category = name.parent.as_posix() if name.parent.parts else ""
    return Clip(name.as_posix(), (path,), np.full((1, 4), np.nan), category=category)


def _usable(box: NDArray[np.float64], path: Path, report: Report) -> bool:
    if not np.isfinite(box).all() or (box[2:] <= 0).any():
        report(f"{path} has a box that is not usable, {box.tolist()}; it is skipped")
        return False
    return bool((box[2:] >= MIN_SIDE).all())
