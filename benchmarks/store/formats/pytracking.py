"""Results of pytracking (github.com/visionml/pytracking): `<tracker>/<parameters>/<sequence>.txt`, tabs.

pytracking truncates boxes to whole pixels when it writes, reads any number, and compares with the data set's
own ground-truth files, which count pixels from 1. Exported boxes do so too, at full precision, so its scores
of them differ from those of a run that it stored itself.
"""

from __future__ import annotations

from benchmarks.store.formats.flat import FlatText


class PyTracking(FlatText):
    """Tab-separated boxes, with seconds per frame in `<sequence>_time.txt`."""

    name = "pytracking"
    separator = "_"
    delimiter = "\t"
