"""UAVDT-SOT, the single-object part of UAVDT: 50 sequences, 37,084 frames.

Du et al.: The Unmanned Aerial Vehicle Benchmark: Object Detection and Tracking, ECCV 2018.

    uavdt/UAV-benchmark-S/S0101/img000001.jpg ...      also without the folder UAV-benchmark-S
    uavdt/anno/S0101_gt.txt                            x, y, w, h per frame

`uavdt.csv` lists frame counts and attributes, counted in the authors' ground truth and read from its files
`anno/att`, as redistributed with vision4robotics/AutoTrack on GitHub.

x and y are read as 1-based, as the MATLAB toolkit takes them. The boxes do not tell: 82 end at the right edge
x + w = 1024 and 18 at 1025; 79 begin at y = 0 and 103 at y = 1. For that toolkit, boxes at y = 0 are missing.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.datasets.listed import ListedDataset
from trackers.regular_files import is_folder


class UAVDT(ListedDataset):
    """The 50 sequences of UAVDT-SOT."""

    name = "uavdt"
    title = "UAVDT"
    attributes = ("BC", "CM", "OM", "SO", "IV", "OB", "SV", "LT", "LO")
    table = "uavdt.csv"
    image_prefix = "img"
    root_folders = ("UAVDT", "uavdt")
    layout = "anno/<sequence>_gt.txt and UAV-benchmark-S/<sequence>"

    def truth_path(self, name: str) -> Path:
        return self.root / "anno" / f"{name}_gt.txt"

    def folder(self, name: str) -> Path:
        official = self.root / "UAV-benchmark-S" / name
        return official if is_folder(official) else self.find_folder(name)

    def images_path(self, name: str) -> Path:
        return self.folder(name)
