"""Results of OTB's MATLAB toolkit (tracker_benchmark v1.0 and v1.1): `<sequence>_<tracker>.mat`.

A file holds the cell array `results`, one struct per run. Boxes and frames count from 1. Times are not kept.
"""

from __future__ import annotations

from collections.abc import Sequence as Items

from benchmarks.protocols import Trajectory
from benchmarks.store.formats.base import Files, Format, StoredRun, Target
from benchmarks.store.formats.matlab import read_variable, write_variable
from benchmarks.store.formats.members import Members
from benchmarks.store.formats.segments import RECTANGLES, read_segments, write_segments

_RESULTS = "results"


class OTBMat(Format):
    """One cell array of runs per sequence."""

    name = "otb-mat"
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
        return read_segments(read_variable(members.read(name), _RESULTS, where), where)

    def write(self, target: Target, runs: Items[Trajectory]) -> dict[str, bytes]:
        fields = ("res", "len", "annoBegin", "startFrame")
        cells = [
            {"type": RECTANGLES, **{field: record[field] for field in fields}}
            for record in write_segments(runs)
        ]
        return {f"{target.sequence}_{target.tracker}.mat": write_variable(_RESULTS, cells)}
