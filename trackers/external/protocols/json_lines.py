"""Trackers that speak JSON lines: the other side of docs/process-protocol.md."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from trackers.box_validation import prediction_array
from trackers.errors import (
    LONGEST_MESSAGE,
    InvalidPrediction,
    RemoteTrackerError,
    UserError,
    truncate_traceback,
)
from trackers.external.protocols.remote import RemoteTracker
from trackers.processes.child_process import ChildProcess
from trackers.processes.stderr_log import quote_excerpt
from trackers.provenance import Provenance
from trackers.tracker import Boxes, Frame

VERSION = 1
"""Of the protocol; what a tracker says when it is ready."""


class JsonLinesTracker(RemoteTracker):
    """A tracker that is asked by a JSON object per line and answers by one."""

    def _greet(self, child: ChildProcess, deadline: float) -> None:
        hello = _object(child.line(deadline))
        if "error" in hello:
            raise UserError(_reason(hello["error"], 2000))
        if hello.get("ready") != VERSION:
            raise InvalidPrediction(
                f'the tracker\'s first line is {quote_excerpt(str(hello))}, not {{"ready": {VERSION}}}'
            )
        device, files = str(hello.get("device", "cpu")), hello.get("files")
        if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
            raise InvalidPrediction(f"its device is {quote_excerpt(device)}, not cpu, cuda or cuda:N")
        self.deterministic = hello.get("deterministic") is True
        own_files = (
            tuple(Path(str(path)) for path in files) if isinstance(files, list) else self.provenance.files
        )
        weights = hello.get("weights")
        self.provenance = Provenance(device, own_files, Path(weights) if isinstance(weights, str) else None)

    def _begin(self, frame: Frame, box: Boxes) -> None:
        request: dict[str, Any] = {"init": str(self.frames.put(frame))}
        request["box"] = np.asarray(box, dtype=np.float64).tolist()
        if self.next_seed is not None:
            request["seed"] = self.next_seed
        self._exchange(request)

    def _follow(self, frame: Frame) -> object:
        reply = self._exchange({"track": str(self.frames.put(frame))})
        if "invalid" in reply:  # what our own far end says of a tracker in Python
            raise InvalidPrediction(_reason(reply["invalid"], 2 * LONGEST_MESSAGE))
        if "box" not in reply:
            raise InvalidPrediction(f'the answer {quote_excerpt(str(reply))} has no "box"')
        return prediction_array(reply["box"])

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        reply = _object(self._ask(json.dumps(request).encode() + b"\n"))
        if "error" in reply:
            raise RemoteTrackerError(
                _reason(reply["error"], 2 * LONGEST_MESSAGE),
                truncate_traceback(str(reply.get("traceback", ""))),
            )
        self._claim(reply.get("seconds"))
        self.changed = self.changed or reply.get("changed") is True
        self.moved = self.moved or str(reply.get("moved", ""))
        return reply


def _reason(error: object, width: int) -> str:
    """What a tracker says of its error, fit for a message."""
    text = str(error)[: 4 * width]
    plain = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    plain = plain if len(plain) <= width else plain[:width] + "..."
    return plain or "the tracker reported an error and did not say which"


def _object(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise InvalidPrediction(
            f"the tracker wrote {quote_excerpt(line)} where a JSON object belongs; messages go to standard error"
        ) from None
    if not isinstance(message, dict):
        raise InvalidPrediction(f"the tracker wrote {quote_excerpt(line)}, which is not a JSON object")
    return message
