"""GOT-10k: the 180 sequences of the validation set (21,007 frames), and the 180 of the test set (22,834).

Huang, Zhao, Huang: GOT-10k: A Large High-Diversity Benchmark for Generic Object Tracking in the Wild, PAMI
2021.

    got10k/val/GOT-10k_Val_000001/00000001.jpg ...
    got10k/val/GOT-10k_Val_000001/groundtruth.txt      x, y, w, h per frame, 0-based
    got10k/val/GOT-10k_Val_000001/cover.label          the visible part of the target in eighths, 0 to 8
    got10k/val/GOT-10k_Val_000001/meta_info.ini        has the line `resolution: (1920, 1080)`
    got10k/test/GOT-10k_Test_000001/groundtruth.txt    the first frame only; a server has the others

x and y are used unshifted, as in the authors' toolkit: 264 boxes of the validation set begin at x = 0, 45 at
1.

`got10k.csv` lists frame counts, from the authors' ground truth and the results of others. Packages in
circulation lack the files `cover.label` and `meta_info.ini`, which the toolkit needs to leave out hidden
frames and to clip boxes to the image. For these, the table has the frames (1-based) with a cover of 0 and the
sizes of images, inferred from two evaluation reports published with hsu0612/Tracker on GitHub. Six of the 33
frames, in GOT-10k_Val_000056, are one of three possible sets. Sizes are known where a box crosses the border.

Beware of complete ground truth of the test set in circulation (`GOT-10k.json`): it is a tracker's output. In
that of the validation set (`got-val.json`), ten boxes of GOT-10k_Val_000175 are missing.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.box_text import read_text
from benchmarks.datasets.disk_dataset import read_metadata
from benchmarks.datasets.folder.flags import read_absent
from benchmarks.datasets.frames import read_image_size
from benchmarks.datasets.listed import ServerScoredDataset
from benchmarks.datasets.sequence import as_sequence_error
from trackers.regular_files import may_exist
from trackers.tracker import Boxes


class GOT10k(ServerScoredDataset):
    """GOT-10k.

    Args:
        data_root: the folder that contains one folder per data set.
        split: "val" or "test".
    """

    name = "got10k"
    title = "GOT-10k"
    one_based = False
    table = "got10k.csv"
    root_folders = ("GOT-10k", "got10k")
    layout = "<split>/<sequence>/groundtruth.txt and its images"
    splits = ("val", "test")

    def __init__(self, data_root: Path | None, split: str = "val") -> None:
        self.split = split
        super().__init__(data_root)
        if split == "test":
            self.server, self.server_format = "got-10k.aitestunion.com", "got10k-server"

    def list_rows(self) -> list[dict[str, str]]:
        return [row for row in read_metadata(self.table) if row["split"] == self.split]

    def belongs_to_other_split(self, name: str) -> bool:
        return name not in self.rows and re.fullmatch(r"GOT-10k_(Val|Test)_\d{6}", name) is not None

    def folder(self, name: str) -> Path:
        return self.root / self.split / name

    def truth_path(self, name: str) -> Path:
        return self.folder(name) / "groundtruth.txt"

    def images_path(self, name: str) -> Path:
        return self.folder(name)

    def absent_frames(self, name: str, truth: Boxes) -> NDArray[np.bool_] | None:
        flags = read_absent(self.truth_path(name), name, len(truth))
        if flags is None and self.split == "val":
            hidden = [int(number) - 1 for number in self.rows[name]["hidden"].split()]
            flags = np.isin(np.arange(len(truth)), hidden)
        return flags

    def image_size(self, name: str) -> tuple[int, int] | None:
        path = self.folder(name) / "meta_info.ini"
        if may_exist(path):
            with as_sequence_error():
                text = read_text(path, replace_undecodable=True)
            if size := re.search(r"^resolution:\s*\((\d{1,9}),\s*(\d{1,9})\)", text, re.MULTILINE):
                return int(size[1]), int(size[2])
        return read_image_size(self.folder(name) / "00000001.jpg") or super().image_size(name)
