"""Results of PySOT and its toolkit (github.com/STVIR/pysot): `<tracker>/<sequence>.txt`, commas.

It compares boxes with the data set's own ground truth, which counts pixels from 1 for OTB, TC128 and LaSOT;
exported boxes do so too. VOT's supervised runs lie as in a VOT workspace, in `<tracker>/baseline/`, in the
ground truth's own coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence as Items

from benchmarks.protocols import Trajectory
from benchmarks.store.formats.base import SUPERVISED, Files, ResultLabel, StoredRun
from benchmarks.store.formats.flat import FlatText
from benchmarks.store.formats.members import Members
from benchmarks.store.formats.nested import EXPERIMENTS, find_nested, is_nested, read_nested, write_nested


class PySOT(FlatText):
    """Comma-separated boxes; codes and regions for VOT."""

    name = "pysot"
    protocols = ("ope", "supervised")
    separator = "-"

    times_path = None

    def find(self, names: Items[str], protocol: str) -> list[Files]:
        find = find_nested if protocol in SUPERVISED else super().find
        return find(names, protocol)

    def read(self, members: Members, files: Files) -> list[StoredRun]:
        if is_nested(files.runs[0]):
            return read_nested(members, files)
        return super().read(members, files)

    def write(self, target: ResultLabel, runs: Items[Trajectory]) -> dict[str, bytes]:
        if target.protocol in SUPERVISED:
            return write_nested(f"{target.tracker}/{EXPERIMENTS[target.protocol][0]}", target, runs)
        return super().write(target, runs)
