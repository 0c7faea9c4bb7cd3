"""Reads and writes the weights of Siamese trackers.

Two kinds of files are read: PyTorch checkpoints (.pth) of siamfc-pytorch and FDSiamFC, without running any
pickled code, and .safetensors files, this project's own format: the same names and shapes, with the
architecture and the format's version as metadata.
"""

from __future__ import annotations

import json
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from trackers.atomic import write_atomic
from trackers.errors import UserError
from trackers.siamese.backbone import Embedding, scaled_widths
from trackers.siamese.gradnet_network import GradNetNetwork
from trackers.weights_file import check_weights_file

FORMAT_VERSION = "1"
PREFIX = "backbone."


class NetworkType(NamedTuple):
    """How messages name a network, and which files they suggest."""

    title: str
    hint: str


SIAMFC = NetworkType("SiamFC", "give weights of siamfc-pytorch, FDSiamFC or this project")
GRADNET = NetworkType(
    "GradNet",
    "give GradNet's weights of this project, or convert the released checkpoint with `sotbench convert`",
)


def load_embedding(path: Path, width: float | None = None) -> Embedding:
    """Loads an embedding network from `path`, in evaluation mode, on the CPU.

    Args:
        path: a .pth or .safetensors file with names `backbone.conv1.0.weight` ... `backbone.conv5.0.bias`.
        width: required width, 1 for the full network; None takes the file's.

    Raises:
        UserError: the file is missing, damaged, of another network, or of another width.
    """
    tensors = read(path, "siamfc")
    widths = _widths(path, tensors, width, SIAMFC)
    with torch.device("meta"):
        network = Embedding(widths)
    _fill(nn.ModuleDict({PREFIX.rstrip("."): network}), path, tensors, SIAMFC)
    return network


def load_gradnet(path: Path, width: float | None = None) -> GradNetNetwork:
    """Loads GradNet's networks from `path`, in evaluation mode, on the CPU.

    Args:
        path: a .safetensors file with the tensor names of `GradNetNetwork`, or a .pth file with the same.
        width: required width, 1 for the full network; None takes the file's.

    Raises:
        UserError: the file is missing, damaged, of another network, or of another width.
    """
    tensors = read(path, "gradnet")
    widths = _widths(path, tensors, width, GRADNET)
    with torch.device("meta"):
        network = GradNetNetwork(widths)
    _fill(network, path, tensors, GRADNET)
    return network


def read(path: Path, architecture: str) -> dict[str, Tensor]:
    """Reads the tensors of a checkpoint onto the CPU, without running any code in it.

    Args:
        path: a .safetensors file; any other name is read as a PyTorch checkpoint.
        architecture: the architecture that a .safetensors file must name in its metadata.

    Raises:
        UserError: the file is missing, damaged, or not a flat dictionary of tensors.
    """
    content = check_weights_file(path)
    if path.suffix == ".safetensors":
        if content in ("zip", "pickle"):
            raise UserError(f"{path} is a PyTorch checkpoint by its content; give its name the ending .pth")
        return _read_safetensors(path, architecture)
    if content == "safetensors":
        raise UserError(f"{path} is a .safetensors file by its content; give its name that ending")
    return _read_pickle(path)


def write(path: Path, tensors: Mapping[str, Tensor], architecture: str) -> None:
    """Writes a .safetensors file atomically; `read` reads it back.

    The same tensors always give the same bytes, so that a file's digest identifies its content.
    """
    metadata = {"architecture": architecture, "format_version": FORMAT_VERSION}
    content = save({name: value.contiguous() for name, value in tensors.items()}, metadata)
    # safetensors writes metadata in random order; sort it.
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8:end]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    write_atomic(path, len(header).to_bytes(8, "little") + header + content[end:])


def _read_safetensors(path: Path, architecture: str) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except (SafetensorError, OSError):
        raise UserError(f"{path} is damaged or is not a .safetensors file; fetch it again") from None
    found = metadata.get("architecture"), metadata.get("format_version")
    if found == (None, None):
        raise UserError(
            f"{path} names no architecture, so this project did not write it; give a file that it wrote, or "
            "convert a .pth with `sotbench convert`"
        )
    if found != (architecture, FORMAT_VERSION):
        raise UserError(
            f"{path} holds architecture {found[0]}, format version {found[1]}, not "
            f"{architecture}, {FORMAT_VERSION}; give a file that this project wrote for this tracker"
        )
    return tensors


