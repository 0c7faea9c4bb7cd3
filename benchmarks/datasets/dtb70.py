"""DTB70, the Drone Tracking Benchmark: 70 sequences, 15,777 frames.

Li, Yeung: Visual Object Tracking for Unmanned Aerial Vehicles: A Benchmark and New Motion Models, AAAI 2017.

    dtb70/<sequence>/img/00001.jpg ...
    dtb70/<sequence>/groundtruth_rect.txt      x, y, w, h per frame, with 1-based x and y

`dtb70.csv` lists frame counts and attributes, counted in the authors' ground truth and read from its flags,
as redistributed with vision4robotics/AutoTrack on GitHub. 19 rows, all of Car6, are 0, 0, 0, 0.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.datasets.listed import ListedDataset


class DTB70(ListedDataset):
    """The 70 sequences of DTB70."""

    name = "dtb70"
    title = "DTB70"
    attributes = ("SV", "ARV", "OCC", "DEF", "FCM", "IPR", "OPR", "OV", "BC", "SOA", "MB")
    table = "dtb70.csv"
    root_folders = ("DTB70", "dtb70")
    layout = "<sequence>/img and groundtruth_rect.txt"

    def truth_path(self, name: str) -> Path:
        return self.folder(name) / "groundtruth_rect.txt"
