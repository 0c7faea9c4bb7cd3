"""TC128, also called Temple-Color or TColor-128: 129 targets, 55,346 frames.

Liang, Blasch, Ling: Encoding Color Information for Visual Tracking, TIP 2015.

    tc128/<name>/img/0001.jpg ...
    tc128/<name>/<name>_gt.txt         x, y, w, h per frame, with 1-based x and y
    tc128/<name>/<name>_frames.txt     first and last frame: "300,770"
    tc128/<name>/<name>_att.txt        one attribute per line, by OTB's abbreviations

`tc128.csv` has every target's frame range: the rows of the authors' ground truth, which begins at frame 1
except for Busstation_ce2 (6), David (300) and Hurdle_ce2 (27). A `_frames.txt` takes precedence. That file
and the attributes are optional. Packages in circulation spell some folders differently (jogging2).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.box_text import read_rows, read_text
from benchmarks.datasets.disk_dataset import read_metadata
from benchmarks.datasets.sequence import SequenceError, as_sequence_error
from benchmarks.datasets.sequence_names import normalize_name
from benchmarks.datasets.target_list import TargetEntry, TargetListDataset
from trackers.regular_files import is_folder, may_exist


class TC128(TargetListDataset):
    """The 129 targets of TC128."""

    name = "tc128"
    title = "TC128"
    root_folders = ("Temple-color-128", "tc128")
    layout = "<Sequence>/img and <Sequence>_gt.txt"

    def list_targets(self) -> Mapping[str, TargetEntry]:
        return {
            row["name"]: TargetEntry(
                folder=row["name"],
                truth=f"{row['name']}_gt.txt",
                truth_starts=int(row["first"]),
                first=int(row["first"]),
                last=int(row["last"]),
            )
            for row in read_metadata("tc128.csv")
        }

    def truth_path(self, name: str) -> Path:
        return self._file(name, "gt")

    def frame_range(self, name: str) -> tuple[int, int]:
        first, last = super().frame_range(name)
        path = self._file(name, "frames")
        if not may_exist(path):
            return first, last
        with as_sequence_error():
            numbers = read_rows(path, columns=2)
        if len(numbers) != 1 or numbers[0, 1] - numbers[0, 0] != last - first:
            raise SequenceError(
                f"{path}: the first and last of {last - first + 1} frames are expected, such as "
                f"'{first},{last}'; download the file again"
            )
        return int(numbers[0, 0]), int(numbers[0, 1])

    def target_attributes(self, name: str) -> tuple[str, ...]:
        path = self._file(name, "att")
        if not may_exist(path):
            return ()
        with as_sequence_error():
            text = read_text(path, replace_undecodable=True)
        found = set(text.upper().replace(",", " ").split())
        if unknown := found - set(self.attributes):
            raise SequenceError(
                f"{path} has '{min(unknown)[:40]}', which is not among {' '.join(self.attributes)}"
            )
        return tuple(attribute for attribute in self.attributes if attribute in found)

    def _file(self, name: str, kind: str) -> Path:
        """Returns the file `<name>_<kind>.txt` of a sequence in any spelling."""
        folder = self.folder(name)
        expected = folder / f"{name}_{kind}.txt"
        if may_exist(expected) or not is_folder(folder):
            return expected
        similar = (
            path
            for path in sorted(folder.glob("*.txt"))
            if normalize_name(path.stem) == normalize_name(expected.stem)
        )
        return next(similar, expected)
