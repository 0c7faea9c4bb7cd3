from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from trackers.errors import UserError
from trackers.siamese.backbone import Embedding, scaled_widths
from trackers.siamese.checkpoint import load_embedding
from trackers.siamese.conversion import convert, released_gradnet
from trackers.siamese.response import binary_labels
from trackers.siamese.tensorflow_checkpoint import Checkpoint

WIDTHS = (4, 6, 8, 10, 12)

Variables = dict[str, NDArray[Any]]
Released = Callable[[tuple[int, ...]], Variables]


class OfficialNetwork:
    """GradNet's released network as TensorFlow computes it, in float64: BGR, (n, h, w, c), kernels HWIO."""

    def __init__(self, variables: Variables) -> None:
        self.variables = {name: torch.from_numpy(value).double() for name, value in variables.items()}

    def layer(self, scope: str, x: Tensor, stride: int = 1) -> Tensor:
        kernel = self.variables[f"siamese/{scope}/conv/weights"]
        size, _, inputs, _ = kernel.shape
        groups = x.shape[-1] // inputs
        halves = [
            torch.einsum("nhwcij,ijco->nhwo", part.unfold(1, size, stride).unfold(2, size, stride), weights)
            for part, weights in zip(x.chunk(groups, -1), kernel.chunk(groups, -1), strict=True)
        ]
        y = torch.cat(halves, -1) + self.variables[f"siamese/{scope}/conv/biases"]
        if f"siamese/{scope}/bn/beta" not in self.variables:
            return y
        mean, variance, gamma, beta = (
            self.variables[f"siamese/{scope}/bn/{part}"]
            for part in ("moving_mean", "moving_variance", "gamma", "beta")
        )
        return (y - mean) / torch.sqrt(variance + 1e-3) * gamma + beta

    def shallow(self, x: Tensor, suffix: str) -> Tensor:
        for layer, stride in ((1, 2), (2, 1)):
            y = torch.relu(self.layer(f"scala{layer}{suffix}", x, stride))
            x = y.unfold(1, 3, 2).unfold(2, 3, 2).amax((-2, -1))
        return x

    def deep(self, x: Tensor, suffix: str) -> Tensor:
        for layer in (3, 4):
            x = torch.relu(self.layer(f"scala{layer}{suffix}", x))
        return self.layer(f"scala5{suffix}", x)

    def corrected(self, hidden: Tensor, features: Tensor, labels: Tensor) -> Tensor:
        hidden = hidden.detach().requires_grad_()
        template = self.deep(hidden, "_z")
        scores = torch.einsum("nhwcij,nijc->nhw", features.unfold(1, 6, 1).unfold(2, 6, 1), template)
        positive = labels > 0
        weights = torch.where(positive, 0.5 / positive.sum(), 0.5 / (~positive).sum())
        loss = (weights * F.softplus(-labels * scores)).mean()  # over all 17 x 17 scores
        [gradient] = torch.autograd.grad(loss, hidden)
        padded = F.pad(10000 * gradient, (0, 0, 1, 1, 1, 1))
        return (hidden + torch.tanh(self.layer("t_scala5_zz", padded))).detach()


def checkpoint(variables: Variables) -> Checkpoint:
    """As `read_checkpoint` gives it."""
    return Checkpoint(
        Path("model.index"),
        {name: value.dtype.name for name, value in variables.items()},
        {name: value.shape for name, value in variables.items()},
        {name: value for name, value in variables.items() if value.dtype.kind == "f"},
    )


def ours(x: Tensor) -> Tensor:
    """BGR, channels last, as RGB, channels first."""
    return x.flip(-1).permute(0, 3, 1, 2).float()


def agree(found: Tensor, wanted: Tensor, tolerance: float = 1e-5) -> bool:
    wanted = wanted.permute(0, 3, 1, 2)
    return found.shape == wanted.shape and bool((found - wanted).norm() <= tolerance * wanted.norm())


def test_converted_gradnet_equals_the_released_one(released: Released) -> None:
    variables = released(WIDTHS)
    more = {
        "siamese/scala1_z/conv/weights/Momentum": variables["siamese/scala1_z/conv/weights"],
        "siamese/scala1/bn/moving_mean/ExponentialMovingAverage": np.zeros(4, np.float32),
        "global_step": np.array(5, np.int64),
    }
    network = released_gradnet(checkpoint(variables | more))
    official = OfficialNetwork(variables)

    generator = torch.Generator().manual_seed(1)
    exemplar = torch.rand(1, 127, 127, 3, generator=generator, dtype=torch.float64) * 255
    region = torch.rand(1, 255, 255, 3, generator=generator, dtype=torch.float64) * 255
    labels = binary_labels(torch.zeros(1, 2), 17, 8.0)
    features = official.deep(official.shallow(region, ""), "")
    hidden = official.shallow(exemplar, "_z")
    corrected = official.corrected(hidden, features, labels)
    # A correction that is zero or saturated would prove little.
    change = (corrected - hidden).abs()
    assert change.mean() > 0.1
    assert change.median() < 0.9

    assert network.widths == WIDTHS
    with torch.inference_mode():
        own_features = network.backbone(ours(region))
        own_hidden = network.template.shallow(ours(exemplar))
        assert agree(own_features, features)
        assert agree(own_hidden, hidden)
        assert agree(network.template.deep(own_hidden), official.deep(hidden, "_z"))
    step = network.step(own_hidden.clone(), own_features.clone(), labels)
    assert agree(step.hidden - own_hidden, corrected - hidden, 1e-3)
    assert agree(network.template.deep(step.hidden), official.deep(corrected, "_z"))


