"""Reads "CVAT for video 1.1": an XML file with a track per target and a box per frame.

Frames and pixels count from 0. If a file has only keyframes, boxes between them are interpolated linearly, as
CVAT does. From a box marked `outside` on, the target is absent.
"""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np

from benchmarks.datasets.annotations.track import MAX_FRAMES, Track, track_from_boxes
from trackers.errors import UserError
from trackers.tracker import Boxes


def read_cvat(text: str, where: str) -> list[Track]:
    """Reads the targets of a video.

    Raises:
        UserError: the text is not CVAT for video, or has no track with boxes.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UserError(f"{where}: it declares XML entities, which CVAT never writes")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise UserError(f"{where}: not valid XML ({error})") from None
    if root.tag != "annotations":
        raise UserError(f"{where}: not a CVAT file; its root element must be <annotations>")
    tracks = root.findall("track")
    if not tracks and root.find("image") is not None:
        raise UserError(f"{where}: is 'CVAT for images'; export the task as 'CVAT for video 1.1'")
    size = _size(root)
    found: list[Track] = []
    for track in tracks:
        boxes = track.findall("box")
        if not boxes:
            raise UserError(
                f"{where}: track {track.get('id')} has no rectangles; only rectangles can be tracked"
            )
        found.append(_track(f"{track.get('id', len(found))}", boxes, where, size))
    if not found:
        raise UserError(f"{where}: holds no tracks; annotate the target in CVAT's track mode")
    return found


def _track(target: str, boxes: list[ElementTree.Element], where: str, size: tuple[int, int] | None) -> Track:
    found: dict[int, Boxes] = {}
    previous: tuple[int, Boxes] | None = None
    try:
        for box in sorted(boxes, key=lambda each: int(each.get("frame", ""))):
            frame = int(box.get("frame", ""))
            left, top, right, bottom = (float(box.get(key, "")) for key in ("xtl", "ytl", "xbr", "ybr"))
            current = np.array([left, top, right - left, bottom - top])
            if previous is not None and frame - previous[0] < MAX_FRAMES:
                start, before = previous
                for between in range(start + 1, frame):
                    fraction = (between - start) / (frame - start)
                    found[between] = before + fraction * (current - before)
            if box.get("outside") == "1":
                previous = None
            else:
                found[frame], previous = current, (frame, current)
    except ValueError:
        raise UserError(f"{where}: a box of track {target} lacks a frame or a corner") from None
    return track_from_boxes(target, found, where, size=size)


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    size = root.find(".//original_size")
    width, height = ("", "") if size is None else (size.findtext("width", ""), size.findtext("height", ""))
    return (int(width), int(height)) if width.isdecimal() and height.isdecimal() else None
