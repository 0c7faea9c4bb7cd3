from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.datasets.polygons import axis_aligned_boxes, read_regions
from benchmarks.datasets.sequence import SequenceError

positions = st.floats(-1000, 1000)
sizes = st.floats(0.5, 500)


def rotated(x: float, y: float, w: float, h: float, angle: float) -> NDArray[np.float64]:
    """Corners of a w x h box around x, y, turned by `angle`."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2
    return (corners @ turn.T + [x, y]).ravel()


@given(positions, positions, sizes, sizes, st.floats(0, 2 * np.pi))
def test_centre_and_area_are_those_of_the_rotated_box(
    x: float, y: float, w: float, h: float, angle: float
) -> None:
    box = axis_aligned_boxes(rotated(x, y, w, h, angle))
    np.testing.assert_allclose(box[:2] + box[2:] / 2, [x, y], atol=1e-6)
    # Without the pixel that the rule adds, the area stays what it was.
    np.testing.assert_allclose((box[2:] - 1).prod(), w * h, rtol=1e-6)


def test_a_worked_example() -> None:
    # A square of side sqrt(2) on its corner: extent 2 x 2, areas 2 and 4, so 2 x sqrt(1/2) + 1.
    side = np.sqrt(2) + 1
    np.testing.assert_allclose(
        axis_aligned_boxes(np.array([[1.0, 0, 2, 1, 1, 2, 0, 1]])), [[1 - side / 2, 1 - side / 2, side, side]]
    )


def test_no_extent_is_one_pixel() -> None:
    np.testing.assert_array_equal(axis_aligned_boxes(np.full((2, 8), 5.0)), [[4.5, 4.5, 1, 1]] * 2)
    np.testing.assert_array_equal(axis_aligned_boxes(np.array([0.0, 5, 8, 5, 8, 5, 0, 5])), [3.5, 4.5, 1, 1])


def test_the_first_line_tells_boxes_from_polygons(tmp_path: Path) -> None:
    path = tmp_path / "groundtruth.txt"
    path.write_text("\n1,2,3,4\n5\t6\t7\t8\n")
    truth, polygons = read_regions(path)
    np.testing.assert_array_equal(truth, [[1, 2, 3, 4], [5, 6, 7, 8]])
    assert polygons is None
    path.write_text("0 0 2 0 2 2 0 2\n")
    truth, polygons = read_regions(path)
    np.testing.assert_array_equal(truth, [[-0.5, -0.5, 3, 3]])
    assert polygons is not None
    assert polygons.shape == (1, 8)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"1,2,3,4\n1,2,3\n", "line 2 has 3 values where 4"),
        (b"1,2,3,4,5,6,7,8\n1,2,3,4\n", "line 2 has 4 values where 8"),
        (b"1,2,3,4\n1,2,3,1e200\n", "row 2 is beyond any image"),
        (b"0,0,1e200,0,1e200,1e200,0,1e200\n", "row 1 is beyond any image"),
        (b"\xff\xd8\xff\xe0", "not a text file"),
        (None, "No such file"),
    ],
)
def test_damage_is_one_sentence_with_the_files_name(
    tmp_path: Path, content: bytes | None, expected: str
) -> None:
    path = tmp_path / "groundtruth.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SequenceError, match=f"groundtruth.txt.*{expected}"):
        read_regions(path)
