"""Damaged and unusual frames, through the command line."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bad_data import Outcome, pixels, run_folder, success, write_video
from PIL import Image

from benchmarks.datasets.frames import ImageFiles
from trackers.images import load_image

OK = Outcome("ok")


def failed(message: str) -> Outcome:
    return Outcome("failed", message)


def encoded(image: Image.Image, form: str = "png", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def png(width: int, height: int, bits: int, color: int, rows: bytes) -> bytes:
    """Returns a PNG file in a format that Pillow does not write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def deep(frame: np.ndarray) -> bytes:
    """Returns a 16-bit RGB PNG."""
    rows = b"".join(b"\0" + row.astype(">u2").__mul__(257).astype(">u2").tobytes() for row in frame)
    return png(frame.shape[1], frame.shape[0], 16, 2, rows)


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


RGB = pixels(1)
IMAGE = Image.fromarray(RGB)
GRAY = np.asarray(IMAGE.convert("L"))
THREE = np.repeat(GRAY[:, :, None], 3, axis=2)
HALF = Image.fromarray(np.dstack([RGB, np.full(GRAY.shape, 100, np.uint8)]))
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 48\n%%EndComments\nshowpage\n"

CASES: dict[str, tuple[str, Callable[[], bytes], Outcome]] = {
    "truncated-png": ("2.png", lambda: encoded(IMAGE)[:-30], failed(r"2\.png is damaged: .*truncated")),
    "truncated-jpeg": (
        "2.jpg",
        lambda: encoded(IMAGE, "jpeg")[:-100],
        failed(r"2\.jpg is damaged: .*truncated"),
    ),
    "zero-bytes": ("2.jpg", lambda: b"", failed(r"2\.jpg is not an image \(0 bytes\)")),
    "text": ("2.jpg", lambda: b"hello", failed(r"2\.jpg is not an image \(5 bytes\)")),
    "postscript": ("2.jpg", lambda: POSTSCRIPT, failed(r"2\.jpg is not an image")),
    "bomb": ("2.png", lambda: png(20_000, 20_000, 1, 0, b""), failed(r"2\.png is too large to be a frame")),
    "half-a-bomb": (
        "2.png",
        lambda: png(10_000, 10_000, 1, 0, b""),
        failed(r"2\.png is too large to be a frame"),
    ),
    "float": (
        "2.tif",
        lambda: encoded(Image.fromarray(GRAY.astype(np.float32)), "tiff"),
        failed(r"2\.tif is damaged: its values have 32 bits, of unknown range"),
    ),
    "int32": (
        "2.tif",
        lambda: encoded(Image.fromarray(GRAY.astype(np.int32)), "tiff"),
        failed(r"2\.tif is damaged: its values have 32 bits"),
    ),
    "gray": ("2.png", lambda: encoded(Image.fromarray(GRAY)), OK),
    "gray-16": ("2.png", lambda: encoded(Image.fromarray(GRAY.astype(np.uint16) * 257)), OK),
    "gray-16-ppm": ("2.ppm", lambda: b"P5 64 48 65535\n" + (GRAY.astype(">u2") * 257).tobytes(), OK),
    "rgb-16": ("2.png", lambda: deep(RGB), OK),
    "palette": ("2.png", lambda: encoded(IMAGE.quantize(255)), OK),
    "palette-alpha": ("2.png", lambda: encoded(IMAGE.quantize(255), transparency=bytes(range(255))), OK),
    "rgba": ("2.png", lambda: encoded(HALF), OK),
    "cmyk": ("2.jpg", lambda: encoded(IMAGE.convert("CMYK"), "jpeg", quality=95), OK),
    "exif": ("2.png", lambda: encoded(IMAGE, exif=turned()), OK),
    "one-pixel": ("2.png", lambda: encoded(IMAGE.resize((1, 1))), OK),
    "other-size": ("2.png", lambda: encoded(IMAGE.resize((40, 90))), OK),
}
SAME = {"gray": THREE, "gray-16": THREE, "gray-16-ppm": THREE, "rgb-16": RGB, "rgba": RGB, "exif": RGB}
"""The exact pixels expected after decoding."""


