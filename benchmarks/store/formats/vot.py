"""Results in a VOT workspace of the MATLAB toolkit or the Python toolkit (text and `.bin`).

    results/<tracker>/<experiment>/<sequence>/<sequence>_001.txt

The experiments are `baseline` (supervised; multi-start from VOT2020 on, with the frame of the anchor in the
file's name, `<sequence>_00000050.txt`), `realtime`, `unsupervised` and `longterm`. Regions are in the
coordinates of the ground-truth files, which the toolkits never shift; VOT's are 0-based.
"""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import replace

import numpy as np

from benchmarks.protocols import Code, Trajectory
from benchmarks.store.formats.base import Files, Format, ResultLabel, StoredRun
from benchmarks.store.formats.members import Members
from benchmarks.store.formats.nested import (
    CONFIDENT,
    EXPERIMENTS,
    find_nested,
    read_nested,
    write_nested,
    write_toolkit_runs,
)


class VOT(Format):
    """A folder per experiment and sequence, a file per repetition; the first line is the code 1."""

    name = "vot"
    protocols = ("supervised", "realtime", "unsupervised", "multistart", "long-term")

    def find(self, names: Items[str], protocol: str) -> list[Files]:
        return find_nested(names, protocol)

    def read(self, members: Members, files: Files) -> list[StoredRun]:
        return read_nested(members, files)

    def write(self, label: ResultLabel, runs: Items[Trajectory]) -> dict[str, bytes]:
        folder = f"{label.tracker}/{EXPERIMENTS[label.protocol][0]}"
        coded = [_with_codes(run) for run in runs]
        if label.protocol in CONFIDENT:
            return write_toolkit_runs(folder, label, coded)
        return write_nested(folder, label, coded)


def _with_codes(run: Trajectory) -> Trajectory:
    """Adds the codes that VOT's files have for a run without resets: its first frame is an initialization."""
    if run.codes is not None:
        return run
    codes = np.where(np.isfinite(run.boxes).all(axis=1), Code.TRACKED, Code.SKIPPED).astype(np.int8)
    codes[0] = Code.INITIALIZED
    return replace(run, codes=codes)
