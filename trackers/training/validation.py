"""Validation: tracks the clips that are held back from training."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from trackers.images import open_image
from trackers.regions import iou
from trackers.tracker import Tracker
from trackers.training.patch_cache import IMAGE_ERRORS
from trackers.training.sources.clip import Clip


def average_overlap(tracker: Tracker, clips: Sequence[Clip], report: Callable[[str], None]) -> float:
    """Returns the mean over clips of the mean IoU (0..1) of all frames but the first; nan without clips."""
    means = []
    for clip in clips:
        try:
            frames = [_decoded(clip, index) for index in range(len(clip.files))]
        except IMAGE_ERRORS as error:
            report(f"{clip.name} cannot be used for validation ({error}); it is skipped")
            continue
        tracker.init(frames[0], clip.boxes[0])
        boxes = np.array([tracker.update(frame) for frame in frames[1:]])
        means.append(iou(boxes, clip.boxes[1:]).mean())
    return float(np.mean(means)) if means else float("nan")


def _decoded(clip: Clip, index: int) -> NDArray[np.uint8]:
    with open_image(clip.files[index]) as file:
        return np.asarray(file.convert("RGB"))
