"""The three data sets of the Object Tracking Benchmark, which share one folder.

    otb2015/<Folder>/img/0001.jpg ...
    otb2015/<Folder>/groundtruth_rect.txt      (Jogging and Skating2: groundtruth_rect.1.txt and .2.txt)

OTB2015, also called TB-100, has 100 targets (Wu, Lim, Yang: Object Tracking Benchmark, PAMI 2015). OTB2013 is
the first edition (Online Object Tracking: A Benchmark, CVPR 2013): 50 videos, 51 targets, 29,491 frames.
OTB50, also called TB-50, has the 50 targets of TB-100 that the authors found hardest.

Ground truth is x, y, w, h with 1-based x and y. `otb2015.csv` has one row per target: the evaluated frames,
the first frame of the ground-truth file, the attributes and the subsets. It comes from the benchmark's own
Python toolkit (jwlim/tracker_benchmark on GitHub; subsets from its `cvpr13.txt` and `tb_50.txt`). Published
lists of attributes disagree; that toolkit's has SV 65, OCC 49 of 100.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from benchmarks.datasets.disk_dataset import read_metadata
from benchmarks.datasets.target_list import TargetEntry, TargetListDataset

_MORE_IMAGES_THAN_ROWS = {"Football1", "Freeman3", "Freeman4", "Diving"}


class OTB2015(TargetListDataset):
    """The 100 targets of OTB2015."""

    name = "otb2015"
    title = "OTB2015"
    root_folders: ClassVar[tuple[str, ...]] = ("otb2015",)
    layout = "<Sequence>/img and groundtruth_rect.txt"

    def list_targets(self) -> Mapping[str, TargetEntry]:
        return {
            row["name"]: TargetEntry(
                folder=row["folder"],
                truth=row["truth"],
                truth_starts=int(row["truth_starts"]),
                first=int(row["first"]),
                last=int(row["last"]),
                attributes=tuple(row["attributes"].split()),
            )
            for row in read_metadata("otb2015.csv")
            if self.name in ("otb2015", *row["subsets"].split())
        }

    def has_extra_images(self, name: str) -> bool:
        return name in _MORE_IMAGES_THAN_ROWS or super().has_extra_images(name)


class OTB2013(OTB2015):
    """The 51 targets of OTB2013."""

    name = "otb2013"
    title = "OTB2013"
    root_folders = ("otb2013", "otb2015")
    related = ("otb2015",)


class OTB50(OTB2015):
    """The 50 targets of OTB50."""

    name = "otb50"
    title = "OTB50"
    root_folders = ("otb50", "otb2015")
    related = ("otb2015",)
