"""MAT-files: our reader and writer against those of SciPy."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.io import loadmat, savemat

from benchmarks.store.formats import matlab
from benchmarks.store.formats.matlab import read_variable, write_variable
from trackers.errors import UserError

tables = arrays(np.float64, st.tuples(st.integers(2, 5), st.integers(1, 4)), elements=st.floats(width=32))
texts = st.text("abcXYZ_ 019äλ", min_size=1)
fields = st.text("abcdef", min_size=1, max_size=12)
numbers = st.integers(0, 10**6).map(float)
structs = st.dictionaries(fields, tables | texts | numbers, min_size=1)
# SciPy does not decode MATLAB's own two-byte text beyond ASCII.
plain_structs = st.dictionaries(fields, tables | st.text("rect 12", min_size=1) | numbers, min_size=1)


def saved(value: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    savemat(file, {"other": "first", "results": value}, **options)
    return file.getvalue()


def cells(*values: Any) -> np.ndarray:
    array = np.empty((1, len(values)), dtype=object)
    for index, value in enumerate(values):
        array[0, index] = value
    return array


def nested(depth: int) -> Any:
    return cells(nested(depth - 1), 2.0) if depth else 1.0


def assert_same(ours: Any, theirs: Any) -> None:
    """Compares the values read with those written, element by element."""
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for name in theirs:
            assert_same(ours[name], theirs[name])
    elif isinstance(theirs, np.ndarray):
        np.testing.assert_array_equal(ours, theirs)
    else:
        assert ours == theirs


@given(st.lists(structs, min_size=1, max_size=3), st.booleans())
def test_scipy_files_are_read(values, compress):
    read = read_variable(saved(cells(*values), do_compression=compress), "results", "a")
    assert len(read) == len(values)
    for ours, theirs in zip(read, values, strict=True):
        assert_same(ours, theirs)


@given(st.lists(plain_structs, min_size=1, max_size=3))
def test_written_files_are_read_by_scipy_and_by_us(values):
    content = write_variable("results", values)
    read = loadmat(io.BytesIO(content), simplify_cells=True)["results"]
    for theirs, ours in zip([read] if len(values) == 1 else read, values, strict=True):
        assert list(theirs) == list(ours)
        for name, value in ours.items():
            expected = np.squeeze(value) if isinstance(value, np.ndarray) else value
            np.testing.assert_array_equal(theirs[name], expected)
    for ours, theirs in zip(read_variable(content, "results", "a"), values, strict=True):
        assert_same(ours, theirs)


def test_same_value_gives_the_same_bytes():
    first = write_variable("results", [{"res": np.ones((2, 4)), "type": "rect"}])
    assert first.startswith(b"MATLAB 5.0 MAT-file  ")
    assert b"Created on" not in first


@pytest.mark.parametrize("kind", [*"bBhHiIqQf"])
def test_numbers_of_any_type_are_read(kind):
    table = np.array([[1, 2, 3], [4, 5, 100]], dtype=kind)
    assert read_variable(saved(table), "results", "a").tolist() == table.tolist()


def test_struct_arrays_empty_arrays_and_missing_variables():
    array = np.zeros(2, dtype=[("a", "f8"), ("b", object)])
    array["a"], array["b"] = [1, 2], "x"
    assert read_variable(saved(array), "results", "a") == [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]
    assert read_variable(saved(np.empty((0, 4))), "results", "a").shape == (0, 4)
    assert read_variable(saved(1.0), "nothing", "a") is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "not a MAT-file"),
        (b"no file of MATLAB's at all" * 10, "not a MAT-file"),
        (b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(512), r"saved as MATLAB 7.3; .*save -v7"),
        (saved(np.ones((9, 9)))[:-100], r"damaged MAT-file \(cut short\)"),
        (saved(np.ones((9, 9)), do_compression=True)[:-9], r"damaged MAT-file \(cut short\)"),
        (saved(1 + 2j), "damaged MAT-file .arrays of class 6"),
        (saved(nested(9)), "arrays are nested too deep"),
    ],
)
def test_unsupported_files_are_refused_in_one_sentence(content, expected):
    with pytest.raises(UserError, match=f"^a.mat: .*{expected}"):
        read_variable(content, "results", "a.mat")


def test_unpacked_size_is_limited(monkeypatch):
    monkeypatch.setattr(matlab, "MEMBER_LIMIT", 1 << 20)
    content = saved(np.zeros((1 << 16, 4)), do_compression=True)
    assert len(content) < 10_000
    with pytest.raises(UserError, match=r"a\.mat: larger than 1 MiB unpacked"):
        read_variable(content, "results", "a.mat")


@given(st.binary(max_size=40), st.data())
@settings(max_examples=300)
def test_any_bytes_give_a_value_or_a_user_error(noise, data):
    record = {"res": np.ones((2, 4)), "type": "rect", "len": 2.0}
    content = saved(cells(record, record))
    place = data.draw(st.integers(120, len(content)))
    content = content[:place] + noise + content[place + len(noise) :]
    if data.draw(st.booleans()):
        packed = zlib.compress(content[128:])
        content = content[:128] + struct.pack("<II", 15, len(packed)) + packed
    try:
        read_variable(content, "results", "a.mat")
    except UserError as error:
        assert str(error).startswith("a.mat: ")
        assert len(str(error).splitlines()) == 1