def test_bad_frame_fails_only_its_sequence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for name, (file, content, _) in CASES.items():
        write_video(tmp_path / "videos" / name)
        (tmp_path / "videos" / name / "0002.png").unlink()
        (tmp_path / "videos" / name / file).write_bytes(content())
    write_video(tmp_path / "videos" / "good")

    status, outcomes = run_folder(tmp_path / "videos", tmp_path / "results")

    assert status == 1
    assert "Traceback" not in capsys.readouterr().err
    for name, (_, _, expected) in CASES.items():
        assert outcomes[name].status == expected.status, name
        assert re.search(expected.message, outcomes[name].message), outcomes[name]
        assert "\n" not in outcomes[name].message
    scores = success(tmp_path / "videos", tmp_path / "results", capsys)
    assert set(scores) == {"good"} | {name for name, case in CASES.items() if case[2] == OK}
    assert set(scores.values()) == {scores["good"]}  # frames do not affect a static tracker


@pytest.mark.parametrize("name", SAME)
def test_decoded_pixels_match_stored_ones(tmp_path: Path, name: str):
    file, content, _ = CASES[name]
    (tmp_path / file).write_bytes(content())
    np.testing.assert_array_equal(load_image(tmp_path / file), SAME[name])


@pytest.mark.parametrize("name", ["palette", "palette-alpha", "cmyk"])
def test_other_color_spaces_decode_approximately(tmp_path: Path, name: str):
    file, content, _ = CASES[name]
    (tmp_path / file).write_bytes(content())
    assert np.abs(load_image(tmp_path / file).astype(int) - RGB).mean() < 8


def test_exif_rotated_file_is_passed_as_pixels(tmp_path: Path):
    cv2 = pytest.importorskip("cv2")
    upright, other = tmp_path / "1.jpg", tmp_path / "2.jpg"
    upright.write_bytes(encoded(IMAGE, "jpeg"))
    other.write_bytes(encoded(IMAGE, "jpeg", exif=turned()))
    assert (
        cv2.imread(str(other)).shape[:2] == RGB.shape[1::-1]
    )  # OpenCV rotates the image, but ground truth is not rotated
    frames = ImageFiles([upright, other])
    assert frames.path(0) == upright
    assert frames.path(1) is None
    assert frames[1].shape == RGB.shape


@pytest.mark.parametrize("tracker", ["ncc", "siamfc-lite"])
def test_frames_of_changing_size_are_tracked(tmp_path: Path, tracker: str):
    for name in ("one-pixel", "other-size"):
        write_video(tmp_path / "videos" / name)
        (tmp_path / "videos" / name / "0002.png").write_bytes(CASES[name][1]())
    status, outcomes = run_folder(tmp_path / "videos", tmp_path / "results", tracker)
    assert (status, set(outcomes.values())) == (0, {OK})


def test_image_numbers_are_sorted_numerically(tmp_path: Path):
    folder = tmp_path / "videos" / "gaps"
    write_video(folder)
    for old, new in (("0001", "2"), ("0002", "9"), ("0003", "10"), ("0004", "101")):
        (folder / f"{old}.png").rename(folder / f"{new}.png")
    status, outcomes = run_folder(tmp_path / "videos", tmp_path / "results")
    assert (status, outcomes) == (0, {"gaps": OK})

    from benchmarks.datasets import open_dataset

    frames = open_dataset("folder", tmp_path / "videos")["gaps"].open_frames()
    for number in range(len(frames)):
        np.testing.assert_array_equal(frames[number], pixels(number))


def test_broken_link_and_folder_fail_their_sequences(tmp_path: Path):
    write_video(tmp_path / "videos" / "good")
    for name in ("link", "folder"):
        write_video(tmp_path / "videos" / name)
        (tmp_path / "videos" / name / "0003.png").unlink()
    (tmp_path / "videos" / "link" / "0003.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "videos" / "folder" / "0003.png").mkdir()

    status, outcomes = run_folder(tmp_path / "videos", tmp_path / "results")

    assert (status, outcomes["good"]) == (1, OK)
    assert outcomes["link"].status == outcomes["folder"].status == "failed"
    assert outcomes["link"].message.endswith("0003.png: No such file or directory")
    assert outcomes["folder"].message.endswith("0003.png is damaged: Is a directory")
