"""Results of the GOT-10k toolkit (github.com/got-10k/toolkit): `<tracker>/<sequence>.txt`, commas.

On OTB, TC128 and LaSOT it compares boxes with the data set's own ground-truth files, which are 1-based; so
are exported boxes. OTB's Tiger1, which begins with frame 6, has a row for each of all 354 frames. The toolkit
writes three decimals and reads any number. On the GOT-10k data set each tracker has a folder per sequence
with up to three runs (`<sequence>/<sequence>_001.txt`), which is how repetitions are written.
"""

from __future__ import annotations

from collections.abc import Sequence as Items

import numpy as np

from benchmarks.protocols import Trajectory
from benchmarks.store.formats.base import Files, ResultLabel, StoredRun
from benchmarks.store.formats.flat import FlatText
from benchmarks.store.formats.members import Members
from benchmarks.store.formats.nested import find_nested, is_nested, read_nested
from benchmarks.store.formats.text import format_times
from benchmarks.store.trajectories import format_regions


class GOT10k(FlatText):
    """Comma-separated boxes, with seconds per frame in `times/<sequence>_time.txt`."""

    name = "got10k"
    whole_truth = True

    times_path = "{tracker}/times/{sequence}_time.txt"

    def find(self, names: Items[str], protocol: str) -> list[Files]:
        return find_nested(names, protocol) or super().find(names, protocol)

    def read(self, members: Members, files: Files) -> list[StoredRun]:
        if is_nested(files.runs[0]):
            return read_nested(members, files)
        return super().read(members, files)

    def write(self, label: ResultLabel, runs: Items[Trajectory]) -> dict[str, bytes]:
        if len(runs) == 1:
            return super().write(label, runs)
        # The layout of repetitions on GOT-10k.
        stem = f"{label.tracker}/{label.sequence}/{label.sequence}"
        content = {
            f"{stem}_{number:03}.txt": format_regions(run.boxes, separator=self.delimiter).encode()
            for number, run in enumerate(runs, start=1)
        }
        if not any(np.isnan(run.seconds).any() for run in runs):
            content[f"{stem}_time.txt"] = format_times([run.seconds for run in runs])
        return content
