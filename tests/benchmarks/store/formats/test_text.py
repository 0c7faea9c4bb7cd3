from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.box_text import parse_table
from benchmarks.protocols import Code
from benchmarks.store.formats.text import parse_times, parse_vot_regions
from benchmarks.store.trajectories import format_regions
from trackers.errors import UserError

# Mostly the content of such files, so that parsers get beyond the first line.
rows = st.lists(
    st.sampled_from(["1", "2", "0", "-3.5", "nan", "1e400", "m", ",", "\t", " ", "\n", "\ufeff", "x"])
)
texts = st.text() | rows.map("".join)


def test_common_separators_are_read():
    for separator in (",", "\t", " ", ";", ", "):
        text = f"1{separator}2{separator}3.5{separator}4\r\n\n5{separator}6{separator}7{separator}8"
        assert parse_table(text, "a")[0].tolist() == [[1, 2, 3.5, 4], [5, 6, 7, 8]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a.txt: holds no boxes"),
        ("x,y,w,h\n# nothing\n", "a.txt: holds no boxes"),
        ("198,00;214,00;34,00;81,00\n", "a.txt: numbers such as 198,00 seem to have decimal commas"),
        ("198,00\t214,00\t34,00\t81,00\n", "a.txt: numbers such as 198,00 seem to have decimal commas"),
        ("1,2,3,4\n1,2,3\n", "a.txt: line 2 has 3 values where 4 are expected"),
        ("1,2,3,four\n", "a.txt: line 1 has 'four' where a number is expected"),
    ],
)
def test_invalid_boxes_are_refused(text, expected):
    with pytest.raises(UserError) as error:
        parse_table(text, "a.txt")
    assert expected in str(error.value)


def test_invalid_times_are_dropped():
    assert parse_times("0.1,0\n0.2,-1\nnan,inf\n", "a").tolist()[:1] == [[0.1, 0]]
    assert np.isnan(parse_times("0.1,0\n0.2,-1\nnan,inf\n", "a")[1:, 1]).all()
    assert parse_times("", "a") is None
    assert parse_times("seconds\n0.1", "a") is None


def test_codes_rectangles_and_polygons_are_read():
    regions, codes = parse_vot_regions("1\n1,2,3,4\n2\n0\n0\n", "a")
    assert codes.tolist() == [Code.INITIALIZED, Code.TRACKED, Code.FAILED, Code.SKIPPED, Code.SKIPPED]
    assert regions[1].tolist() == [1, 2, 3, 4]
    assert np.isnan(regions[[0, 2, 3, 4]]).all()

    regions, codes = parse_vot_regions("1,2,3,4\n1,2,4,2,4,6,1,6\n", "a")
    assert codes is None
    assert regions[0].tolist() == regions[1].tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "holds no regions"),
        ("1\n3\n", "region 2 is neither a code"),
        ("1\n1,2,3,4,5,6\n", "region 2 is neither a code"),
        ("1\nm1,2,3,4,5\n", "line 2 is a mask"),
    ],
)
def test_invalid_regions_are_refused(text, expected):
    with pytest.raises(UserError, match=expected):
        parse_vot_regions(text, "a.txt")


def test_regions_round_trip():
    regions, codes = parse_vot_regions("1\n0.1,2,3,4\n2\n", "a")
    assert format_regions(regions, codes) == "1\n0.1,2.0,3.0,4.0\n2\n"


@given(texts, st.sampled_from([parse_table, parse_vot_regions]))
def test_any_text_gives_boxes_or_a_user_error(text, parse):
    try:
        parsed = parse(text, "a.txt")
    except UserError as error:
        assert str(error).startswith("a.txt: ")
        assert len(str(error).splitlines()) == 1
    else:
        boxes, codes = parsed
        assert boxes.ndim == 2
        assert len(boxes) > 0
        if parse is parse_vot_regions:
            assert boxes.shape[1] in (4, 8)
            assert codes is None or codes.shape == (len(boxes),)


@given(texts)
def test_any_text_gives_times_or_none(text):
    seconds = parse_times(text, "a.txt")
    assert seconds is None or not (seconds < 0).any()


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2, 3.5, 4]\n[5, 6, 7, 8]\n",
        "[1 2 3.5 4]\n[5 6 7 8]",
        "x,y,w,h\n1,2,3.5,4\n5,6,7,8\n",
        "# x, y, w, h\n1\t2\t3.5\t4\n5\t6\t7\t8\n",
        "1,2,3.5,4,\n5,6,7,8,\n",
        "1,2,3.5,4\r5,6,7,8\r",
    ],
)
def test_brackets_headers_and_trailing_commas_are_dropped(text):
    assert parse_table(text, "a")[0].tolist() == [[1, 2, 3.5, 4], [5, 6, 7, 8]]


def test_header_is_distinguished_from_rows():
    assert parse_table("Frame X1 Y1 X2 Y2\n1 2 3 4 5\n", "a")[1] == ("frame", "x1", "y1", "x2", "y2")
    assert parse_table("nan,nan,nan,nan\n1,2,3,4\n", "a")[1] == ()


@pytest.mark.parametrize("word", ["None", "null", "nan", "None,None,None,None", "[nan nan nan nan]"])
def test_missing_boxes_are_nan(word):
    table, _ = parse_table(f"1,2,3,4\n{word}\n5,6,7,8\n", "a")
    assert np.isnan(table).all(axis=1).tolist() == [False, True, False]


def test_messages_count_lines_of_the_file():
    with pytest.raises(UserError, match="line 3 has 3 values where 4 are expected"):
        parse_table("x,y,w,h\n1,2,3,4\n1,2,3\n", "a")
