"""Times alternative implementations of the network's layers and the steps around them on a CPU.

    PYTHONPATH=. python bench/convolutions.py --threads 1 --width 1

Random weights, three search regions. Each line has median milliseconds of implementations that are equal up
to rounding and take turns; docs/performance.md says which were kept.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trackers.devices import keep_freed_memory
from trackers.siamese.backbone import (
    Embedding,
    PaddedChannels,
    fold_batch_norm,
    prepare_for_cpu,
    scaled_widths,
)
from trackers.siamese.precision import BFloat16
from trackers.siamese.response import cross_correlation
from trackers.siamese.winograd import RowWinograd, TileWinograd

Form = Callable[[], object]


def first_layer(layer: nn.Conv2d, x: Tensor) -> dict[str, Form]:
    """Returns conv1 unchanged, on 2 x 2 pixels at a time, and as a matrix product."""
    squares = F.pixel_unshuffle(F.pad(x, (0, 1, 0, 1)), 2).contiguous(memory_format=torch.channels_last)
    kernel = F.pixel_unshuffle(F.pad(layer.weight, (0, 1, 0, 1)), 2)
    kernel = kernel.contiguous(memory_format=torch.channels_last)
    filled = PaddedChannels(layer)
    return {
        "plain": lambda: layer(x),
        "filled": lambda: filled(x),
        "on 2 x 2 pixels": lambda: F.conv2d(squares, kernel, layer.bias),
        "as a product": lambda: layer.weight.flatten(1) @ F.unfold(x, layer.kernel_size, stride=2),
    }


def other_layer(layer: nn.Conv2d, x: Tensor) -> dict[str, Form]:
    """Returns a layer unchanged, and with Winograd's filtering."""
    rows, tiles = RowWinograd(layer), TileWinograd(layer)
    return {"plain": lambda: layer(x), "rows": lambda: rows(x), "tiles": lambda: tiles(x)}


def correlation(features: Tensor) -> dict[str, Form]:
    """Returns the correlation of features (3, c, 22, 22) with a template: as convolution, as product."""
    template = torch.randn(1, features.shape[1], 6, 6)
    return {
        "convolution": lambda: F.conv2d(features, template),
        "product": lambda: cross_correlation(features[None], template),
    }


def networks(network: Embedding, x: Tensor) -> dict[str, Form]:
    """Returns the whole network in its variants."""
    forms = {
        "as trained": network,
        "fold_batch_norm": fold_batch_norm(network),
        "as run": prepare_for_cpu(fold_batch_norm(network)),
        "bf16": BFloat16(fold_batch_norm(network)),
    }
    return {name: lambda f=form: f(x) for name, form in forms.items()}


def time_in_turn(name: str, forms: dict[str, Form], repeats: int) -> None:
    """Prints the median time of each form."""
    seconds: dict[str, list[float]] = {form: [] for form in forms}
    for _ in range(repeats + 2):
        for form, function in forms.items():
            begin = time.perf_counter()
            function()
            seconds[form].append(time.perf_counter() - begin)
    print(f"{name:12}", *(f"{form} {np.median(times[2:]) * 1e3:.1f}   " for form, times in seconds.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=15)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    network = Embedding(scaled_widths(args.width)).eval().requires_grad_(False)
    x = (torch.rand(3, 3, 255, 255) * 255).contiguous(memory_format=torch.channels_last)
    time_in_turn("network", networks(network, x), args.repeats)
    keep_freed_memory()
    print("from here on, the allocator keeps freed memory:")
    time_in_turn("network", networks(network, x), args.repeats)
    plain = fold_batch_norm(network)
    for name in ("conv1", "conv2", "conv3", "conv4", "conv5"):
        layer = getattr(plain, name)
        time_in_turn(name, (first_layer if name == "conv1" else other_layer)(layer[0], x), args.repeats)
        x = layer(x)
    time_in_turn("correlation", correlation(x), args.repeats)


if __name__ == "__main__":
    with torch.inference_mode():
        main()
