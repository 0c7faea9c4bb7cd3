"""Batch decoding of JPEG files by torchvision: nvJPEG on an NVIDIA GPU, libjpeg-turbo on a CPU."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from torch import Tensor

from trackers.device_context import device_context, in_device_context
from trackers.devices import is_out_of_memory
from trackers.errors import UserError
from trackers.images import open_image

_START_OF_SCAN, _END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"
_NO_TRANSFORM = 0  # the Adobe marker's code for RGB components


def jpeg_shape(data: bytes) -> tuple[int, int, int] | None:
    """Returns the shape (H, W, 3) of a JPEG file's frame, or None if only Pillow may decode the file.

    Other decoders are safe for grayscale and YCbCr files whose last scan is followed by the end marker: they
    may invent the missing part of a truncated file. Pixels are not decoded.

    Args:
        data: content of the file.
    """
    try:
        with open_image(io.BytesIO(data)) as image:
            if not isinstance(image, JpegImageFile) or image.mode not in ("L", "RGB"):
                return None
            if not image.tile:  # the file has no scan
                return None
            letters = bytes(component[0] for component in image.layer)
            if image.info.get("adobe_transform", 1) == _NO_TRANSFORM or letters == b"RGB":
                return None
            width, height = image.size
    except Exception:  # as for `trackers.images.read_image`, which will raise it again
        return None
    whole = data.rfind(_END_OF_IMAGE) > data.rfind(_START_OF_SCAN)
    return (height, width, 3) if whole else None


class JpegDecoder:
    """Decodes JPEG files on `device`.

    Raises:
        UserError: torchvision is missing, does not fit this torch, or cannot decode on this device.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        try:
            import torchvision
            from torchvision.io import ImageReadMode, decode_jpeg
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "torchvision":
                raise
            raise UserError(
                f"torchvision is not installed; install the release and the build of it that belong to torch "
                f"{torch.__version__} (docs/performance.md), or leave --decoder out"
            ) from None
        except (ImportError, RuntimeError, OSError) as error:
            raise UserError(f"torchvision {_DOES_NOT_FIT} ({_first_line(error)})") from error
        self.name = f"torchvision {torchvision.__version__}"
        self._decode, self._mode = decode_jpeg, ImageReadMode.RGB
        trial = io.BytesIO()
        Image.new("RGB", (16, 16)).save(trial, "JPEG")
        self._trial = trial.getvalue()
        # A build without a decoder fails only when it is called.
        try:
            self.try_out()
        except RuntimeError as error:
            raise UserError(
                f"{self.name} cannot decode on {device}, or {_DOES_NOT_FIT} ({_first_line(error)})"
            ) from error

    def device_context(self) -> AbstractContextManager[None]:
        """Returns a context in which the device is current."""
        return device_context(self.device)

    def try_out(self) -> None:
        """Decodes a valid file.

        Raises:
            RuntimeError: the decoder or its device does not work.
        """
        self([self._trial])

    @in_device_context
    def __call__(self, files: Sequence[bytes]) -> list[Tensor]:
        """Decodes files; pixels are taken as stored, without an EXIF rotation.

        Args:
            files: files that `jpeg_shape` accepts.

        Returns:
            For each file a uint8 tensor (H, W, 3) on the device, with any strides.

        Raises:
            torch.OutOfMemoryError: the device is out of memory.
            RuntimeError: one of the files cannot be decoded; torchvision does not tell which.
        """
        if not files:
            return []
        if self.device.type == "cuda":
            # nvJPEG does not wait for pending reads of memory that torch has freed and reuses
            # (pytorch/vision, pull request 9606).
            torch.cuda.current_stream(self.device).synchronize()
        encoded = [torch.frombuffer(bytearray(file), dtype=torch.uint8) for file in files]
        try:
            planes: list[Tensor] = self._decode(encoded, mode=self._mode, device=self.device)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise torch.OutOfMemoryError(str(error)) from error
            raise
        return [frame.permute(1, 2, 0) for frame in planes]


_DOES_NOT_FIT = (
    f"does not fit torch {torch.__version__}; install the release and the build of it that belong to this "
    "torch, or leave --decoder out"
)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
