"""UAV123, UAV20L and UAV123@10fps, filmed from low-flying drones.

Mueller, Smith, Ghanem: A Benchmark and Simulator for UAV Tracking, ECCV 2016.

    uav123/data_seq/UAV123/<folder>/000001.jpg ...         the images of UAV20L as well
    uav123/anno/UAV123/<sequence>.txt                      x, y, w, h per frame, with 1-based x and y
    uav123/anno/UAV20L/<sequence>.txt
    uav123_10fps/data_seq/UAV123_10fps/<folder>/000001.jpg ...
    uav123_10fps/anno/UAV123_10fps/<sequence>.txt

Several sequences may be windows of one folder of images: bird1_1 has images 1 to 253 of bird1, bird1_2 has
775 to 1477. `uav123.csv`, `uav20l.csv` and `uav123_10fps.csv` list the windows, from the authors'
`configSeqs.m`, and the attributes, from their files `anno/<set>/att`. The latter are those of UAV123 for
UAV123@10fps, whose ground truth is every third row of UAV123's.

Frames in which the target is hidden or out of view are rows of NaN: 2,683 in UAV123, 2,409 in UAV20L.
Toolkits differ in how such frames count, by up to a point of success: see the profiles. Results whose names
begin with `uav_`, as pytracking's do, are matched as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from benchmarks.datasets.listed import ListedDataset


class UAV123(ListedDataset):
    """The 123 sequences of UAV123, 112,578 frames."""

    name = "uav123"
    title = "UAV123"
    attributes = ("SV", "ARC", "LR", "FM", "FOC", "POC", "OV", "BC", "IV", "VC", "CM", "SOB")
    table = "uav123.csv"
    root_folders: ClassVar[tuple[str, ...]] = ("UAV123", "uav123")
    layout = "anno/UAV123/<sequence>.txt and data_seq/UAV123/<folder>"
    annotations: ClassVar[str] = "UAV123"
    images: ClassVar[str] = "UAV123"

    def truth_path(self, name: str) -> Path:
        return self.root / "anno" / self.annotations / f"{name}.txt"

    def folder(self, name: str) -> Path:
        return self.root / "data_seq" / self.images / self.folder_name(name)

    def images_path(self, name: str) -> Path:
        return self.folder(name)

    def has_extra_images(self, name: str) -> bool:  # noqa: ARG002 - the same for all
        # Folders are shared by several sequences, and by UAV123 and UAV20L.
        return True


class UAV20L(UAV123):
    """The 20 long sequences of UAV20L, 58,670 frames, in the folder of UAV123."""

    name = "uav20l"
    title = "UAV20L"
    table = "uav20l.csv"
    root_folders = ("UAV20L", "uav20l", "UAV123", "uav123")
    layout = "anno/UAV20L/<sequence>.txt and data_seq/UAV123/<folder>"
    annotations = "UAV20L"


class UAV123At10FPS(UAV123):
    """UAV123 at 10 frames per second: 123 sequences, 37,607 frames."""

    name = "uav123_10fps"
    title = "UAV123@10fps"
    table = "uav123_10fps.csv"
    root_folders = ("UAV123_10fps", "uav123_10fps")
    layout = "anno/UAV123_10fps/<sequence>.txt and data_seq/UAV123_10fps/<folder>"
    annotations = "UAV123_10fps"
    images = "UAV123_10fps"
