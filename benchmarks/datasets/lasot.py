"""LaSOT and LaSOT_ext.

Fan et al.: LaSOT, a High-quality Benchmark for Large-scale Single Object Tracking, CVPR 2019.

    lasot/<class>/<class>-<n>/img/00000001.jpg ...      also without the folder <class>
    lasot/<class>/<class>-<n>/groundtruth.txt           x, y, w, h per frame
    lasot/<class>/<class>-<n>/full_occlusion.txt        0 or 1 per frame, as is out_of_view.txt
    lasot/annos/<class>-<n>.txt                         ground truth as in the evaluation toolkit,
    lasot/annos/absent/<class>-<n>.txt                  with 1 where the target is occluded or out of view
    lasot-ext/<class>/<class>-<n>/...                   the same for LaSOT_ext

Protocol II, the default, has the 280 sequences of the test set (685,360 frames). Protocol I, `split="all"`,
has the 1,400 sequences of 70 classes (3,517,342 frames). `lasot.csv` lists both, with frame counts and
attributes from the authors' evaluation toolkit (HengLan/LaSOT_Evaluation_Toolkit on GitHub, commit 95bf38a).

x and y are read as 1-based. No document says so, but the boxes show it: in the test set 8,198 begin at x = 1
and 48 at x = 0; at the right edge of 1280 pixel wide images 10,176 end at x + w = 1280 and 134 at 1281.
Toolkits shift neither ground truth nor results, so published results are 1-based too, and overlaps agree.

LaSOT_ext is laid out alike (Fan et al.: LaSOT: A High-quality Large-scale Single Object Tracking Benchmark,
IJCV 2021). It has 150 sequences of 15 other classes, all for tests. `lasot_ext.csv` lists their image sizes
and attributes, from LitingLin/LoRAT on GitHub; frame counts are not published, and are the rows of the files.

In both, the target is absent in frames that either flag file marks. Toolkits differ in whether such frames
count: see the profiles.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.disk_dataset import read_metadata
from benchmarks.datasets.folder.flags import HIDDEN_FILES
from benchmarks.datasets.listed import ListedDataset
from benchmarks.datasets.sequence_names import normalize_name
from benchmarks.datasets.truth_files import read_any_flag
from trackers.regular_files import may_exist
from trackers.tracker import Boxes


class _LaSOTLayout(ListedDataset):
    """The layout and the attributes of LaSOT."""

    attributes = ("IV", "POC", "DEF", "MB", "CM", "ROT", "BC", "VC", "SV", "FOC", "FM", "OV", "LR", "ARC")
    layout = "<class>/<class>-<n>/img and groundtruth.txt, or annos/<class>-<n>.txt"

    def folder(self, name: str) -> Path:
        if (flat := self.folders.get(normalize_name(name))) is not None:
            return flat
        category = name.rpartition("-")[0]
        return self.folders.get(normalize_name(category), self.root / category) / name

    def truth_path(self, name: str) -> Path:
        own = self.folder(name) / "groundtruth.txt"
        toolkit = self.root / "annos" / f"{name}.txt"
        return toolkit if not may_exist(own) and may_exist(toolkit) else own

    def absent_frames(self, name: str, truth: Boxes) -> NDArray[np.bool_]:
        return read_any_flag(_absence_files(self.truth_path(name)), len(truth))


class LaSOT(_LaSOTLayout):
    """LaSOT.

    Args:
        data_root: the folder that contains one folder per data set.
        split: "test" for the 280 sequences of protocol II, "all" for the 1,400 of protocol I.
    """

    name = "lasot"
    title = "LaSOT"
    table = "lasot.csv"
    root_folders = ("LaSOTBenchmark", "LaSOT", "lasot")
    splits = ("test", "all")

    def __init__(self, data_root: Path | None, split: str = "test") -> None:
        self._split = split
        super().__init__(data_root)
        self._other_names = {row["name"] for row in read_metadata(self.table)} - self.rows.keys()

    def list_rows(self) -> list[dict[str, str]]:
        return [row for row in read_metadata(self.table) if self._split in (row["split"], "all")]

    def belongs_to_other_split(self, name: str) -> bool:
        return name in self._other_names


class LaSOTExt(_LaSOTLayout):
    """The 150 sequences of LaSOT_ext."""

    name = "lasot-ext"
    title = "LaSOT_ext"
    table = "lasot_ext.csv"
    root_folders = ("LaSOT_extension_subset", "LaSOT_Ext", "LaSOT-ext", "lasot-ext")


def _absence_files(truth: Path) -> list[Path]:
    """Returns the files that flag invisible targets and belong to a ground-truth file."""
    if truth.name == "groundtruth.txt":
        return [truth.with_name(name) for name in HIDDEN_FILES]
    return [truth.parent / "absent" / truth.name]
