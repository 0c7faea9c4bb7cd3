"""Errors of trackers, and untrusted text, which cannot control a terminal."""

from __future__ import annotations

import pickle
import unicodedata

import pytest
from hostile import ESCAPES

from trackers.errors import InvalidPrediction, TrackerError, TrackerTimeout, printable


def test_terminal_control_is_escaped() -> None:
    assert printable(ESCAPES) == r"\x1b[31mred\x1b]0;title\x07\x9b2J\u202egpj"
    assert printable("a\0b\x7fc\x85d\u2028e\ud800f") == r"a\x00b\x7fc\x85d\u2028e\ud800f"


@pytest.mark.parametrize("mark", "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_bidirectional_marks_are_escaped(mark: str) -> None:
    assert printable(mark) == f"\\u{ord(mark):04x}"


def test_allowed_line_breaks_stay() -> None:
    assert printable("a\n\tb\r") == r"a\n\tb\r"
    assert printable("a\n\tb\r", keep="\n\t") == "a\n\tb\\r"


def test_no_control_character_passes() -> None:
    everything = "".join(map(chr, range(0x110000)))
    shown = printable(everything)
    assert {unicodedata.category(letter) for letter in shown}.isdisjoint({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def test_other_scripts_are_unchanged() -> None:
    assert printable("Größe 目标 цель é ✓") == "Größe 目标 цель é ✓"


@pytest.mark.parametrize("kind", [TrackerError, InvalidPrediction, TrackerTimeout])
def test_tracker_errors_name_their_frame(kind: type[TrackerError]) -> None:
    error = kind("out of luck", "Traceback ...")
    assert str(error) == "out of luck"
    error.frame = 3
    assert str(error) == "frame 3: out of luck"
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.trace) == (kind, "frame 3: out of luck", "Traceback ...")
