"""VastTrack: the 3,500 sequences of the test set, 372,133 frames.

Peng et al.: VastTrack: Vast Category Visual Object Tracking, NeurIPS 2024.

    vasttrack/<Class>/<Class>-<n>/imgs/00001.jpg ...    also without the folder <Class>
    vasttrack/<Class>/<Class>-<n>/Groundtruth.txt       x, y, w, h per frame; some are called groundtruth.txt
    vasttrack/annos/<Class>-<n>.txt                     the same as in the evaluation toolkit

Names contain spaces: `Air Hockey-8`. The target is absent in the 21,999 frames whose row is 0, 0, 0, 0; the
toolkit's files `annos/absent` flag the same frames, and are not needed.

`vasttrack.csv` lists frame counts and attributes, from the ground truth and the files `att` of the authors'
evaluation toolkit (HengLan/VastTrack on GitHub).

x and y are read as 1-based. No document says so, but the boxes show it: 6,246 begin at x = 1 and 73 at x = 0.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.frames import sorted_images
from benchmarks.datasets.listed import ListedDataset
from benchmarks.datasets.sequence import Frames
from benchmarks.datasets.sequence_names import normalize_name
from benchmarks.geometry.missing_boxes import empty_box_mask
from trackers.regular_files import may_exist
from trackers.tracker import Boxes


class VastTrack(ListedDataset):
    """The 3,500 test sequences of VastTrack."""

    name = "vasttrack"
    title = "VastTrack"
    attributes = ("LR", "SV", "FM", "ARC", "IV", "INV", "DEF", "ROT", "BC", "MB")
    table = "vasttrack.csv"
    root_folders = ("VastTrack", "vasttrack")
    layout = "<Class>/<Class>-<n>/imgs and Groundtruth.txt, or annos/<Class>-<n>.txt"

    def folder(self, name: str) -> Path:
        if (flat := self.folders.get(normalize_name(name))) is not None:
            return flat
        category = name.rpartition("-")[0]
        return self.folders.get(normalize_name(category), self.root / category) / name

    def truth_path(self, name: str) -> Path:
        folder = self.folder(name)
        own = folder / "Groundtruth.txt"
        others = (own, folder / "groundtruth.txt", self.root / "annos" / f"{name}.txt")
        return next((path for path in others if may_exist(path)), own)

    def absent_frames(self, name: str, truth: Boxes) -> NDArray[np.bool_]:  # noqa: ARG002 - the same for all
        return empty_box_mask(truth)

    def open_images(self, name: str, length: int) -> Frames:
        return sorted_images(self.folder(name) / "imgs", length)