def test_float64_gives_the_same_network_and_scales(released: Released) -> None:
    variables = released(WIDTHS)
    network = released_gradnet(checkpoint(variables))
    double = released_gradnet(
        checkpoint({name: value.astype(np.float64) for name, value in variables.items()})
    )
    assert all(torch.equal(double.state_dict()[name], value) for name, value in network.state_dict().items())
    assert network.score_scale == 1
    assert network.gradient_scale == torch.tensor(10000 / 289)


def test_siamfc_keeps_every_value(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Embedding(scaled_widths(0.1))
    torch.save(
        {f"backbone.{name}": value for name, value in network.state_dict().items()}, tmp_path / "a.pth"
    )
    said = convert(tmp_path / "a.pth", tmp_path / "a.safetensors")
    digest = hashlib.sha256((tmp_path / "a.safetensors").read_bytes()).hexdigest()
    what = "siamfc from a PyTorch checkpoint, widths 8-24-38-38-24"
    assert said == f"{tmp_path / 'a.safetensors'}: {what}, sha256 {digest}"
    converted = load_embedding(tmp_path / "a.safetensors").state_dict()
    assert all(torch.equal(converted[name], value) for name, value in network.state_dict().items())


def without_bias(variables: Variables) -> None:
    del variables["siamese/t_scala5_zz/conv/biases"]
    del variables["siamese/scala1_z/bn/gamma"]


def without_scala3(variables: Variables) -> None:
    del variables["siamese/scala3/conv/weights"]


def ungrouped(variables: Variables) -> None:
    variables["siamese/scala2_z/conv/weights"] = np.zeros((5, 5, 4, 6), np.float32)


def odd(variables: Variables) -> None:
    variables["siamese/scala2/conv/weights"] = np.zeros((5, 5, 2, 7), np.float32)


def flat(variables: Variables) -> None:
    variables["siamese/scala5/conv/weights"] = np.zeros((3, 12), np.float32)


def not_finite(variables: Variables) -> None:
    variables["siamese/scala4/bn/beta"][3] = np.inf


def whole_numbers(variables: Variables) -> None:
    variables["siamese/scala4/bn/beta"] = np.zeros(10, np.int32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_bias, r"lacks siamese/scala1_z/bn/gamma, siamese/t_scala5_zz/conv/biases, which"),
        (
            without_scala3,
            r"lacks siamese/scala3/conv/weights, which GradNet's networks need, and holds siamese",
        ),
        (ungrouped, r"scala2_z/conv/weights has shape \(5, 5, 4, 6\), but the network needs \(5, 5, 2, 6\)"),
        (odd, r"scala2/conv/weights has shape \(5, 5, 2, 7\), which is not a kernel of two groups"),
        (flat, r"scala5/conv/weights has shape \(3, 12\), which is not a kernel of two groups"),
        (not_finite, r"scala4/bn/beta holds values that are not finite"),
        (whole_numbers, r"scala4/bn/beta is of type int32; save the checkpoint with variables of float32"),
    ],
)
def test_other_networks_are_refused(
    released: Released, change: Callable[[Variables], None], message: str
) -> None:
    variables = released(WIDTHS)
    change(variables)
    with pytest.raises(UserError, match=message) as caught:
        released_gradnet(checkpoint(variables))
    assert "\n" not in str(caught.value)
    assert "model.index" in str(caught.value)


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("absent.ckpt", "a.safetensors", r"no file .*absent\.ckpt and no .*absent\.ckpt\.index"),
        (".", "a.safetensors", r"there is no file"),
        ("/", "a.safetensors", r"there is no file"),
        ("text.pth", "a.safetensors", r"text\.pth is a text file that begins with 'no weights'"),
        ("text.pth", "a.pth", "does not end in .safetensors"),
        ("text.pth", "absent/a.safetensors", "there is no folder"),
        ("text.safetensors", "a.safetensors", "already"),
    ],
)
def test_wrong_files_are_named(tmp_path: Path, source: str, target: str, message: str) -> None:
    for name in ("text.pth", "text.safetensors"):
        (tmp_path / name).write_text("no weights")
    with pytest.raises(UserError, match=message):
        convert(tmp_path / source, tmp_path / target)
