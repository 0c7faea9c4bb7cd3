"""JPEG files decoded by nvJPEG, compared with Pillow. Run by tools/gpu_jobs.py; skipped without a GPU."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from jpegs import jpeg, needs_torchvision, picture
from PIL import Image

from bench.decoding import write_videos
from benchmarks.cli.main import main
from benchmarks.datasets.demo import Demo
from benchmarks.geometry.overlap import iou
from trackers.images import read_image
from trackers.jpeg import JpegDecoder
from trackers.tracker import Frame

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no NVIDIA GPU"),
    needs_torchvision,
]


@pytest.fixture(scope="module")
def decoder() -> JpegDecoder:
    return JpegDecoder(torch.device("cuda:0"))


def demo_frame() -> Frame:
    return Demo()["easy"].open_frames()[0]


def differences(decoder: JpegDecoder, *files: bytes) -> list[np.ndarray]:
    found = decoder(files)
    assert all(frame.device.type == "cuda" for frame in found)
    expected = [read_image(io.BytesIO(file)) for file in files]
    return [np.abs(a.cpu().numpy().astype(int) - b) for a, b in zip(found, expected, strict=True)]


@pytest.mark.parametrize("progressive", [False, True])
def test_full_chroma_differs_only_by_rounding(decoder: JpegDecoder, progressive: bool) -> None:
    options = {"quality": 90, "progressive": progressive}
    odd = demo_frame()[:61, :97]
    files = [jpeg(frame, subsampling=0, **options) for frame in (demo_frame(), odd, picture(64, 96))]
    for difference in differences(decoder, *files, jpeg(demo_frame(), "L", **options)):
        assert difference.max() <= 4


def test_half_chroma_differs_only_at_edges(decoder: JpegDecoder) -> None:
    # libjpeg-turbo interpolates chroma; nvJPEG may repeat it, which differs at edges.
    (difference,) = differences(decoder, jpeg(demo_frame(), subsampling=2, quality=90))
    assert difference.mean() < 2


def test_no_rotation_is_applied(decoder: JpegDecoder) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    frame = demo_frame()[:40, :70]
    assert decoder([jpeg(frame, exif=exif)])[0].shape == frame.shape


def test_decoding_waits_for_pending_reads(decoder: JpegDecoder) -> None:
    files = [jpeg(demo_frame())] * 8
    shape = (3, *demo_frame().shape[:2])
    for _ in range(20):
        before = [torch.full(shape, 7, dtype=torch.uint8, device="cuda") for _ in files]
        torch.cuda._sleep(50_000_000)
        sums = [one.sum() for one in before]
        del before
        decoder(files)
        assert {int(one) for one in sums} == {7 * np.prod(shape)}


def test_boxes_nearly_match_pillow(tmp_path: Path) -> None:
    root = tmp_path / "videos"
    root.mkdir()
    names = write_videos(root, sequences=3, frames=20, width=demo_frame().shape[1], quality=90).names()
    words = ["run", "--tracker", "siamfc-lite", "--device", "cuda", "--batch", "3", "--name", "t"]
    for decoder in ("pillow", "torchvision"):
        place = ["--dataset", "folder", "--data-root", str(root), "--results", str(tmp_path / decoder)]
        assert main([*words, "--decoder", decoder, *place]) == 0
    for name in names:
        found, expected = (
            np.loadtxt(next((tmp_path / decoder).glob(f"*/t/ope/{name}.txt")), delimiter=",")
            for decoder in ("torchvision", "pillow")
        )
        assert iou(found, expected).mean() > 0.9
        assert np.abs(found - expected).max() < 5  # pixels
