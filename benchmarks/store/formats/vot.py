"""Results in a VOT workspace of the MATLAB toolkit or the Python toolkit (text and `.bin`).

    results/<tracker>/<experiment>/<sequence>/<sequence>_001.txt

The experiments are `baseline` (supervised), `realtime` and `unsupervised`. Regions are in the coordinates of
the ground-truth files, which the toolkits never shift; VOT's are 0-based.
"""

from __future__ import annotations

from collections.abc import Sequence as Items

import numpy as np

from benchmarks.protocols import Code, Trajectory
from benchmarks.store.formats.base import Files, Format, ResultLabel, StoredRun
from benchmarks.store.formats.members import Members
from benchmarks.store.formats.nested import EXPERIMENTS, find_nested, read_nested, write_nested


class VOT(Format):
    """A folder per experiment and sequence, a file per repetition; the first line is the code 1."""

    name = "vot"
    protocols = ("supervised", "realtime", "unsupervised")

    def find(self, names: Items[str], protocol: str) -> list[Files]:
        return find_nested(names, protocol)

    def read(self, members: Members, files: Files) -> list[StoredRun]:
        return read_nested(members, files)

    def write(self, label: ResultLabel, runs: Items[Trajectory]) -> dict[str, bytes]:
        return write_nested(
            f"{label.tracker}/{EXPERIMENTS[label.protocol][0]}", label, [_with_codes(run) for run in runs]
        )


def _with_codes(run: Trajectory) -> Trajectory:
    """Adds the codes that VOT's files have for an unsupervised run: its first frame is an initialization."""
    if run.codes is not None:
        return run
    codes = np.where(np.isfinite(run.boxes).all(axis=1), Code.TRACKED, Code.SKIPPED).astype(np.int8)
    codes[0] = Code.INITIALIZED
    return Trajectory(run.boxes, run.seconds, codes, run.start)
