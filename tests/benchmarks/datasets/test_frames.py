"""Image files as frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.datasets.frames import ImageFiles, numbered_images
from benchmarks.datasets.sequence import SequenceError

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)


def test_pixels_are_rgb_as_stored(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "0001.png")
    frame = ImageFiles([tmp_path / "0001.png"])[0]
    np.testing.assert_array_equal(frame, PIXELS)
    assert frame.flags.writeable


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "I;16"])
def test_other_image_modes_become_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("0001.tif" if mode == "CMYK" else "0001.png")
    if mode == "I;16":
        Image.fromarray(PIXELS[:, :, 0].astype(np.uint16) * 257).save(path)
        expected = np.repeat(PIXELS[:, :, :1], 3, axis=2)
    else:
        image = Image.fromarray(PIXELS).convert(mode)
        image.save(path)
        expected = np.array(image.convert("RGB"))

    frame = ImageFiles([path])[0]

    assert frame.dtype == np.uint8
    np.testing.assert_array_equal(frame, expected)


def test_exif_rotation_is_not_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(PIXELS).save(tmp_path / "0001.jpg", exif=exif)
    assert ImageFiles([tmp_path / "0001.jpg"])[0].shape == PIXELS.shape


def test_damaged_image_is_reported_with_its_name(tmp_path: Path) -> None:
    whole, cut, empty, text = (tmp_path / f"{number:04}.jpg" for number in range(1, 5))
    Image.fromarray(PIXELS).save(whole)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    empty.touch()
    text.write_text("this is no image")
    frames = ImageFiles([whole, cut, empty, text, tmp_path / "0005.jpg"])

    assert frames[0].shape == PIXELS.shape
    for index, (path, reason) in enumerate(
        [
            (cut, "is damaged"),
            (empty, r"is not an image \(0 bytes\)"),
            (text, "is not an image"),
            (tmp_path / "0005.jpg", "is missing"),
        ],
        start=1,
    ):
        with pytest.raises(SequenceError, match=f"{path.name} {reason}"):
            frames[index]


def test_image_numbers_may_have_any_leading_zeros(tmp_path: Path) -> None:
    for name in ("00003.jpg", "4.JPG", "0005.png", "0006.jpg", "Thumbs.db", "notes.txt", "x7.jpg"):
        (tmp_path / name).touch()
    assert [path.name for path in numbered_images(tmp_path, 3, 5).paths] == ["00003.jpg", "4.JPG", "0005.png"]

    with pytest.raises(SequenceError, match="2 of 6 frames are missing, first number 7"):
        numbered_images(tmp_path, 3, 8)
    with pytest.raises(SequenceError, match="No such file or directory; no frames there"):
        numbered_images(tmp_path / "img", 1, 2)


def test_fingerprint_depends_on_names_and_sizes(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number:04}.jpg" for number in range(40)]
    for path in paths:
        path.write_bytes(b"12345")
    before = ImageFiles(paths).fingerprint()

    assert ImageFiles(paths).fingerprint() == before
    assert ImageFiles(paths[:-1]).fingerprint() != before
    paths[0].write_bytes(b"1234567")
    assert ImageFiles(paths).fingerprint() != before
