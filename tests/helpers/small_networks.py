"""Small networks and videos for the tests of Siamese trackers."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from trackers.siamese.backbone import scaled_widths
from trackers.siamese.checkpoint import write
from trackers.siamese.gradnet_network import GradNetNetwork
from trackers.tracker import BatchTracker, Boxes, Frame

WIDTH = 0.1
WIDTHS = scaled_widths(WIDTH)


def untrained(module: nn.Module) -> nn.Module:
    """Draws weights that can follow a textured patch, and nontrivial batch statistics."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.xavier_uniform_(part.weight)
            nn.init.zeros_(part.bias)
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.running_mean, -0.1, 0.1)
            nn.init.uniform_(part.running_var, 0.5, 1.5)
    return module


def gradnet_network(score_scale: float = 1e-5) -> GradNetNetwork:
    torch.manual_seed(0)
    network = GradNetNetwork(WIDTHS, score_scale, gradient_scale=1e4)
    untrained(network)
    network.template.load_state_dict(network.backbone.state_dict())
    return network.eval().requires_grad_(False)


def siamfc_weights(folder: Path) -> Path:
    """Writes the backbone of `gradnet_weights` to a file."""
    path = folder / "siamfc.safetensors"
    state = gradnet_network().backbone.state_dict()
    write(path, {f"backbone.{name}": value for name, value in state.items()}, "siamfc")
    return path


def gradnet_weights(folder: Path) -> Path:
    path = folder / "gradnet.safetensors"
    write(path, gradnet_network().state_dict(), "gradnet")
    return path


def video(seed: int, length: int = 6, height: int = 90, width: int = 120) -> tuple[list[Frame], Boxes]:
    """Returns frames of a bright textured patch on a dark background, and its boxes."""
    rng = np.random.default_rng(seed)
    ground = rng.integers(0, 60, (height, width, 3), dtype=np.uint8)
    patch = cv2.resize(rng.integers(60, 256, (5, 6, 3), dtype=np.uint8), (24, 20))
    velocity = rng.integers(-3, 4, 2)
    boxes = np.array([[45.0 + i * velocity[0], 34 + i * velocity[1], 24, 20] for i in range(length)])
    frames = []
    for x, y, w, h in boxes.astype(int):
        frame = ground.copy()
        x, y = np.clip([x, y], 0, [width - w, height - h])
        frame[y : y + h, x : x + w] = patch
        frames.append(frame)
    return frames, boxes


def track(tracker: BatchTracker, frames: list[Frame], box: Boxes, slot: int = 0) -> Boxes:
    tracker.init([slot], [frames[0]], box[None])
    return np.concatenate([tracker.update([slot], [frame]) for frame in frames[1:]])
