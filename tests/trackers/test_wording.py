"""Numbers in sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trackers.wording import agree, counted, counted_of

ROOT = Path(__file__).parents[2]

FIXED_PLURAL = re.compile(
    r"(?<!last of )\{[^{}]*[a-z][^{}]*\} (of (the )?\{[^{}]*\} )?"
    r"(sequences|frames|files|images|rows|boxes|runs|trackers|losses|numbers) (are|have|were|hold)\b"
)
"""A number in an f-string with a plural noun and verb, which would be wrong for one."""


@pytest.mark.parametrize(
    ("number", "thing", "text"),
    [(0, "box", "0 boxes"), (1, "box", "1 box"), (2, "loss", "2 losses"), (3, "data set", "3 data sets")],
)
def test_only_one_is_singular(number: int, thing: str, text: str):
    assert counted(number, thing) == text


def test_noun_follows_the_total_and_verb_the_part():
    texts = [
        f"{counted_of(part, total, 'frame')} {agree(part, 'is', 'are')} missing"
        for part, total in ((1, 1), (1, 2), (0, 1), (2, 2))
    ]
    assert texts == [
        "1 of 1 frame is missing",
        "1 of 2 frames is missing",
        "0 of 1 frame are missing",
        "2 of 2 frames are missing",
    ]


def test_pattern_finds_a_fixed_plural():
    assert FIXED_PLURAL.search('f"{len(missing)} of {total} sequences are missing"')
    assert not FIXED_PLURAL.search("f\"{counted_of(1, 2, 'sequence')} {agree(1, 'is', 'are')} missing\"")


@pytest.mark.parametrize("package", ["trackers", "benchmarks", "reports", "sotbench"])
def test_no_message_has_a_fixed_plural(package: str):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if FIXED_PLURAL.search(line)
    ]
    assert not found
