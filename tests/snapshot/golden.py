"""Results that others published, imported and scored; they lie in ../shared."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from tests.snapshot.recorder import Place


def commands(place: Place) -> Iterator[str]:
    """The command lines of this section; none where ../shared is absent."""
    if place.shared is None:
        print("section golden is left out: ../shared is not on this machine", file=sys.stderr)
        return
    for entry in json.loads((place.shared / "golden" / "scores.json").read_text())["results"]:
        tracker, protocol = entry["tracker"], entry.get("protocol", "ope")
        about = f"--dataset {entry['dataset']} --data-root $SHARED/annotations --protocol {protocol}"
        path = f"$SHARED/golden/{entry['file']}"
        yield f"benchmarks import {path} --from {entry['format']} --tracker {tracker} {about}"
        for more in ("json --profile all", "csv --by sequence", "csv --by attribute"):
            if entry["dataset"] == "lasot" and "profile" in more:
                more = "json"  # every toolkit's rules over 685,360 frames take long
            yield f"benchmarks score --tracker {tracker} {about} --format {more}"
