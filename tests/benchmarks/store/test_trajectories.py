from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.box_text import parse_rows
from benchmarks.protocols import Code, Trajectory
from benchmarks.store import RunFolder, SequenceRecord
from benchmarks.store.trajectories import (
    _plain_rows,
    format_trajectory,
    parse_regions,
    parse_trajectory,
)
from trackers.errors import UserError


@st.composite
def trajectories(draw: st.DrawFn) -> Trajectory:
    length = draw(st.integers(1, 12))
    columns = draw(st.sampled_from([4, 8]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    codes = None
    boxes = rng.normal(100, 50, (length, columns))
    if draw(st.booleans()):
        codes = rng.integers(0, 4, length).astype(np.int8)
        codes[0] = Code.INITIALIZED
        boxes[codes != Code.TRACKED] = np.nan
        if not (codes == Code.TRACKED).any():
            boxes = boxes[:, :4]
    return Trajectory(boxes, rng.random(length), codes, draw(st.integers(0, 99)))


@given(trajectories())
def test_text_round_trip_is_exact(trajectory: Trajectory) -> None:
    again = parse_trajectory(*format_trajectory(trajectory), "here", trajectory.start)
    np.testing.assert_array_equal(again.boxes, trajectory.boxes)
    np.testing.assert_array_equal(again.seconds, trajectory.seconds)
    assert again.start == trajectory.start
    if trajectory.codes is None:
        assert again.codes is None
    else:
        np.testing.assert_array_equal(again.codes, trajectory.codes)


def test_codes_are_those_of_vot() -> None:
    regions, codes = parse_regions("1\n10,20,30,40\n2\n0\n0\n0\n0\n1\n", "here")
    np.testing.assert_array_equal(codes, [1, 3, 2, 0, 0, 0, 0, 1])
    np.testing.assert_array_equal(regions[1], [10, 20, 30, 40])
    assert np.isnan(np.delete(regions, 1, axis=0)).all()


def test_invalid_lines_are_refused() -> None:
    with pytest.raises(UserError, match="here: line 2 has 1 value where 4 are expected"):
        parse_regions("1,2,3,4\n7\n", "here")
    with pytest.raises(UserError, match="here: 1 region and 2 times"):
        parse_trajectory("1,2,3,4\n", "0.1\n0.2\n", "here")


def test_several_runs_have_numbered_files(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, "demo", "ncc", "tre")
    runs = [Trajectory(np.full((n, 4), float(n)), np.zeros(n), start=10 - n) for n in (3, 2, 1)]
    record = SequenceRecord("ok", runs=folder.write("easy", runs))
    assert sorted(p.name for p in folder.path.glob("easy.?.txt")) == [
        "easy.1.txt",
        "easy.2.txt",
        "easy.3.txt",
    ]
    again = folder.read("easy", record)
    assert again is not None
    assert [(len(t.boxes), t.start) for t in again] == [(3, 7), (2, 8), (1, 9)]
    (folder.path / "easy.2.txt").write_text("1,2,3,4\n")
    assert folder.read("easy", record) is None


def test_line_of_separators_is_skipped() -> None:
    regions, codes = parse_regions("1\n, ,\n1,2,3,4\n;\n", "easy.txt")
    assert codes is not None
    assert codes.tolist() == [Code.INITIALIZED, Code.TRACKED]
    assert regions[1].tolist() == [1, 2, 3, 4]


PIECES = st.sampled_from([*"1x,; \t\n\r\0", "-2.5", "1e3", "nan", "inf", "1_0", "0x1", "2,3,4\n"])


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=30), st.sampled_from([4, 8]))
def test_fast_parser_agrees_with_the_general_one(text, columns):
    rows = _plain_rows(text, columns)
    if rows is not None:
        assert np.array_equal(rows, parse_rows(text, columns, "text"), equal_nan=True)
