"""huanglianghua/siamfc-pytorch, with a network as wide as its weights.

--tracker examples/siamfc_pytorch.py:siamfc --set checkout=../siamfc-pytorch weights_file=FDSiamfc_30.pth

With weights of full width its class works directly, in the folder of the checkout:
--tracker siamfc:TrackerSiamFC --set net_path=siamfc_alexnet_e50.pth
"""

import sys

import torch
from torch import nn


def siamfc(checkout: str, weights_file: str):
    """Returns a `TrackerSiamFC`: got10k's methods, RGB, 1-based boxes."""
    sys.path.insert(0, checkout)
    from siamfc import TrackerSiamFC

    weights = torch.load(weights_file, map_location="cpu", weights_only=True)
    tracker = TrackerSiamFC()
    for name, block in tracker.net.backbone.named_children():
        wide, (width, inputs) = block[0], weights[f"backbone.{name}.0.weight"].shape[:2]
        block[0] = nn.Conv2d(inputs * wide.groups, width, wide.kernel_size, wide.stride, groups=wide.groups)
        if len(block) > 1:
            block[1] = type(block[1])(width)
    tracker.net.load_state_dict(weights)
    tracker.net.to(tracker.device)
    return tracker
