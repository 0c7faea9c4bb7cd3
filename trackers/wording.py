"""Numbers in sentences: singular where the count is one."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """Returns a number with the singular or plural of what it counts: `1 trial`, `2 trials`, `2 boxes`."""
    if number == 1:
        return f"{number} {thing}"
    return f"{number} {thing}{'es' if thing.endswith(('s', 'x')) else 's'}"


def counted_of(number: int, total: int, thing: str) -> str:
    """Returns a part of a number of things: `1 of 9 sequences`, `1 of 1 sequence`."""
    return f"{number} of {counted(total, thing)}"


def agree(number: int, singular: str, plural: str) -> str:
    """Returns the verb or pronoun that agrees with a number: `is` for 1, `are` for 0 and 2."""
    return singular if number == 1 else plural
