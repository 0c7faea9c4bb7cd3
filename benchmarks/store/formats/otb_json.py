"""Results of OTB's Python toolkit (github.com/jwlim/tracker_benchmark): `<sequence>.json`.

Boxes are 1-based, as its ground truth is. A file states the first and last frame of a run, of which the
sequence's own first is 1, and its frames per second, but no times. NaN stands for a frame without a box.
"""

from __future__ import annotations

import json
from collections.abc import Sequence as Items

from benchmarks.protocols import Trajectory
from benchmarks.store.formats.base import Files, Format, ResultLabel, StoredRun
from benchmarks.store.formats.members import Members
from benchmarks.store.formats.otb_records import RECTANGLES, make_otb_records, read_otb_records
from trackers.errors import UserError


class OTBJson(Format):
    """One list of runs per sequence, in `results/<OPE, TRE or SRE>/<tracker>/<sequence>.json`."""

    name = "otb-json"
    origin = "one"
    protocols = ("ope", "tre", "sre")
    separator = "-"

    def find(self, names: Items[str], protocol: str) -> list[Files]:  # noqa: ARG002 - files do not say
        return [
            Files(name.rpartition("/")[2][: -len(".json")], (name,))
            for name in names
            if name.casefold().endswith(".json")
        ]

    def read(self, members: Members, files: Files) -> list[StoredRun]:
        [name] = files.runs
        where = members.where(name)
        try:
            # Integers are read as floats too: JSON does not limit their digits.
            content = json.loads(members.text(name), parse_int=float)
        except (ValueError, RecursionError):
            raise UserError(f"{where}: not valid JSON; download the file again or remove it") from None
        return read_otb_records(content, where)

    def write(self, label: ResultLabel, runs: Items[Trajectory]) -> dict[str, bytes]:
        kind = label.protocol.upper()
        records = [
            {
                "tracker": label.tracker,
                "seqName": label.sequence,
                "startFrame": record["startFrame"],
                "endFrame": record["endFrame"],
                "evalType": kind,
                "fps": _fps(run),
                "shiftType": None,
                "resType": RECTANGLES,
                "tmplsize": None,
                "res": record["res"].tolist(),
            }
            for record, run in zip(make_otb_records(runs), runs, strict=True)
        ]
        return {f"{kind}/{label.tracker}/{label.sequence}.json": json.dumps(records).encode()}


def _fps(run: Trajectory) -> float | None:
    total = float(run.seconds.sum())
    return len(run.seconds) / total if total > 0 else None
