from pathlib import Path

import pytest
import torch
from torch import nn

from trackers.siamese.backbone import FULL_WIDTHS, Embedding, fold_batch_norm, prepare_for_cpu, scaled_widths
from trackers.siamese.checkpoint import load_embedding
from trackers.siamese.winograd import RowWinograd, TileWinograd


def unsettled(network: Embedding) -> Embedding:
    """Gives `network` nontrivial statistics of batch normalization."""
    torch.manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 2.0)
            nn.init.normal_(module.bias)
    return network.eval()


# The table of the specification.
@pytest.mark.parametrize(
    ("size", "sides"),
    [(127, (29, 12, 10, 8, 6)), (255, (61, 28, 26, 24, 22)), (239, (57, 26, 24, 22, 20))],
)
def test_feature_sizes(size: int, sides: tuple[int, ...]) -> None:
    widths = scaled_widths(0.1)
    network = Embedding(widths).eval()
    x = torch.zeros(1, 3, size, size)
    for layer, (channels, side) in enumerate(zip(widths, sides, strict=True), start=1):
        x = network.get_submodule(f"conv{layer}")(x)
        assert x.shape == (1, channels, side, side)


def test_published_widths() -> None:
    assert scaled_widths(1) == FULL_WIDTHS
    assert scaled_widths(0.3) == (28, 76, 114, 114, 76)
    assert scaled_widths(0.15) == (14, 38, 56, 56, 38)


def test_names_of_full_network() -> None:
    shapes = {name: tuple(value.shape) for name, value in Embedding().state_dict().items()}
    assert shapes["conv1.0.weight"] == (96, 3, 11, 11)
    assert shapes["conv2.0.weight"] == (256, 48, 5, 5)
    assert shapes["conv4.1.running_var"] == (384,)
    assert shapes["conv5.0.bias"] == (256,)
    assert not any(name.startswith("conv5.1") for name in shapes)


def test_shallow_and_deep_make_forward() -> None:
    network = unsettled(Embedding(scaled_widths(0.1)))
    x = torch.rand(2, 3, 127, 127) * 255
    assert network.shallow(x).shape[1:] == (scaled_widths(0.1)[1], 12, 12)
    assert torch.equal(network.deep(network.shallow(x)), network(x))


@pytest.mark.parametrize("width", [0.2, 1.0])
def test_rewritten_networks_embed_alike(width: float) -> None:
    network = unsettled(Embedding(scaled_widths(width)))
    x = (torch.rand(2, 3, 127, 127) * 255).contiguous(memory_format=torch.channels_last)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with torch.inference_mode():
        fold = fold_batch_norm(network)
        expected = network(x)
        assert (fold(x) - expected).norm() <= 1e-5 * expected.norm()
        assert (prepare_for_cpu(fold)(x) - expected).norm() <= 1e-5 * expected.norm()
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fold.modules())
    rewritten = [isinstance(module, RowWinograd | TileWinograd) for module in prepare_for_cpu(fold).modules()]
    assert sum(rewritten) == (4 if width == 1.0 else 0)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.shared
@pytest.mark.parametrize(("name", "width"), [("FDSiamfc_30.pth", 0.3), ("FDSiamfc_15.pth", 0.15)])
def test_published_weights_fold(shared: Path, name: str, width: float) -> None:
    network = load_embedding(shared / "weights" / "FDSiamFC" / name, width)
    x = torch.rand(1, 3, 127, 127, generator=torch.Generator().manual_seed(0)) * 255
    with torch.inference_mode():
        expected = network(x)
        assert expected.shape == (1, scaled_widths(width)[4], 6, 6)
        assert (prepare_for_cpu(fold_batch_norm(network))(x) - expected).norm() <= 1e-5 * expected.norm()
