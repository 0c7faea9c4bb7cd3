"""Results of pytracking (github.com/visionml/pytracking): `<tracker>/<parameters>/<sequence>.txt`, tabs.

pytracking truncates boxes to whole pixels when it writes, reads any number, and compares with the data set's
own ground-truth files, which are 1-based. So are exported boxes, at full precision; its scores of them differ
from those of a run that it stored itself. It refuses NaN, and replaces an empty box by the box before: for
frames in which a tracker reported the target absent, 0, 0, 0, 0 is written.
"""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import replace

import numpy as np

from benchmarks.protocols import Trajectory
from benchmarks.store.formats.base import ResultLabel
from benchmarks.store.formats.flat import FlatText


class PyTracking(FlatText):
    """Tab-separated boxes, with seconds per frame in `<sequence>_time.txt`.

    Repetitions have numbered folders, `<tracker>_000` and so on.
    """

    name = "pytracking"
    separator = "_"
    delimiter = "\t"

    def write(self, label: ResultLabel, runs: Items[Trajectory]) -> dict[str, bytes]:
        # It has no absent targets; an empty box comes closest.
        runs = [replace(run, boxes=np.nan_to_num(run.boxes, nan=0.0)) for run in runs]
        if len(runs) == 1:
            return super().write(label, runs)
        content: dict[str, bytes] = {}
        for number, run in enumerate(runs):
            content |= super().write(replace(label, tracker=f"{label.tracker}_{number:03}"), [run])
        return content
