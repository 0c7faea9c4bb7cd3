"""Where a tracker comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Provenance:
    """What a tracker is made of and what it runs on, for the record of a run.

    Attributes:
        device: `"cpu"`, or `"cuda:N"` where the tracker says so.
        files: the files that define it.
        weights: the file that its weights come from, given or its own.
    """

    device: str = "cpu"
    files: tuple[Path, ...] = ()
    weights: Path | None = None
