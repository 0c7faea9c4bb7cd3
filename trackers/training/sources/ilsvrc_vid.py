"""Reads ILSVRC2015-VID, the videos that SiamFC and GradNet were trained on.

    Annotations/VID/train/<part>/<video>/000000.xml     objects of a frame, in Pascal VOC's format
    Data/VID/train/<part>/<video>/000000.JPEG           the frame

An object keeps its `trackid` through its video, and each becomes a clip. Frames where it is occluded, and
boxes that were interpolated (`generated`), are used like all others.

Corners are taken as 0-based pixels, both inside the box, so that a box is xmax - xmin + 1 wide: in 1280 pixel
wide images they go from 0 to 1279.

Source: Russakovsky et al., ImageNet Large Scale Visual Recognition Challenge, IJCV 2015.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from trackers.errors import UserError
from trackers.training.sources.clip import Clip, large_boxes
from trackers.wording import agree, counted

LARGEST_FILE = 1 << 18  # bytes; thirty objects have 10,000
FARTHEST = 1e6  # pixels that a corner can be from the origin
READERS = 4  # threads; parsing is serial, but waiting for the disk is not
CORNERS = ("xmin", "ymin", "xmax", "ymax")

Box = tuple[float, float, float, float]


def read(root: Path, report: Callable[[str], None]) -> list[Clip]:
    """Reads the training videos: some 9,000 files of annotations a second, two minutes for all 1.1 million.

    Args:
        root: the folder that holds `Annotations` and `Data`, called ILSVRC2015 or ILSVRC.
        report: called with one sentence for everything that is skipped.

    Raises:
        UserError: there are no annotations, or nothing usable in them.
    """
    annotations = root / "Annotations" / "VID" / "train"
    if not annotations.is_dir():
        raise UserError(f"there is no folder {annotations}; give --source the folder that holds Annotations")
    folders = sorted(path for path in annotations.glob("*/*") if path.is_dir())
    images = [root / "Data" / path.relative_to(root / "Annotations") for path in folders]
    clips = []
    with ThreadPoolExecutor(READERS) as pool:
        for found, sentences in pool.map(_video, folders, images):
            clips += found
            for sentence in sentences:
                report(sentence)
    if not clips:
        raise UserError(f"{root} holds no video to train on; it must hold Data/VID/train as well")
    return clips


def _video(annotations: Path, images: Path) -> tuple[list[Clip], list[str]]:
    """Returns the clips of a video, and messages about its bad files."""
    if not images.is_dir():
        return [], [f"there is no folder {images}; its video is skipped"]
    frames_by_name = {path.stem: path for path in images.iterdir()}
    tracks: dict[str, dict[str, Box]] = defaultdict(dict)
    wrong = []
    missing = []
    for path in sorted(annotations.glob("*.xml"), key=lambda path: path.name):
        try:
            objects = _objects(path)
        except (OSError, ValueError, ElementTree.ParseError) as error:
            wrong.append(f"{path} cannot be read ({error}); its frame is skipped")
            continue
        if path.stem not in frames_by_name:
            missing.append(path.stem)
            continue
        for track, box in objects.items():
            tracks[track][path.stem] = box
    if missing:
        number = len(missing)
        skipped = agree(number, "it is skipped", "they are skipped")
        wrong.append(f"{images} lacks {counted(number, 'frame')}, such as {missing[0]}; {skipped}")
    name = "/".join(annotations.parts[-2:])
    clips = []
    for track, frames in sorted(tracks.items()):
        boxes = np.array(list(frames.values()))
        enough = large_boxes(boxes)
        if enough.any():
            files = tuple(frames_by_name[frame] for frame, keep in zip(frames, enough, strict=True) if keep)
            clips.append(Clip(f"{name}/{track}", files, boxes[enough]))
    return clips, wrong


def _objects(path: Path) -> dict[str, Box]:
    """Returns the boxes x, y, w, h of a frame, by track.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not an annotation of a video's frame.
        xml.etree.ElementTree.ParseError: it is not XML.
    """
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ValueError(f"more than {LARGEST_FILE} bytes")
    # Entity declarations can exhaust the memory; encodings with zeros could hide them.
    if b"<!" in content or b"\0" in content:
        raise ValueError("declarations or zeros, which annotations do not have")
    boxes: dict[str, Box] = {}
    for item in ElementTree.fromstring(content).iter("object"):
        track, corners = item.findtext("trackid"), item.find("bndbox")
        if track is None or corners is None:
            raise ValueError("an object without track or box")
        left, top, right, bottom = (float(corners.findtext(corner, "")) for corner in CORNERS)
        if not (-FARTHEST <= left <= right <= FARTHEST and -FARTHEST <= top <= bottom <= FARTHEST):
            raise ValueError("a box with impossible corners")
        boxes[track] = (left, top, right - left + 1, bottom - top + 1)
    return boxes
