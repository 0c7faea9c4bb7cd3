"""JPEG files, and a fake of torchvision's decoder for machines without torchvision."""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from trackers.tracker import Frame

needs_torchvision = pytest.mark.skipif(
    importlib.util.find_spec("torchvision") is None, reason="torchvision is not installed"
)


def picture(height: int, width: int, seed: int = 0) -> Frame:
    """Returns colored blocks with noise."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3))
    pixels = blocks.repeat(8, axis=0).repeat(8, axis=1)[:height, :width] + rng.normal(
        0, 8, (height, width, 3)
    )
    return pixels.clip(0, 255).astype(np.uint8)


def jpeg(frame: Frame, mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(frame).convert(mode).save(file, "JPEG", **options)
    return file.getvalue()


def by_pillow(input: list[Tensor], mode: object, device: torch.device) -> list[Tensor]:  # noqa: A002
    """Decodes like `torchvision.io.decode_jpeg` on a CPU, to the same pixels."""
    assert mode == "RGB"
    found = []
    for data in input:
        assert data.dtype == torch.uint8
        assert data.dim() == 1
        try:
            with Image.open(io.BytesIO(data.numpy().tobytes())) as image:
                pixels = np.array(image.convert("RGB"))
        except OSError as error:
            raise RuntimeError(f"cannot decode: {error}") from error
        found.append(torch.from_numpy(pixels).permute(2, 0, 1).to(device))
    return found


Decode = Callable[[list[Tensor], object, torch.device], list[Tensor]]


def fake_torchvision(monkeypatch: pytest.MonkeyPatch, decode: Decode = by_pillow) -> None:
    package, decoders = ModuleType("torchvision"), ModuleType("torchvision.io")
    package.__version__ = "0.0"  # type: ignore[attr-defined]
    decoders.ImageReadMode = SimpleNamespace(RGB="RGB")  # type: ignore[attr-defined]
    decoders.decode_jpeg = decode  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.io", decoders)
