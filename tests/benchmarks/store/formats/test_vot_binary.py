from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.protocols import Code
from benchmarks.store.formats.vot_binary import parse_binary
from trackers.errors import UserError

CODE = struct.pack("<BI", 0, 1)
RECTANGLE = struct.pack("<B4f", 1, 1.5, 2, 3, 4)
POLYGON = struct.pack("<BH8f", 2, 4, 1, 2, 4, 2, 4, 6, 1, 6)


def trajectory(*regions: bytes) -> bytes:
    return struct.pack("<hI", 1, len(regions)) + b"".join(regions)


def test_regions_and_codes_are_read():
    regions, codes = parse_binary(trajectory(CODE, RECTANGLE, struct.pack("<BI", 0, 2)), "a.bin")
    assert codes.tolist() == [Code.INITIALIZED, Code.TRACKED, Code.FAILED]
    assert regions[1].tolist() == [1.5, 2, 3, 4]
    regions, codes = parse_binary(trajectory(POLYGON), "a.bin")
    assert codes is None
    assert regions.tolist() == [[1, 2, 4, 2, 4, 6, 1, 6]]


def test_files_of_the_vot_toolkit_are_read(tmp_path):
    shapes = pytest.importorskip("vot.region.shapes", reason="vot-toolkit is not installed")
    io = pytest.importorskip("vot.region.io")
    path = tmp_path / "a.bin"
    io.write_trajectory(str(path), [shapes.Rectangle(1.5, 2, 3, 4), shapes.Rectangle(5, 6, 7, 8)])
    regions, _ = parse_binary(path.read_bytes(), "a.bin")
    assert regions.tolist() == [[1.5, 2, 3, 4], [5, 6, 7, 8]]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "cut short"),
        (trajectory(CODE, RECTANGLE)[:-1], "cut short"),
        (struct.pack("<hI", 1, 2**32 - 1) + CODE, "cut short"),
        (struct.pack("<hI", 2, 0), "version 2"),
        (trajectory(), "holds no regions"),
        (trajectory(struct.pack("<BhhHHH", 3, 0, 0, 1, 1, 0)), "region 1 is neither a rectangle nor"),
        (trajectory(CODE, struct.pack("<BH6f", 2, 3, 1, 2, 3, 4, 5, 6)), "region 2 is neither"),
        (trajectory(struct.pack("<BI", 0, 7)), "region 1 is neither a code"),
    ],
)
def test_damage_is_refused_in_one_sentence(content, expected):
    with pytest.raises(UserError, match=rf"a\.bin: .*{expected}|a\.bin: {expected}"):
        parse_binary(content, "a.bin")


@given(st.binary() | st.lists(st.sampled_from([CODE, RECTANGLE, POLYGON])).map(lambda r: trajectory(*r)))
def test_any_bytes_give_regions_or_a_user_error(content):
    try:
        regions, codes = parse_binary(content, "a.bin")
    except UserError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert regions.shape[1] in (4, 8)
        assert codes is None or np.isnan(regions[codes != Code.TRACKED]).all()
