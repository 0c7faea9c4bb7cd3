"""How exactly networks compute: float32, or faster and less exact on hardware that can."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trackers.device_context import Numerics
from trackers.errors import UserError
from trackers.siamese.backbone import Embedding

PRECISIONS = ("float32", "tf32", "bf16")


def numerics(precision: str, device: torch.device) -> Numerics:
    """Checks that `device` can compute in `precision`, and says what its float32 may be there.

    Raises:
        UserError: there is no such precision, or not on this device.
    """
    if precision not in PRECISIONS:
        raise UserError(f"there is no precision '{precision}'; give {', '.join(PRECISIONS)}")
    if precision == "tf32" and device.type != "cuda":
        raise UserError("precision tf32 is for NVIDIA GPUs; give float32 or bf16 on a CPU")
    return Numerics(tf32=precision == "tf32")


class BFloat16(nn.Module):
    """An embedding that computes in bfloat16 between a float32 crop and float32 features.

    Whole grey levels up to 255 have exact bfloat16 values; sums are kept in float32 by the hardware.
    """

    def __init__(self, network: Embedding) -> None:
        super().__init__()
        self.widths = network.widths
        self.network = network.to(torch.bfloat16)

    def forward(self, crops: Tensor) -> Tensor:
        """As `Embedding.forward`."""
        features: Tensor = self.network(crops.bfloat16())
        return features.float()