def _read_pickle(path: Path) -> dict[str, Tensor]:
    try:
        with warnings.catch_warnings(action="ignore"):  # problems with the file are reported below
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise UserError(
            f"{path} is damaged, or holds Python objects, which are never loaded; "
            "give a file written by torch.save(model.state_dict(), FILE)"
        ) from None
    except Exception:  # torch.load raises almost anything on a file that is not a checkpoint
        if _is_torchscript(path):
            raise UserError(
                f"{path} is a TorchScript archive, which holds code; give a file written by "
                "torch.save(model.state_dict(), FILE)"
            ) from None
        raise UserError(f"{path} is damaged or is not a PyTorch checkpoint; fetch it again") from None
    if not isinstance(content, Mapping):
        raise UserError(
            f"{path} holds a {type(content).__name__}; give a file that holds a model's state_dict()"
        )
    named = ((name, isinstance(name, str) and isinstance(value, Tensor)) for name, value in content.items())
    others = [str(name) for name, known in named if not known]
    if others:
        raise UserError(
            f"{path} holds more than named tensors ({summarize_names(others)}); "
            "give a file that holds a model's state_dict() and nothing else"
        )
    return dict(content)


def _is_torchscript(path: Path) -> bool:
    """Returns whether a file is what `torch.jit.save` writes."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/constants.pkl") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _widths(
    path: Path, tensors: Mapping[str, Tensor], width: float | None, kind: NetworkType
) -> tuple[int, ...]:
    """Returns the backbone's widths, after checking them against `width`."""
    names = [f"{PREFIX}conv{layer}.0.weight" for layer in range(1, 6)]
    missing = [name for name in names if name not in tensors or tensors[name].dim() != 4]
    if missing:
        raise UserError(
            f"{path} is not a {kind.title} network: it lacks the convolution {missing[0]} and holds "
            f"{summarize_names(list(tensors))}; {kind.hint}"
        )
    widths = tuple(len(tensors[name]) for name in names)
    if 0 in widths or any(channels % 2 for channels in widths):
        raise UserError(
            f"{path} holds a network of widths {format_widths(widths)}, which two groups cannot share; "
            f"{kind.hint}"
        )
    if width is not None and scaled_widths(width) != widths:
        raise UserError(
            f"{path} holds a network of widths {format_widths(widths)}, "
            f"not the {format_widths(scaled_widths(width))} of width={width:g}; "
            "leave width out to take the file's"
        )
    return widths


def _fill(network: nn.Module, path: Path, tensors: Mapping[str, Tensor], kind: NetworkType) -> None:
    """Checks weights and loads them into a network on the meta device."""
    _check(path, network.state_dict(), tensors, kind)
    state = {name: value.float() if value.is_floating_point() else value for name, value in tensors.items()}
    network.load_state_dict(state, assign=True)
    network.eval().requires_grad_(False)


def _check(path: Path, wanted: Mapping[str, Tensor], found: Mapping[str, Tensor], kind: NetworkType) -> None:
    """Checks names, shapes and values; batch normalization's counter, which nothing uses, may be absent."""
    counters = {name for name in wanted if name.endswith("num_batches_tracked")}
    for what, names in (
        ("lacks", wanted.keys() - found.keys() - counters),
        ("has unknown", found.keys() - wanted.keys()),
    ):
        if names:
            raise UserError(f"{path} {what} {summarize_names(sorted(names))}; {kind.hint}")
    for name, value in found.items():
        if value.shape != wanted[name].shape:
            raise UserError(
                f"{path}: {name} has shape {tuple(value.shape)}, not {tuple(wanted[name].shape)}; {kind.hint}"
            )
        if not torch.isfinite(value).all():
            raise UserError(f"{path}: {name} holds values that are not finite; give a file of valid weights")


def format_widths(widths: tuple[int, ...]) -> str:
    """Formats widths for messages: `96-256-384-384-256`."""
    return "-".join(map(str, widths))


def summarize_names(names: list[str]) -> str:
    """Lists the first three of `names`, and how many more there are."""
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (", ".join(names[:3]) + rest) or "nothing"
