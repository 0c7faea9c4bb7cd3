"""Formats with one text file per sequence, named after it, and one line `x, y, w, h` per frame."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Items
from dataclasses import replace
from pathlib import PurePosixPath
from typing import ClassVar

import numpy as np

from benchmarks.box_text import parse_table
from benchmarks.protocols import Trajectory
from benchmarks.store.formats.base import Files, Format, ResultLabel, StoredRun
from benchmarks.store.formats.members import Members
from benchmarks.store.formats.text import format_times, parse_times
from benchmarks.store.trajectories import format_regions
from trackers.errors import UserError

_TIMES = ("_time", ".time")
"""What files of times have after the sequence's name; run folders of ours use the second."""
_SUFFIXES = (".txt", ".csv", ".bbox", "")
"""Suffixes of files of boxes, in order of preference."""
_NUMBERED = re.compile(r"(.*\D|)(\d{3})")
"""The folder of one repetition."""


class FlatText(Format):
    """Base of these formats; each says where its own tool looks for boxes and times.

    Reading accepts all common separators, and `<name>_time.txt` (or `<name>.time.txt`, as in our run folders)
    in any folder as the times of `<name>.txt`. Files of one name in numbered folders (pytracking's
    `dimp50_000` to `dimp50_004`) are repetitions of a run.
    """

    protocols = ("ope", "unsupervised")
    delimiter: ClassVar[str] = ","
    boxes_path: ClassVar[str] = "{tracker}/{sequence}.txt"
    """Where the tool looks for a sequence's boxes."""
    times_path: ClassVar[str | None] = "{tracker}/{sequence}_time.txt"
    """Where the tool looks for their times, if it does."""

    def find(self, names: Items[str], protocol: str) -> list[Files]:  # noqa: ARG002 - files do not say
        found: dict[tuple[str, str], str] = {}
        for suffix in _SUFFIXES:
            for name in names:
                if name.casefold().endswith(suffix) and (suffix or not _has_suffix(name)):
                    path = PurePosixPath(name)
                    stem = path.name[: len(path.name) - len(suffix)]
                    found.setdefault((str(path.parent), stem), name)
        times = {base: name for (_, stem), name in found.items() if (base := _boxes_stem(stem)) is not None}
        boxes = {key: name for key, name in found.items() if _boxes_stem(key[1]) is None}
        return [
            Files(stem, runs, (times[stem],) if len(runs) == 1 and stem in times else ())
            for stem, runs in _group_repetitions(boxes)
        ]

    def read(self, members: Members, files: Files) -> list[StoredRun]:
        runs = []
        for name in files.runs:
            where = members.where(name)
            boxes, header = parse_table(members.text(name), where)
            runs.append(StoredRun(where, boxes, is_table=True, header=header))
        if files.times:
            table = parse_times(members.text(files.times[0]), members.where(files.times[0]))
            if table is not None and table.shape == (len(runs[0].boxes), 1):
                runs = [replace(runs[0], seconds=table[:, 0])]
        return runs

    def write(self, label: ResultLabel, runs: Items[Trajectory]) -> dict[str, bytes]:
        if len(runs) > 1:
            raise UserError(
                f"{label.sequence} has {len(runs)} repetitions, and format '{self.name}' holds one run; "
                "export each by itself, or name another format"
            )
        [run] = runs
        names = {"tracker": label.tracker, "sequence": label.sequence}
        content = {
            self.boxes_path.format(**names): format_regions(run.boxes, separator=self.delimiter).encode()
        }
        if self.times_path and not np.isnan(run.seconds).any():
            content[self.times_path.format(**names)] = format_times([run.seconds])
        return content


def _boxes_stem(stem: str) -> str | None:
    """Returns the stem of the boxes that belong to a file of times; None for a file of boxes."""
    return next((stem.removesuffix(end) for end in _TIMES if stem.endswith(end)), None)


def _has_suffix(name: str) -> bool:
    """Whether a file name has a suffix; the number of a target (`Jogging.1`) does not count."""
    suffix = PurePosixPath(name).suffix[1:]
    return bool(suffix) and not suffix.isdigit()


def _group_repetitions(boxes: Mapping[tuple[str, str], str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yields each stem with its files in order; files in folders that differ in a number only go together."""
    groups: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for (folder, stem), name in boxes.items():
        numbered = _NUMBERED.fullmatch(folder)
        groups[numbered[1] if numbered else folder, stem].append((folder, name))
    for (_, stem), files in groups.items():
        yield stem, tuple(name for _, name in sorted(files))
