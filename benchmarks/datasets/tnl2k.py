"""TNL2K: the 700 sequences of the test set, 516,038 frames.

Wang et al.: Towards More Flexible and Accurate Object Tracking with Natural Language, CVPR 2021.

    tnl2k/<sequence>/imgs/...                   image files of any names
    tnl2k/<sequence>/groundtruth.txt            x, y, w, h per frame
    tnl2k/annos/gt_rect/<sequence>.txt          the same as in the evaluation toolkit,
    tnl2k/annos/absent/<sequence>.txt           with 1 where the target is absent

Images are taken in the order of the numbers in their names, which follow no common pattern.

65,253 frames are flagged as absent. Without those files, frames whose box has no area are taken as absent:
the flagged ones and one more in 12 sequences each. The flags of advSamp_monitor_bikeyellow have one row too
many.

`tnl2k.csv` lists frame counts and attributes, counted in the authors' ground truth and read from `annos/att`
of their evaluation toolkit (wangxiao5791509/TNL2K_evaluation_toolkit on GitHub).

x and y are used unshifted. No document says how pixels count, but the boxes show it: 5,481 begin at x = 0 and
2,228 at x = 1; 2,076 end at x + w = 1279 and 708 at 1280. The toolkit, LaSOT's, takes boxes with x = 0 or
y = 0 as missing all the same, and so does profile `lasot`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.frames import sorted_images
from benchmarks.datasets.listed import ListedDataset
from benchmarks.datasets.sequence import Frames
from benchmarks.datasets.truth_files import expect_rows, read_flags
from benchmarks.geometry.missing_boxes import empty_box_mask
from trackers.regular_files import may_exist
from trackers.tracker import Boxes

_ONE_FLAG_TOO_MANY = "advSamp_monitor_bikeyellow"


class TNL2K(ListedDataset):
    """The 700 test sequences of TNL2K."""

    name = "tnl2k"
    title = "TNL2K"
    one_based = False
    attributes = (
        *("CM", "ROT", "DEF", "FOC", "IV", "OV", "POC", "VC", "SV"),
        *("BC", "MB", "ARC", "LR", "FM", "AS", "TC", "MS"),
    )
    table = "tnl2k.csv"
    root_folders = ("TNL2K_test_subset", "TNL2K", "tnl2k")
    layout = "<sequence>/imgs and groundtruth.txt, or annos/gt_rect/<sequence>.txt"

    def truth_path(self, name: str) -> Path:
        own = self.folder(name) / "groundtruth.txt"
        toolkit = self.root / "annos" / "gt_rect" / f"{name}.txt"
        return toolkit if not may_exist(own) and may_exist(toolkit) else own

    def absent_frames(self, name: str, truth: Boxes) -> NDArray[np.bool_]:
        path = self.root / "annos" / "absent" / f"{name}.txt"
        if not may_exist(path):
            return empty_box_mask(truth)
        flags = read_flags(path)
        if name == _ONE_FLAG_TOO_MANY:
            flags = flags[: len(truth)]
        expect_rows(path, len(flags), len(truth))
        return flags

    def open_images(self, name: str, length: int) -> Frames:
        return sorted_images(self.folder(name) / "imgs", length)
