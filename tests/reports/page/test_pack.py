"""Encodings round-trip, and JSON in a script element contains no markup."""

from __future__ import annotations

import json
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import numbers_of, unbundled

from reports.page.pack import (
    bundle,
    error_bytes,
    json_text,
    overlap_bytes,
    packed,
    packed_counts,
    packed_deltas,
    region_steps,
    script_json,
)

TEXT = st.text(st.characters(), max_size=20)


@given(st.recursive(TEXT | st.integers() | st.none(), lambda inner: st.dictionaries(TEXT, inner, max_size=3)))
def test_script_json_round_trips_without_markup(value):
    text = script_json(value)
    assert not set("<>&") & set(text)
    assert text.isascii()
    assert json.loads(text) == value


def test_invalid_unicode_names_round_trip():
    assert json.loads(script_json("\udcff</script>")) == "\udcff</script>"


@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "i2", "f8"])
def test_arrays_are_little_endian_and_typed(kind):
    array = np.array([[1, 2], [3, 100]], dtype=f">{kind}")
    content = packed(array)
    assert content.kind == kind
    assert np.frombuffer(content.content, dtype=f"<{kind}").tolist() == [1, 2, 3, 100]


def test_small_counts_take_two_bytes():
    assert packed_counts(np.array([65535])).kind == "u2"
    assert packed_counts(np.array([65536])).kind == "u4"
    assert packed_counts(np.array([], dtype=int)).content == b""


COUNTS = st.lists(st.lists(st.integers(0, 2**20), min_size=3, max_size=3), min_size=1, max_size=4)


@given(COUNTS, st.sampled_from([bundle, json_text]))
def test_curves_round_trip_through_deltas(rows, written):
    text = written({"a": packed_deltas(np.array(rows)), "b": "text"})
    back = unbundled(text) if written is bundle else json.loads(text)
    assert numbers_of(back["a"]).tolist() == rows
    assert back["b"] == "text"


def test_small_deltas_take_two_bytes():
    assert packed_deltas(np.array([[0, 32767, 0]])).kind == "s2"
    assert packed_deltas(np.array([[0, 32768, 0]])).kind == "s4"
    assert packed_deltas(np.zeros((0, 3), dtype=int)).content == b""


def test_bundle_stores_equal_numbers_once():
    noise = np.random.default_rng(0).integers(0, 256, 3000, dtype=np.uint8)
    one, two = (len(bundle([packed(noise.copy()) for _ in range(count)])) for count in (1, 2))
    assert two < one + 100


@given(st.recursive(TEXT | st.integers() | st.none(), lambda inner: st.dictionaries(TEXT, inner, max_size=3)))
def test_bundle_round_trips_as_base64(value):
    text = bundle(value)
    assert set(text) <= set(string.ascii_letters + string.digits + "+/=")
    assert unbundled(text) == value


@given(st.floats(0, 1))
def test_overlaps_are_exact_to_half_a_step(overlap):
    assert overlap_bytes(np.array([overlap]))[0] / 250 == pytest.approx(overlap, abs=0.0021)


@given(st.floats(0, 1500))
def test_errors_are_exact_to_1_5_percent(error):
    assert 2 ** (error_bytes(np.array([error]))[0] / 24) == pytest.approx(1 + error, rel=0.0147)


def test_undefined_values_have_a_reserved_code():
    assert overlap_bytes(np.array([np.nan, 0, 1])).tolist() == [255, 0, 250]
    assert error_bytes(np.array([np.nan, 0, 1e9, np.inf])).tolist() == [255, 0, 254, 254]
    regions = np.array([[1.13, -2, 3, 4], [np.nan] * 4, [1e9, -1e9, 0, np.inf], [1e9, -1e9, 0, 0]])
    assert region_steps(regions).tolist() == [
        [5, -8, 12, 16],
        [-32768] * 4,
        [-32768] * 4,
        [32767, -32767, 0, 0],
    ]
