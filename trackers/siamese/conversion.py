"""Converts weights to this project's format: SiamFC's from PyTorch, GradNet's from TensorFlow.

GradNet's released network computes what ours does, but is stored differently:

- `siamese/scala1` ... `scala5` is f_x, with the suffix `_z` f_2 (1, 2) and U_1 (3 to 5);
  `siamese/t_scala5_zz` is U_2. The optimizer's slots, moving averages and step counters are not needed.
- Kernels are stored as (h, w, in, out), ours as (out, in, h, w).
- It takes BGR images; ours are RGB, so the first kernels' input channels are reversed.
- Its batch normalization adds 1e-3 to every variance and our embedding 1e-6, so the difference goes into the
  embeddings' variances.
- Its scores are raw sums, and it multiplies the gradient of their mean loss by 10000.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from trackers.errors import UserError
from trackers.siamese.backbone import EPS
from trackers.siamese.checkpoint import PREFIX, format_widths, load_embedding, summarize_names, write
from trackers.siamese.gradnet_network import RELEASED_EPS, RELEASED_GRADIENT_SCALE, GradNetNetwork
from trackers.siamese.tensorflow_checkpoint import Checkpoint, prefix_of, read_checkpoint

RELEASED_SCORE_SCALE = 1.0
HINT = "give the checkpoint of GradNet's authors"


def _variables() -> dict[str, str]:
    """Maps our tensors' names to the checkpoint's variables."""
    scopes = {"correction": "t_scala5_zz"}
    for layer in range(1, 6):
        scopes[f"backbone.conv{layer}"] = f"scala{layer}"
        scopes[f"template.conv{layer}"] = f"scala{layer}_z"
    parts = {"0.weight": "conv/weights", "0.bias": "conv/biases"}
    norm_parts = {
        "1.weight": "bn/gamma",
        "1.bias": "bn/beta",
        "1.running_mean": "bn/moving_mean",
        "1.running_var": "bn/moving_variance",
    }
    return {
        f"{layer}.{ours}": f"siamese/{scope}/{theirs}"
        for layer, scope in scopes.items()
        for ours, theirs in (parts if layer.endswith("conv5") else parts | norm_parts).items()
    }


VARIABLES = _variables()


def convert(source: Path, target: Path) -> str:
    """Converts the weights in `source` to the .safetensors file `target`, and returns a summary.

    Args:
        source: a .pth of siamfc-pytorch or FDSiamFC, or a TensorFlow checkpoint of GradNet: its prefix or one
            of its files.
        target: overwritten if it exists.

    Raises:
        UserError: `source` is missing, damaged or of another network, `target` has another ending, or
            TensorFlow is needed and not installed.
    """
    if target.suffix != ".safetensors":
        raise UserError(f"{target} does not end in .safetensors; trackers tell the format by it")
    if not target.parent.is_dir():
        raise UserError(f"there is no folder {target.parent}; make it first")
    if source.suffix == ".safetensors":
        raise UserError(f"{source} is a .safetensors file already; give a .pth or a TensorFlow checkpoint")
    if Path(f"{prefix_of(source)}.index").is_file():
        network = released_gradnet(read_checkpoint(source, VARIABLES.values()))
        write(target, network.state_dict(), "gradnet")
        what, widths = "gradnet from a TensorFlow checkpoint", network.widths
    elif source.is_file():
        embedding = load_embedding(source)
        write(target, {PREFIX + name: value for name, value in embedding.state_dict().items()}, "siamfc")
        what, widths = "siamfc from a PyTorch checkpoint", embedding.widths
    else:
        raise UserError(f"there is no file {source} and no {source}.index; check the path")
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    return f"{target}: {what}, widths {format_widths(widths)}, sha256 {digest}"


def released_gradnet(saved: Checkpoint) -> GradNetNetwork:
    """Returns GradNet's networks with the weights of its authors' checkpoint, in evaluation mode.

    Raises:
        UserError: variables are missing, not floats, not finite, or of shapes that do not fit together.
    """
    with torch.device("meta"):
        network = GradNetNetwork(_widths(saved))
    shapes = network.state_dict()
    _require(saved, list(VARIABLES.values()))
    for name, variable in VARIABLES.items():
        wanted = tuple(shapes[name].shape)
        stored = (*wanted[2:], *wanted[1::-1])  # of kernels; vectors are stored as they are
        if (found := saved.shapes[variable]) != stored:
            raise UserError(
                f"{saved.index}: {variable} has shape {found}, but the network needs {stored}; {HINT}"
            )
    state = {name: _converted(name, saved, variable) for name, variable in VARIABLES.items()}
    for name in shapes.keys() - VARIABLES.keys():  # the two scales, and unused counters
        state[name] = torch.zeros_like(shapes[name], device="cpu")
    state["score_scale"].fill_(RELEASED_SCORE_SCALE)
    state["gradient_scale"].fill_(RELEASED_GRADIENT_SCALE)
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False)


def _widths(saved: Checkpoint) -> tuple[int, ...]:
    kernels = [f"siamese/scala{layer}/conv/weights" for layer in range(1, 6)]
    _require(saved, kernels)
    shapes = [saved.shapes[kernel] for kernel in kernels]
    for kernel, shape in zip(kernels, shapes, strict=True):
        if len(shape) != 4 or shape[3] == 0 or shape[3] % 2:
            raise UserError(
                f"{saved.index}: {kernel} has shape {shape}, which is not a kernel of two groups; {HINT}"
            )
    return tuple(shape[3] for shape in shapes)


def _require(saved: Checkpoint, variables: list[str]) -> None:
    missing = sorted(set(variables) - saved.shapes.keys())
    if missing:
        raise UserError(
            f"{saved.index} lacks {summarize_names(missing)}, which GradNet's networks need, and holds "
            f"{summarize_names(sorted(saved.shapes))}; it is damaged or of another network: {HINT}"
        )


def _converted(name: str, saved: Checkpoint, variable: str) -> Tensor:
    """Returns the values of a variable in the layout of our tensor `name`."""
    if variable not in saved.values:
        raise UserError(
            f"{saved.index}: {variable} is of type {saved.types[variable]}; save the checkpoint with "
            "variables of float32"
        )
    values = saved.values[variable].astype(np.float64)
    if not np.isfinite(values).all():
        raise UserError(
            f"{saved.index}: {variable} holds values that are not finite; give a checkpoint of valid weights"
        )
    if values.ndim == 4:
        values = values.transpose(3, 2, 0, 1)
    if name.endswith("conv1.0.weight"):
        values = values[:, ::-1]
    if name.endswith("running_var") and not name.startswith("correction"):
        values = values + (RELEASED_EPS - EPS)
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
