"""Numeric precision of the networks: float32, or faster and less exact where the hardware supports it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trackers.device_context import Numerics
from trackers.errors import UserError
from trackers.siamese.backbone import Embedding

PRECISIONS = ("float32", "tf32", "bf16")


def numerics(precision: str, device: torch.device) -> Numerics:
    """Checks that `device` supports `precision`, and returns the matching numerics.

    Raises:
        UserError: there is no such precision, or the device does not support it.
    """
    if precision not in PRECISIONS:
        raise UserError(f"there is no precision '{precision}'; give {', '.join(PRECISIONS)}")
    if precision == "tf32" and device.type != "cuda":
        raise UserError("precision tf32 is for NVIDIA GPUs; give float32 or bf16 on a CPU")
    return Numerics(tf32=precision == "tf32")


class BFloat16(nn.Module):
    """An embedding that computes in bfloat16, from float32 crops to float32 features.

    Integer gray levels up to 255 are exact in bfloat16; the hardware accumulates sums in float32.
    """

    def __init__(self, network: Embedding) -> None:
        super().__init__()
        self.widths = network.widths
        self.network = network.to(torch.bfloat16)

    def forward(self, crops: Tensor) -> Tensor:
        """Embeds crops, see `Embedding.forward`."""
        features: Tensor = self.network(crops.bfloat16())
        return features.float()
