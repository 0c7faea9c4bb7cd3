"""What a run wrote."""

from __future__ import annotations

from pathlib import Path


def box_files(results: Path) -> dict[str, bytes]:
    """The files of boxes below a results folder, by their place in it."""
    return {
        str(path.relative_to(results)): path.read_bytes()
        for path in sorted(results.glob("*/*/*/*.txt"))
        if not path.name.endswith(".time.txt")
    }
