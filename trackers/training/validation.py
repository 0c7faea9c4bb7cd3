"""Tracking of clips that are held back from training."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from trackers.images import open_image
from trackers.regions import iou
from trackers.tracker import Tracker
from trackers.training.patch_cache import IMAGE_ERRORS
from trackers.training.sources.clip import Clip

MIN_FRAMES = 12  # a clip of fewer says little about tracking


def hold_back(clips: Sequence[Clip], share: float) -> tuple[list[Clip], list[Clip]]:
    """Splits clips into those to train on and those to validate on.

    Args:
        clips: all of them.
        share: of the videos, to be held back; the choice depends on the clips' names alone.
    """
    # Several objects of one video lie in one folder, and go together.
    names = {clip.files[0].parent: clip.name for clip in clips if len(clip.files) >= MIN_FRAMES}
    ranked = sorted(names, key=lambda folder: hashlib.sha256(names[folder].encode()).digest())
    held = set(ranked[: round(share * len(ranked))])
    return (
        [clip for clip in clips if clip.files[0].parent not in held],
        [clip for clip in clips if clip.files[0].parent in held and len(clip.files) >= MIN_FRAMES],
    )


def average_overlap(tracker: Tracker, clips: Sequence[Clip], report: Callable[[str], None]) -> float:
    """Mean over clips of the mean overlap (0..1) of all frames but the first; nan without clips."""
    means = []
    for clip in clips:
        try:
            frames = [_decoded(clip, index) for index in range(len(clip.files))]
        except IMAGE_ERRORS as error:
            report(f"{clip.name} cannot be validated on ({error}); it is left out")
            continue
        tracker.init(frames[0], clip.boxes[0])
        boxes = np.array([tracker.update(frame) for frame in frames[1:]])
        means.append(iou(boxes, clip.boxes[1:]).mean())
    return float(np.mean(means)) if means else float("nan")


def _decoded(clip: Clip, index: int) -> NDArray[np.uint8]:
    with open_image(clip.files[index]) as file:
        return np.asarray(file.convert("RGB"))
