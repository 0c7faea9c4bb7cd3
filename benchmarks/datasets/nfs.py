"""NfS, Need for Speed: 100 sequences, at 30 frames per second (47,953 frames) or at 240.

Galoogahi et al.: Need for Speed: A Benchmark for Higher Frame Rate Object Tracking, ICCV 2017.

    nfs/<sequence>/30/<sequence>/00001.jpg ...     as the authors publish it; 240 instead of 30 as well
    nfs/<sequence>/30/<sequence>.txt
    nfs/sequences/<sequence>/00001.jpg ...         as repacked for pytracking, at 30 frames per second
    nfs/anno/nfs_<sequence>.txt                    x, y, w, h per frame

The authors' files have the rows of VATIC: a track's number, the corners x1, y1, x2, y2, the frame, three
flags and the class. Both folders have the same rows, those at 240 frames per second: every eighth is one at
30. The numbers of rows and images may differ by one. Flags are not read: no tool leaves out frames by them.

`nfs.csv` lists the frame counts at 30 frames per second, which are those of pytracking. The authors name nine
attributes, but the flags of the sequences are not published.

Results whose names begin with `nfs_`, as pytracking's do, are matched as they are. Results at 240 frames per
second are stored under the name `nfs-240`, apart from those at 30.

x and y are used unshifted: 207 boxes begin at x = 0, 17 at x = 1.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.box_text import parse_rows, read_text, require_in_range
from benchmarks.datasets.frames import last_number
from benchmarks.datasets.listed import ListedDataset
from benchmarks.datasets.sequence import SequenceError, as_sequence_error
from benchmarks.datasets.truth_files import expect_rows
from trackers.regular_files import is_folder, may_exist
from trackers.tracker import Boxes

_RATIO = 8
"""Frames at 240 per frame at 30 frames per second."""


class NfS(ListedDataset):
    """The 100 sequences of NfS.

    Args:
        data_root: the folder that contains one folder per data set.
        split: the frames per second, "30" or "240".
    """

    name = "nfs"
    title = "NfS"
    one_based = False
    table = "nfs.csv"
    root_folders = ("Nfs", "NfS", "nfs")
    layout = "<sequence>/30/<sequence>.txt, or anno/nfs_<sequence>.txt and sequences/<sequence>"
    splits: tuple[str, ...] = ("30", "240")

    def __init__(self, data_root: Path | None, split: str = "30") -> None:
        super().__init__(data_root)
        self.rate = split
        if split == "240":
            # The same names with other frames: results must not be mixed with those at 30.
            self.name, self.title = "nfs-240", "NfS (240 fps)"

    def _repacked_truth(self, name: str) -> Path | None:
        if self.rate == "30":
            for file in (f"nfs_{name}.txt", f"{name}.txt"):
                if may_exist(path := self.root / "anno" / file):
                    return path
        return None

    def truth_path(self, name: str) -> Path:
        return self._repacked_truth(name) or self.folder(name) / self.rate / f"{name}.txt"

    def images_path(self, name: str) -> Path:
        repacked = self.root / "sequences" / name
        if self.rate == "30" and is_folder(repacked):
            return repacked
        return self.folder(name) / self.rate / name

    def listed_length(self, name: str) -> int | None:
        return super().listed_length(name) if self.rate == "30" else None

    def has_extra_images(self, name: str) -> bool:
        return self._repacked_truth(name) is None

    def read_truth(self, name: str, path: Path) -> Boxes:
        if path.parent.name == "anno":
            return super().read_truth(name, path)
        rows = _read_vatic(path)
        frames = int(self.rows[name]["frames"])
        is_30 = self.rate == "30" and abs(len(rows) - frames) <= 1
        if not is_30 and abs(len(rows) - _RATIO * frames) > _RATIO:
            expect_rows(path, len(rows), _RATIO * frames)
        if self.rate == "30":
            return rows[:: 1 if is_30 else _RATIO][:frames]
        last = last_number(self.images_path(name))
        return rows[:last] if last == len(rows) - 1 else rows


class NfS240(NfS):
    """NfS at 240 frames per second, under the name of its results."""

    splits = ()

    def __init__(self, data_root: Path | None) -> None:
        super().__init__(data_root, split="240")


def _read_vatic(path: Path) -> Boxes:
    """Reads VATIC's rows as x, y, w, h; shape (rows, 4).

    Raises:
        SequenceError: the file is missing or damaged.
    """
    with as_sequence_error():
        lines = [line for line in read_text(path).splitlines() if line.strip()]
        if short := [line for line in lines if len(line.split()) < 5]:
            raise SequenceError(
                f"{path}: '{short[0][:40]}' is not a row of VATIC: track, x1, y1, x2, y2, frame"
            )
        corners = parse_rows("\n".join(" ".join(line.split()[1:5]) for line in lines), 4, str(path))
        require_in_range(corners, str(path))
    if not len(corners):
        raise SequenceError(f"{path} is empty; download it again")
    corners[:, 2:] -= corners[:, :2]
    return corners
