"""Results of the GOT-10k toolkit (github.com/got-10k/toolkit): `<tracker>/<sequence>.txt`, commas.

On OTB, TC128 and LaSOT it compares boxes with the data set's own ground-truth files, which count pixels from
1; exported boxes do so too. It writes three decimals and reads any number. On the GOT-10k data set each
tracker has a folder per sequence with up to three runs (`<sequence>/<sequence>_001.txt`), which can be
imported.
"""

from __future__ import annotations

from collections.abc import Sequence as Items

from benchmarks.store.formats.base import Files, StoredRun
from benchmarks.store.formats.flat import FlatText
from benchmarks.store.formats.members import Members
from benchmarks.store.formats.nested import find_nested, is_nested, read_nested


class GOT10k(FlatText):
    """Comma-separated boxes, with seconds per frame in `times/<sequence>_time.txt`."""

    name = "got10k"

    times_path = "{tracker}/times/{sequence}_time.txt"

    def find(self, names: Items[str], protocol: str) -> list[Files]:
        return find_nested(names, protocol) or super().find(names, protocol)

    def read(self, members: Members, files: Files) -> list[StoredRun]:
        if is_nested(files.runs[0]):
            return read_nested(members, files)
        return super().read(members, files)
