"""Boxes as text, parsed and formatted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from benchmarks.box_text import format_rows, parse_rows, read_rows, require_in_range
from trackers.errors import UserError


@given(
    arrays(np.float64, st.tuples(st.integers(0, 20), st.integers(1, 8)), elements=st.floats(allow_nan=False))
)
def test_formatting_and_parsing_gives_the_same_bits(rows: NDArray[np.float64]) -> None:
    again = parse_rows(format_rows(rows), rows.shape[1], "here")
    assert again.tobytes() == rows.tobytes()


@given(
    separator=st.sampled_from([",", "\t", " ", ", ", ";", "   "]), end=st.sampled_from(["\n", "\r\n", "\n\n"])
)
def test_separators_and_line_ends_are_recognized(separator: str, end: str) -> None:
    text = end.join(separator.join(row) for row in (["1", "2.5", "-3", "4e2"], ["5", "6", "7", "nan"]))
    expected = [[1, 2.5, -3, 400], [5, 6, 7, np.nan]]
    np.testing.assert_array_equal(parse_rows(text, 4, "here"), expected)


@given(st.text())
@example(";,")
def test_any_text_is_parsed_or_refused_in_one_sentence(text: str) -> None:
    try:
        assert parse_rows(text, 4, "here").shape[1] == 4
    except UserError as error:
        assert str(error).startswith(("here: line ", "here: has both commas and semicolons"))
        assert len(str(error).splitlines()) == 1


def test_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "boxes.txt"
    path.write_bytes(b"\xef\xbb\xbf1,2,3,4\r\n")
    np.testing.assert_array_equal(read_rows(path, 4), [[1, 2, 3, 4]])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"1,2,3,4\n1,2,3\n", "line 2 has 3 values where 4 are expected"),
        (b"1,2,3,4\n1,2,x,4\n", "line 2 has 'x' where a number is expected"),
        (b"1,2,3,4\n1,2,3,1_000\n", "line 2 has '1_000' where a number is expected"),
        (b"\xff\xd8\xff\xe0", "not a text file"),
    ],
)
def test_damage_names_file_and_line(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "boxes.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=expected) as error:
        read_rows(path, 4)
    assert str(path) in str(error.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.txt: No such file"):
        read_rows(tmp_path / "none.txt", 4)


def test_coordinates_beyond_any_image_are_refused() -> None:
    require_in_range(np.array([[1e9, -1e9, 0, 1], [np.nan, np.inf, -np.inf, 0]]), "boxes.txt")
    with pytest.raises(UserError, match=r"boxes\.txt: row 2 is beyond any image"):
        require_in_range(np.array([[1.0, 2, 3, 4], [np.nan, -1.1e9, 0, 0]]), "boxes.txt")
