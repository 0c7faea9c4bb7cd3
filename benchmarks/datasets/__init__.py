"""The registry of data sets; each is imported on first use."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.datasets.sequence import Dataset, Frames, Sequence, SequenceError
from trackers.errors import UserError
from trackers.registry import Entry, Registry

__all__ = ["DATASETS", "Dataset", "Frames", "Sequence", "SequenceError", "default_data_root", "open_dataset"]

DATASETS = Registry(
    "data set",
    {
        "demo": Entry(
            "benchmarks.datasets.demo:Demo", "9 rendered sequences, 60 frames each; needs no files"
        ),
        "otb2015": Entry(
            "benchmarks.datasets.otb:OTB2015", "100 targets, 59,040 frames (Wu, Lim, Yang 2015)"
        ),
        "otb2013": Entry("benchmarks.datasets.otb:OTB2013", "51 targets of otb2015 (Wu, Lim, Yang 2013)"),
        "otb50": Entry("benchmarks.datasets.otb:OTB50", "the 50 hardest targets of otb2015, or TB-50"),
        "tc128": Entry("benchmarks.datasets.tc128:TC128", "129 targets, 55,346 frames (Temple-Color)"),
        "vot2017": Entry("benchmarks.datasets.vot:VOT2017", "60 sequences, 21,356 frames, rotated boxes"),
        "vot2018": Entry("benchmarks.datasets.vot:VOT2018", "the sequences of vot2017 under VOT2018's name"),
        "vot2019": Entry("benchmarks.datasets.vot:VOT2019", "60 sequences, 19,935 frames, rotated boxes"),
        "vot2020": Entry("benchmarks.datasets.vot:VOT2020", "60 sequences with anchors; masks as boxes"),
        "vot2021": Entry("benchmarks.datasets.vot:VOT2021", "60 sequences with anchors; masks as boxes"),
        "vot2022": Entry("benchmarks.datasets.vot:VOT2022", "62 sequences with anchors; boxes (STB)"),
        "vot2018-lt": Entry(
            "benchmarks.datasets.vot:VOT2018LT",
            "35 long sequences, 146,847 frames; the target is often absent",
        ),
        "vot2019-lt": Entry("benchmarks.datasets.vot:VOT2019LT", "50 long sequences, also of 2020 and 2021"),
        "lasot": Entry(
            "benchmarks.datasets.lasot:LaSOT", "280 test sequences, 685,360 frames; 1,400 with --split all"
        ),
        "lasot-ext": Entry("benchmarks.datasets.lasot:LaSOTExt", "150 sequences of 15 more classes"),
        "uav123": Entry("benchmarks.datasets.uav:UAV123", "123 sequences from drones, 112,578 frames"),
        "uav20l": Entry("benchmarks.datasets.uav:UAV20L", "20 long sequences of uav123, 58,670 frames"),
        "uav123_10fps": Entry(
            "benchmarks.datasets.uav:UAV123At10FPS", "uav123 at 10 frames per second, 37,607 frames"
        ),
        "dtb70": Entry("benchmarks.datasets.dtb70:DTB70", "70 sequences from drones, 15,777 frames"),
        "uavdt": Entry("benchmarks.datasets.uavdt:UAVDT", "50 sequences of vehicles, 37,084 frames"),
        "nfs": Entry(
            "benchmarks.datasets.nfs:NfS",
            "Need for Speed: 100 sequences, 47,953 frames; 240 frames per second with --split 240",
        ),
        "nfs-240": Entry("benchmarks.datasets.nfs:NfS240", "nfs --split 240, under the name of its results"),
        "got10k": Entry(
            "benchmarks.datasets.got10k:GOT10k", "180 sequences, 21,007 frames; --split test for the server"
        ),
        "trackingnet": Entry(
            "benchmarks.datasets.trackingnet:TrackingNet", "511 test sequences, for the server"
        ),
        "tnl2k": Entry("benchmarks.datasets.tnl2k:TNL2K", "700 test sequences, 516,038 frames"),
        "vasttrack": Entry("benchmarks.datasets.vasttrack:VastTrack", "3,500 test sequences, 372,133 frames"),
        "avist": Entry("benchmarks.datasets.avist:AVisT", "120 sequences in adverse visibility"),
        "folder": Entry(
            "benchmarks.datasets.folder.dataset:FolderDataset",
            "any folder of image folders with ground truth: --data-root",
        ),
    },
    group="sotbench.datasets",
    hint="see `sotbench list datasets`",
)


def default_data_root() -> Path | None:
    """Returns the folder that the environment variable `SOTBENCH_DATA` names, or None if it is not set."""
    root = os.environ.get("SOTBENCH_DATA")
    return Path(root) if root else None


def open_dataset(name: str, data_root: Path | None, split: str | None = None) -> Dataset:
    """Opens the data set `name`.

    Args:
        name: a registered name, or `folder-<name>`, the name of a user's folder in the results.
        data_root: the folder that contains one folder per data set; for `folder`, the data set itself.
        split: the part to open, for data sets with several; None for the default one.

    Raises:
        UserError: the name or the split is unknown, or the data set's files are missing.
    """
    if name.startswith("folder-"):
        from benchmarks.datasets.folder.dataset import open_folder

        return open_folder(name, data_root)
    kind = DATASETS.load(name)
    dataset: Dataset
    if split is None:
        dataset = kind(data_root)
    elif split in (splits := getattr(kind, "splits", ())):
        dataset = kind(data_root, split=split)
    else:
        takes = f"takes --split {' or '.join(splits)}, not '{split}'" if splits else "has no splits"
        raise UserError(f"data set '{name}' {takes}")
    return dataset
