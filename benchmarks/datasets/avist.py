"""AVisT: 120 sequences in rain, fog, smoke and other adverse visibility.

Noman et al.: AVisT: A Benchmark for Visual Object Tracking in Adverse Visibility, BMVC 2022.

    avist/sequences/<sequence>/img_00001.jpg ...
    avist/anno/<sequence>.txt                                 x, y, w, h per frame
    avist/full_occlusion/<sequence>_full_occlusion.txt        0 or 1 per frame
    avist/out_of_view/<sequence>_out_of_view.txt              0 or 1 per frame

The target is absent in frames that either file flags. `avist.csv` lists names and attributes, from
pytracking: weather conditions (WC), obstruction effects (OE), imaging effects (IE), target effects (TE) and
camouflage (CM). Frame counts are not published, and are the rows of the files.

x and y are used unshifted, as in pytracking; no document says how pixels count.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.listed import ListedDataset
from benchmarks.datasets.truth_files import read_any_flag
from trackers.tracker import Boxes


class AVisT(ListedDataset):
    """The 120 sequences of AVisT."""

    name = "avist"
    title = "AVisT"
    attributes = ("WC", "OE", "IE", "TE", "CM")
    one_based = False
    table = "avist.csv"
    image_prefix = "img_"
    root_folders = ("AVisT", "avist")
    layout = "anno/<sequence>.txt and sequences/<sequence>"

    def folder(self, name: str) -> Path:
        return self.root / "sequences" / name

    def truth_path(self, name: str) -> Path:
        return self.root / "anno" / f"{name}.txt"

    def images_path(self, name: str) -> Path:
        return self.folder(name)

    def absent_frames(self, name: str, truth: Boxes) -> NDArray[np.bool_]:
        kinds = ("full_occlusion", "out_of_view")
        return read_any_flag([self.root / kind / f"{name}_{kind}.txt" for kind in kinds], len(truth))
