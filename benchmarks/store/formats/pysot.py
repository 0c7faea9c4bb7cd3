"""Results of PySOT and its toolkit (github.com/STVIR/pysot): `<tracker>/<sequence>.txt`, commas.

It compares boxes with the data set's own ground truth, which is 1-based for OTB, TC128 and LaSOT; so are
exported boxes. VOT's supervised runs are laid out as in a VOT workspace, in `<tracker>/baseline/`, in the
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
    """Comma-separated boxes; regions and codes for VOT."""

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

    def write(self, label: ResultLabel, runs: Items[Trajectory]) -> dict[str, bytes]:
        if label.protocol in SUPERVISED:
            return write_nested(f"{label.tracker}/{EXPERIMENTS[label.protocol][0]}", label, runs)
        return super().write(label, runs)
