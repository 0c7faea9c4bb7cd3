"""Results of OTB's MATLAB toolkit (tracker_benchmark v1.0 and v1.1): `<sequence>_<tracker>.mat`.

A file holds the cell array `results`, one struct per run. Boxes and frames are 1-based. There are no times.
Other files that hold nothing but the table of boxes are read as well.
"""

from __future__ import annotations

from collections.abc import Sequence as Items

import numpy as np

from benchmarks.protocols import Trajectory
from benchmarks.store.formats.base import Files, Format, ResultLabel, StoredRun
from benchmarks.store.formats.matlab import read_variable, write_variable
from benchmarks.store.formats.members import Members
from benchmarks.store.formats.otb_records import RECTANGLES, make_otb_records, read_otb_records

_RESULTS = "results"
_TABLES = ("res", "rects", "boxes")
"""Other common names of the variable, if it is a plain table."""


class OTBMat(Format):
    """One cell array of runs per sequence."""

    name = "otb-mat"
    origin = "one"
    protocols = ("ope", "tre", "sre")
    separator = "-"

    def find(self, names: Items[str], protocol: str) -> list[Files]:  # noqa: ARG002 - files do not say
        return [
            Files(name.rpartition("/")[2][: -len(".mat")], (name,))
            for name in names
            if name.casefold().endswith(".mat")
        ]

    def read(self, members: Members, files: Files) -> list[StoredRun]:
        [name] = files.runs
        where = members.where(name)
        content = members.read(name)
        for variable in (_RESULTS, *_TABLES):
            value = read_variable(content, variable, where)
            if isinstance(value, np.ndarray) and value.ndim > 1:
                return read_otb_records({"res": value}, where)
            if value is not None:
                return read_otb_records(value, where)
        return read_otb_records(None, where)

    def write(self, label: ResultLabel, runs: Items[Trajectory]) -> dict[str, bytes]:
        fields = ("res", "len", "annoBegin", "startFrame")
        cells = [
            {"type": RECTANGLES, **{field: record[field] for field in fields}}
            for record in make_otb_records(runs)
        ]
        return {f"{label.sequence}_{label.tracker}.mat": write_variable(_RESULTS, cells)}
