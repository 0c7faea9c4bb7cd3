"""Reads COCO for videos: one JSON file for all videos of a data set.

There are two forms. In TAO and OVIS, each annotation belongs to an image and has the target's number
(`track_id` or `instance_id`); the image names its video and its position there (`video_id`, `frame_id`). In
YouTube-VIS, each annotation belongs to a video and has one box per frame, null where the target is absent
(`bboxes`). Boxes are x, y, w, h, 0-based.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from benchmarks.datasets.annotations.track import Track, track_from_boxes
from benchmarks.datasets.videos import is_video
from trackers.errors import UserError
from trackers.tracker import Boxes

_ORDER = ("frame_id", "frame_index", "frame_number")
_TARGET = ("track_id", "instance_id", "object_id")


def is_coco(text: str) -> bool:
    """Returns whether a JSON text looks like a COCO file, without parsing it."""
    return text.lstrip().startswith("{") and '"annotations"' in text and '"videos"' in text


def read_coco(text: str, where: str) -> dict[str, list[Track]]:
    """Reads the targets of each video, by the video's name.

    Raises:
        UserError: the text is not COCO for videos.
    """
    try:
        content = json.loads(text)
        videos = {video["id"]: video for video in content["videos"]}
        annotations = content["annotations"]
        found: dict[Any, dict[Any, dict[int, Boxes]]] = defaultdict(lambda: defaultdict(dict))
        names: dict[Any, dict[int, str]] = defaultdict(dict)
        sizes: dict[Any, tuple[int, int] | None] = {key: _size(video) for key, video in videos.items()}
        positions: dict[Any, tuple[Any, int]] = {}
        for key, video in videos.items():
            names[key] = dict(enumerate(video.get("file_names", [])))
        for video_id, frame, image in _in_frame_order(content.get("images", [])):
            positions[image["id"]] = (video_id, frame)
            names[video_id][frame] = str(image["file_name"])
            sizes[video_id] = sizes.get(video_id) or _size(image)
        for annotation in annotations:
            target = next((annotation[key] for key in _TARGET if key in annotation), None)
            if "bboxes" in annotation:
                rows = found[annotation["video_id"]][annotation["id"] if target is None else target]
                rows.update({frame: _box(box) for frame, box in enumerate(annotation["bboxes"]) if box})
            else:
                video_id, frame = positions[annotation["image_id"]]
                found[video_id][1 if target is None else target][frame] = _box(annotation["bbox"])
        return {
            _name(videos[key]): [
                track_from_boxes(str(target), rows, where, names[key], sizes[key])
                for target, rows in sorted(targets.items(), key=lambda item: str(item[0]))
            ]
            for key, targets in found.items()
        }
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise UserError(
            f"{where}: not a COCO file of videos ({type(error).__name__}: {str(error)[:80]}); it needs "
            "videos, images with video_id, and annotations with bbox and track_id"
        ) from None


def _in_frame_order(images: list[Mapping[str, Any]]) -> list[tuple[Any, int, Mapping[str, Any]]]:
    """Returns (video id, frame, image) per image, by frame numbers if there are any, or as listed."""
    by_video: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for image in images:
        by_video[image["video_id"]].append(image)
    positions = []
    for video_id, group in by_video.items():
        order = next((key for key in _ORDER if all(key in image for image in group)), None)
        if order:
            group = sorted(group, key=lambda image: int(image[order]))
        positions += [(video_id, frame, image) for frame, image in enumerate(group)]
    return positions


def _box(box: Any) -> Boxes:
    x, y, w, h = (float(number) for number in box)
    return np.array([x, y, w, h])


def _size(item: Mapping[str, Any]) -> tuple[int, int] | None:
    return (int(item["width"]), int(item["height"])) if {"width", "height"} <= item.keys() else None


def _name(video: Mapping[str, Any]) -> str:
    name = video.get("name") or video.get("file_name") or video.get("video_name")
    if not name:
        names = video.get("file_names") or [str(video["id"])]
        name = PurePosixPath(str(names[0])).parent.name or str(video["id"])
    path = PurePosixPath(str(name))
    return path.stem if is_video(path) else path.name
