"""Formats with one text file per sequence, named after it, and one line `x, y, w, h` per frame."""

from __future__ import annotations

from collections.abc import Sequence as Items
from pathlib import PurePosixPath
from typing import ClassVar

import numpy as np

from benchmarks.protocols import Trajectory
from benchmarks.store.formats.base import Files, Format, StoredRun, Target
from benchmarks.store.formats.members import Members
from benchmarks.store.formats.text import format_times, parse_boxes, parse_times
from benchmarks.store.trajectories import format_regions

_TIME = "_time"


class FlatText(Format):
    """What such formats share. Each says where its own tool looks for boxes and for times.

    Reading takes any of the usual separators, and `<name>_time.txt` in any folder as the times of
    `<name>.txt`.
    """

    protocols = ("ope", "unsupervised")
    delimiter: ClassVar[str] = ","
    boxes_path: ClassVar[str] = "{tracker}/{sequence}.txt"
    """Where the tool looks for a sequence's boxes."""
    times_path: ClassVar[str | None] = "{tracker}/{sequence}_time.txt"
    """Where it looks for their times, if it does."""

    def find(self, names: Items[str], protocol: str) -> list[Files]:  # noqa: ARG002 - files do not say
        paths = [PurePosixPath(name) for name in names if name.casefold().endswith(".txt")]
        times = {path.stem.removesuffix(_TIME): str(path) for path in paths if path.stem.endswith(_TIME)}
        return [
            Files(path.stem, (str(path),), (times[path.stem],) if path.stem in times else ())
            for path in paths
            if not path.stem.endswith(_TIME)
        ]

    def read(self, members: Members, files: Files) -> list[StoredRun]:
        [name] = files.runs
        where = members.where(name)
        boxes = parse_boxes(members.text(name), where)
        seconds = None
        if files.times:
            table = parse_times(members.text(files.times[0]), members.where(files.times[0]))
            if table is not None and table.shape == (len(boxes), 1):
                seconds = table[:, 0]
        return [StoredRun(where, boxes, seconds)]

    def write(self, target: Target, runs: Items[Trajectory]) -> dict[str, bytes]:
        [run] = runs
        names = {"tracker": target.tracker, "sequence": target.sequence}
        content = {
            self.boxes_path.format(**names): format_regions(run.boxes, separator=self.delimiter).encode()
        }
        if self.times_path and not np.isnan(run.seconds).any():
            content[self.times_path.format(**names)] = format_times([run.seconds])
        return content
