"""CVAT's "CVAT for video 1.1": an XML file with a track for each target and a box for each of its frames.

Frames count from 0, corners are in pixels from 0 on. Between keyframes CVAT moves boxes evenly, and so do we
where a file has the keyframes alone; from a box that is `outside` on, the target is absent.
"""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np

from benchmarks.datasets.annotations.track import Track, track_of
from trackers.errors import UserError
from trackers.tracker import Boxes


def read_cvat(text: str, where: str) -> list[Track]:
    """Reads the targets of a video.

    Raises:
        UserError: it is no such file, or has no track with boxes.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UserError(f"{where}: it declares entities, which CVAT's files do not")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise UserError(f"{where}: no valid XML ({error})") from None
    if root.tag != "annotations":
        raise UserError(f"{where}: no file of CVAT, whose first element is <annotations>")
    tracks = root.findall("track")
    if not tracks and root.find("image") is not None:
        raise UserError(f"{where}: is 'CVAT for images'; export the task as 'CVAT for video 1.1'")
    size = _size(root)
    found: list[Track] = []
    for track in tracks:
        boxes = track.findall("box")
        if not boxes:
            raise UserError(
                f"{where}: track {track.get('id')} has no rectangles; only these are boxes to be tracked"
            )
        found.append(_track(f"{track.get('id', len(found))}", boxes, where, size))
    if not found:
        raise UserError(f"{where}: holds no tracks; annotate the target in CVAT's track mode")
    return found


def _track(target: str, boxes: list[ElementTree.Element], where: str, size: tuple[int, int] | None) -> Track:
    seen: dict[int, Boxes] = {}
    last: tuple[int, Boxes] | None = None
    try:
        for box in sorted(boxes, key=lambda each: int(each.get("frame", ""))):
            frame = int(box.get("frame", ""))
            left, top, right, bottom = (float(box.get(key, "")) for key in ("xtl", "ytl", "xbr", "ybr"))
            here = np.array([left, top, right - left, bottom - top])
            if last is not None and frame - last[0] < 1_000_000:
                for between in range(last[0] + 1, frame):
                    share = (between - last[0]) / (frame - last[0])
                    seen[between] = last[1] + share * (here - last[1])
            if box.get("outside") == "1":
                last = None
            else:
                seen[frame], last = here, (frame, here)
    except ValueError:
        raise UserError(f"{where}: a box of track {target} lacks a frame or a corner") from None
    return track_of(target, seen, where, size=size)


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    size = root.find(".//original_size")
    width, height = ("", "") if size is None else (size.findtext("width", ""), size.findtext("height", ""))
    return (int(width), int(height)) if width.isdecimal() and height.isdecimal() else None
