"""Which files torchvision may decode, and its pixels compared with Pillow's."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from jpegs import by_pillow, fake_torchvision, jpeg, needs_torchvision, picture
from PIL import Image

from trackers.errors import UserError
from trackers.images import read_image
from trackers.jpeg import JpegDecoder, jpeg_shape

CPU = torch.device("cpu")
FRAME = picture(61, 97)
WHOLE: dict[str, bytes] = {
    "4:2:0": jpeg(FRAME, subsampling=2),
    "4:2:2": jpeg(FRAME, subsampling=1),
    "4:4:4": jpeg(FRAME, subsampling=0),
    "coarse": jpeg(FRAME, quality=10),
    "gray": jpeg(FRAME, "L"),
    "progressive": jpeg(FRAME, progressive=True),
    "restart markers": jpeg(FRAME, restart_marker_rows=1),
    "one pixel": jpeg(picture(1, 1)),
    "two by three": jpeg(picture(3, 2)),
    "full blocks": jpeg(picture(64, 96)),
}


def with_thumbnail() -> bytes:
    """Returns a JPEG file with a complete JPEG thumbnail in its header."""
    exif = Image.Exif()
    exif[0x010E] = b"\xff\xda" + jpeg(picture(8, 8))
    return jpeg(FRAME, exif=exif)


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_shape_is_known_without_decoding(data: bytes) -> None:
    assert jpeg_shape(data) == read_image(io.BytesIO(data)).shape
    assert jpeg_shape(data + b"appended by a camera") == jpeg_shape(data)


@pytest.mark.parametrize("data", [WHOLE["4:2:0"], WHOLE["progressive"], WHOLE["gray"], with_thumbnail()])
@given(share=st.floats(0, 1))
def test_truncated_file_is_left_to_pillow(data: bytes, share: float) -> None:
    cut = data[: min(int(share * len(data)), len(data) - 1)]
    assert jpeg_shape(cut) is None
    assert jpeg_shape(cut + bytes(len(data) - len(cut))) is None


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_give_a_shape_or_none(data: bytes, begins_well: bool) -> None:
    jpeg_shape(WHOLE["gray"][:150] * begins_well + data)


def other_format(name: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(FRAME).save(file, name)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"this is no image",
        other_format("PNG"),
        other_format("WEBP"),
        jpeg(FRAME, "CMYK"),
        jpeg(FRAME, keep_rgb=True),
    ],
    ids=["empty", "text", "PNG", "WebP", "CMYK", "red, green and blue"],
)
def test_other_files_are_left_to_pillow(data: bytes) -> None:
    assert jpeg_shape(data) is None


def test_too_large_image_is_left_to_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 61 * 97 - 1)
    assert jpeg_shape(WHOLE["4:2:0"]) is None


@needs_torchvision
@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_torchvision_matches_pillow_on_cpu(data: bytes) -> None:
    # Both decode by libjpeg-turbo; 0 between Pillow 13.0.0 and torchvision 0.29.1.
    (found,) = JpegDecoder(CPU)([data])
    expected = read_image(io.BytesIO(data))
    assert found.dtype == torch.uint8
    assert np.abs(found.numpy().astype(int) - expected).max() <= 2


@needs_torchvision
def test_torchvision_decodes_several_sizes_at_once() -> None:
    found = JpegDecoder(CPU)(list(WHOLE.values()))
    assert [tuple(frame.shape) for frame in found] == [jpeg_shape(data) for data in WHOLE.values()]


@needs_torchvision
def test_torchvision_applies_no_rotation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert JpegDecoder(CPU)([jpeg(FRAME, exif=exif)])[0].shape == FRAME.shape


@needs_torchvision
def test_torchvision_raises_on_damaged_file() -> None:
    data = WHOLE["4:2:0"]
    with pytest.raises(RuntimeError):
        JpegDecoder(CPU)([data, data[: len(data) // 2], data])


def test_no_files_give_no_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_torchvision(monkeypatch)
    assert JpegDecoder(CPU)([]) == []


def test_missing_torchvision_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(UserError, match="torchvision is not installed; install the release and the build"):
        JpegDecoder(CPU)


class Misfit:
    """Importer of a torchvision that fails like one built for another torch."""

    def find_spec(self, name: str, *rest: Any) -> None:
        if name == "torchvision":
            raise RuntimeError("operator torchvision::nms does not exist\nand much more")


def test_torchvision_of_other_torch_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Misfit(), *sys.meta_path])
    with pytest.raises(
        UserError, match=r"does not fit torch .* \(operator torchvision::nms does not exist\)$"
    ):
        JpegDecoder(CPU)


def test_build_without_decoder_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*rest: Any, **more: Any) -> Any:
        raise RuntimeError("decode_jpegs_cuda: torchvision not compiled with nvJPEG support")

    fake_torchvision(monkeypatch, decode)
    with pytest.raises(UserError, match=r"torchvision 0\.0 cannot decode on cpu.*not compiled with nvJPEG"):
        JpegDecoder(CPU)


def test_out_of_memory_has_its_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(input: list[Any], mode: object, device: Any) -> Any:  # noqa: A002
        if len(input) > 1:
            raise RuntimeError("Error while decoding JPEG images: CUDA out of memory. Tried to allocate")
        return by_pillow(input, mode, device)

    fake_torchvision(monkeypatch, decode)
    decoder = JpegDecoder(CPU)
    with pytest.raises(torch.OutOfMemoryError):
        decoder([WHOLE["gray"]] * 2)
