"""Phrases that messages share."""

from __future__ import annotations

from collections.abc import Sequence


def first_names(names: Sequence[str], most: int = 5) -> str:
    """Returns the first names and the number of the others: `a, b, c, d, e and 3 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
