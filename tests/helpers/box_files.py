"""Files of boxes that a run writes."""

from __future__ import annotations

from pathlib import Path


def box_files(results: Path) -> dict[str, bytes]:
    """Returns the content of all files of boxes in a results folder, by relative path."""
    return {
        str(path.relative_to(results)): path.read_bytes()
        for path in sorted(results.glob("*/*/*/*.txt"))
        if not path.name.endswith(".time.txt")
    }
