"""What is packed can be unpacked, and JSON in a script element stays JSON."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.page.pack import (
    error_bytes,
    overlap_bytes,
    packed,
    packed_counts,
    region_steps,
    script_json,
)

TEXT = st.text(st.characters(), max_size=20)


@given(st.recursive(TEXT | st.integers() | st.none(), lambda inner: st.dictionaries(TEXT, inner, max_size=3)))
def test_json_in_a_script_is_plain_and_the_same(value):
    text = script_json(value)
    assert not set("<>&") & set(text)
    assert text.isascii()
    assert json.loads(text) == value


def test_names_that_are_no_unicode_are_carried():
    assert json.loads(script_json("\udcff</script>")) == "\udcff</script>"


@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "i2", "f8"])
def test_arrays_are_little_endian_and_say_their_type(kind):
    array = np.array([[1, 2], [3, 100]], dtype=f">{kind}")
    content = packed(array)
    assert content["type"] == kind
    back = np.frombuffer(base64.b64decode(content["data"]), dtype=f"<{kind}")
    assert back.tolist() == [1, 2, 3, 100]


def test_counts_take_two_bytes_where_that_is_enough():
    assert packed_counts(np.array([65535]))["type"] == "u2"
    assert packed_counts(np.array([65536]))["type"] == "u4"
    assert packed_counts(np.array([], dtype=int))["data"] == ""


@given(st.floats(0, 1))
def test_overlaps_are_kept_to_half_a_step(overlap):
    assert overlap_bytes(np.array([overlap]))[0] / 250 == pytest.approx(overlap, abs=0.0021)


@given(st.floats(0, 1500))
def test_errors_are_kept_to_one_and_a_half_percent(error):
    assert 2 ** (error_bytes(np.array([error]))[0] / 24) == pytest.approx(1 + error, rel=0.0147)


def test_what_is_not_known_has_a_value_of_its_own():
    assert overlap_bytes(np.array([np.nan, 0, 1])).tolist() == [255, 0, 250]
    assert error_bytes(np.array([np.nan, 0, 1e9, np.inf])).tolist() == [255, 0, 254, 254]
    regions = np.array([[1.13, -2, 3, 4], [np.nan] * 4, [1e9, -1e9, 0, np.inf], [1e9, -1e9, 0, 0]])
    assert region_steps(regions).tolist() == [
        [5, -8, 12, 16],
        [-32768] * 4,
        [-32768] * 4,
        [32767, -32767, 0, 0],
    ]
