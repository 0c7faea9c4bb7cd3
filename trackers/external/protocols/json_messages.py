"""Messages of the JSON-lines protocol (docs/process-protocol.md), for both of its ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from trackers.errors import InvalidPrediction, quote_excerpt
from trackers.provenance import Provenance
from trackers.tracker import Boxes

VERSION = 1
"""Version of the protocol, which a tracker sends when it is ready."""


def encode(message: dict[str, Any]) -> bytes:
    """Returns a message as a line."""
    return json.dumps(message).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """Reads a line.

    Raises:
        InvalidPrediction: the line is not a JSON object.
    """
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise InvalidPrediction(
            f"the tracker wrote {quote_excerpt(line)} where a JSON object belongs; messages go to "
            "standard error"
        ) from None
    if not isinstance(message, dict):
        raise InvalidPrediction(f"the tracker wrote {quote_excerpt(line)}, which is not a JSON object")
    return message


def greeting(provenance: Provenance, deterministic: bool) -> dict[str, Any]:
    """Returns the message by which a tracker says that it is ready, and what it is."""
    return {
        "ready": VERSION,
        "deterministic": deterministic,
        "device": provenance.device,
        "files": [str(path) for path in provenance.files],
        "weights": str(provenance.weights) if provenance.weights else None,
        "models": [str(path) for path in provenance.models],
    }


def read_greeting(message: dict[str, Any], files: tuple[Path, ...]) -> Provenance:
    """Reads a greeting of any tracker; only `ready` is mandatory.

    Args:
        message: the greeting.
        files: the tracker's files, if the greeting lists none.

    Raises:
        InvalidPrediction: the version or the device is not a valid one.
    """
    if message.get("ready") != VERSION:
        raise InvalidPrediction(
            f'the tracker\'s first line is {quote_excerpt(str(message))}, not {{"ready": {VERSION}}}'
        )
    device, listed, weights = str(message.get("device", "cpu")), message.get("files"), message.get("weights")
    if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise InvalidPrediction(f"its device is {quote_excerpt(device)}, not cpu, cuda or cuda:N")
    if isinstance(listed, list):
        files = tuple(Path(str(path)) for path in listed)
    models = message.get("models")
    return Provenance(
        device,
        files,
        Path(weights) if isinstance(weights, str) else None,
        tuple(path for path in files if str(path) in models) if isinstance(models, list) else (),
    )


def region_to_json(region: Boxes) -> object:
    """Returns a region as four numbers, as pairs of numbers for a polygon, or None for an absent target."""
    if np.isnan(region).all():
        return None
    return region.tolist() if len(region) == 4 else region.reshape(-1, 2).tolist()
