"""Widens a trained network without changing its function, as a start for training.

After Chen, Goodfellow, Shlens, Net2Net, 2016. There channels are duplicated; here the narrow network's
channels are kept, and random ones are added. Initially nothing flows from new channels into old ones, so the
old channels' values are the narrow network's to the bit.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trackers.siamese.backbone import GROUPS, LAYERS, Embedding

NEW_CHANNEL_SCALE = 0.1  # factor on new output channels, so that scores hardly change at first


def places(narrow: int, wide: int) -> Tensor:
    """Returns the indices of `narrow` channels among `wide` ones: one range per half, for two groups."""
    half = torch.arange(narrow // 2)
    return torch.cat([half, half + wide // 2])


@torch.no_grad()
def widen(network: Embedding, widths: tuple[int, ...]) -> Embedding:
    """Returns a network of `widths` whose channels at `places` have the values of `network`'s.

    New channels are drawn from torch's default generator.

    Raises:
        ValueError: a layer would become narrower.
    """
    if any(wide < narrow for wide, narrow in zip(widths, network.widths, strict=True)):
        raise ValueError(f"widths {widths} are not wider than {network.widths}")
    wide = Embedding(widths)
    inputs = torch.arange(3)
    for layer, groups in zip(LAYERS, GROUPS, strict=True):
        source, target = getattr(network, layer), getattr(wide, layer)
        old, new = source[0], target[0]
        nn.init.kaiming_normal_(new.weight, nonlinearity="relu")
        nn.init.zeros_(new.bias)
        if layer == "conv5":
            new.weight *= NEW_CHANNEL_SCALE
        outputs = places(len(old.weight), len(new.weight))
        # Within a group, inputs are indexed from the group's first.
        within = inputs[: len(inputs) // groups]
        kernel = torch.zeros(len(outputs), *new.weight.shape[1:])
        kernel[:, within] = old.weight
        new.weight[outputs] = kernel
        new.bias[outputs] = old.bias
        for norm, trained in zip(target[1:2], source[1:2], strict=True):
            for name in ("weight", "bias", "running_mean", "running_var"):
                getattr(norm, name)[outputs] = getattr(trained, name)
        inputs = outputs
    return wide
