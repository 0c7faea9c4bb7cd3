"""Ground-truth files of boxes or polygons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets.sequence import SequenceError
from benchmarks.datasets.truth_files import read_regions


def test_first_line_tells_boxes_from_polygons(tmp_path: Path) -> None:
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
def test_damaged_file_is_reported_with_its_name(tmp_path: Path, content: bytes | None, expected: str) -> None:
    path = tmp_path / "groundtruth.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SequenceError, match=f"groundtruth.txt.*{expected}"):
        read_regions(path)
