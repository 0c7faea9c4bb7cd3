"""Targets: boxes, polygons, flags and settings in files of data sets."""

from __future__ import annotations

import numpy as np

from benchmarks.box_columns import BOX_FORMS
from benchmarks.box_text import format_rows, parse_boxes_or_polygons, parse_rows
from benchmarks.datasets.folder.settings import parse_settings
from benchmarks.datasets.truth_files import parse_flags
from benchmarks.datasets.vot import parse_size
from tests.fuzz.target import Target, choice, text_of

NUMBERS = (
    *(b",", b";", b"\t", b"\n", b"\r\n", b"nan", b"-inf", b"1e308", b"1e-320", b"-0.0", b"1_0", b"0x1p3"),
    *(b"\xc2\x85", b"\xe2\x80\xa8", b"\x0c", b"\x1c", b"\xef\xbb\xbf", b"\xd9\xa1", b"#", b'"'),
)
"""Tokens of tables of numbers, and look-alikes."""
BOXES = np.array([[1.0, 2, 30, 40], [-5.25, 1 / 3, 1e-7, 1e6], [np.nan, np.inf, -np.inf, -0.0]])
POLYGONS = np.array([[10.0, 10, 50.5, 12, 48, 40, 8, 38.25], [0, 0, 1, 0, 1, 1, 0, 1]])


def _check_rows(data: bytes) -> None:
    number, rest = choice(data)
    columns = (1, 2, 4, 8)[number % 4]
    text = text_of(rest)
    rows = parse_rows(text, columns, "file")
    assert rows.dtype == np.float64
    assert rows.shape[1:] == (columns,)
    # NumPy's parser and our own must agree with Python on every number.
    lines = [line.replace(",", " ").replace(";", " ").split() for line in text.splitlines()]
    wanted = [[float(word) for word in line] for line in lines if line]
    np.testing.assert_array_equal(rows, np.array(wanted).reshape(-1, columns))
    assert "_" not in text, "1_0 is not a number in a file of boxes"
    for separator in (",", "\t"):
        again = parse_rows(format_rows(rows, separator), columns, "file")
        assert np.array_equal(again, rows, equal_nan=True)


def _check_regions(data: bytes) -> None:
    truth, polygons = parse_boxes_or_polygons(text_of(data), "file")
    assert truth.shape == (len(truth), 4)
    assert len(truth)
    if polygons is not None:
        assert polygons.shape == (len(truth), 8)
        usable = (np.abs(polygons) < 1e9).all(axis=1)
        assert np.isfinite(truth[usable]).all()
        assert (truth[usable, 2:] >= 1).all()


def _check_flags(data: bytes) -> None:
    flags = parse_flags(data, "file")
    assert flags.dtype == bool
    assert flags.tolist() == [digit == "1" for digit in data.decode("utf-8-sig") if digit in "01"]


def _check_settings(data: bytes) -> None:
    settings = parse_settings(text_of(data), "file")
    assert settings.one_based in (None, True, False)
    assert settings.columns is None or settings.columns.form in BOX_FORMS


def _check_properties(data: bytes) -> None:
    size = parse_size(text_of(data))
    assert size is None or min(size) >= 0


ROWS = Target(
    "rows",
    _check_rows,
    lambda: [bytes([kind]) + format_rows(rows).encode() for kind, rows in ((2, BOXES), (3, POLYGONS))],
    NUMBERS,
    share=2,
)
REGIONS = Target(
    "regions", _check_regions, lambda: [format_rows(r).encode() for r in (BOXES, POLYGONS)], NUMBERS
)
FLAGS = Target(
    "flags",
    _check_flags,
    lambda: [b"0,1,0\r\n1 1\t0", b"\xef\xbb\xbf1\n"],
    (b"\xef\xbb\xbf", b"0", b"1"),
    share=0.3,
)
SETTINGS = Target(
    "settings",
    _check_settings,
    lambda: [b'one_based = true\ntitle = "My videos"\n', b"one_based = false\n"],
    (
        b"one_based",
        b"title",
        b"= true",
        b"= false",
        b'"""',
        b"[",
        b"]]",
        b"{",
        b"\\u00e9",
        b"1979-05-27T07:32:00Z",
        b".",
    ),
    longest=4096,
)
PROPERTIES = Target(
    "properties",
    _check_properties,
    lambda: [b"width=480\nheight=360\nlength=196\n"],
    (b"width=", b"height=", b"\xd9\xa1", b"\xc2\xb2", b"\x1c"),
    share=0.3,
    longest=8192,
)
