"""Phrases that messages share."""

from __future__ import annotations

from collections.abc import Sequence


def first_names(names: Sequence[str], most: int = 5) -> str:
    """Returns the first names and the number of the others: `a, b, c, d, e and 3 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def counted(number: int, thing: str) -> str:
    """Returns a number with the singular or plural of what it counts: `1 trial`, `2 trials`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
