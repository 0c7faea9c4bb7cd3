"""Frames as PPM files in shared memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trackers.errors import UserError
from trackers.external.protocols.frame_files import FrameFiles, read_ppm


@pytest.fixture
def files():
    files = FrameFiles()
    yield files
    files.close()


def test_frame_files_are_read_back_also_by_pillow(files: FrameFiles) -> None:
    rng = np.random.default_rng(0)
    for height, width in ((48, 64), (48, 64), (5, 7), (64, 48), (1, 1)):
        frame = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        frame[0, 0] = 10  # looks like white space
        path = files.put(frame)
        np.testing.assert_array_equal(read_ppm(path), frame)
        np.testing.assert_array_equal(np.asarray(Image.open(path)), frame)


def test_view_of_larger_frame_is_written_correctly(files: FrameFiles) -> None:
    frame = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)[1:, ::-1, ::-1]
    np.testing.assert_array_equal(read_ppm(files.put(frame)), frame)


def test_only_last_frame_exists_under_new_name(files: FrameFiles) -> None:
    frame = np.zeros((4, 4, 3), np.uint8)
    first = files.put(frame)
    second = files.put(frame)
    assert first != second
    assert list(second.parent.iterdir()) == [second]
    files.close()
    assert not second.parent.exists()


def test_frame_file_detects_changes(files: FrameFiles) -> None:
    frame = np.zeros((4, 4, 3), np.uint8)
    path = files.put(frame)
    read_ppm(path)[:] = 1
    assert files.holds(frame)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert not files.holds(frame)
    path.unlink()
    assert not files.holds(frame)
    np.testing.assert_array_equal(read_ppm(files.put(frame)), frame)


def test_other_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.ppm"
    path.write_bytes(b"P5\n2 2\n255\n....")
    with pytest.raises(UserError, match="is not a binary PPM with 255 levels"):
        read_ppm(path)
