"""Trackers that speak JSON lines: our end of docs/process-protocol.md."""

from __future__ import annotations

from typing import Any

import numpy as np

from trackers.box_validation import ConvertedPrediction, checked_confidence, prediction_array
from trackers.errors import (
    LONGEST_MESSAGE,
    InvalidPrediction,
    TrackerError,
    UserError,
    one_line,
    quote_excerpt,
    truncate_traceback,
)
from trackers.external.protocols.json_messages import decode, encode, read_greeting
from trackers.external.protocols.remote import RemoteTracker
from trackers.processes.child_process import ChildProcess
from trackers.tracker import Boxes, Frame


class JsonLinesTracker(RemoteTracker):
    """A program that replies to each JSON object, one per line, with another."""

    def _greet(self, child: ChildProcess, deadline: float) -> None:
        hello = decode(child.line(deadline))
        if "error" in hello:
            raise UserError(_reason(hello["error"], 2000))
        self.provenance = read_greeting(hello, self.provenance.files)
        self.deterministic = hello.get("deterministic") is True

    def _begin(self, frame: Frame, box: Boxes) -> None:
        request: dict[str, Any] = {"init": str(self.frames.put(frame))}
        request["box"] = np.asarray(box, dtype=np.float64).tolist()
        if self.next_seed is not None:
            request["seed"] = self.next_seed
        self._exchange(request)

    def _follow(self, frame: Frame) -> object:
        reply = self._exchange({"track": str(self.frames.put(frame))})
        if "invalid" in reply:  # sent by trackers.serving.json_lines for a tracker in Python
            raise InvalidPrediction(_reason(reply["invalid"], 2 * LONGEST_MESSAGE))
        if "box" not in reply:
            raise InvalidPrediction(f'the reply {quote_excerpt(str(reply))} has no "box"')
        confidence = checked_confidence(reply.get("confidence"))
        return ConvertedPrediction(prediction_array(reply["box"]), confidence)

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        reply = decode(self._ask(encode(request)))
        if "error" in reply:
            raise TrackerError(
                _reason(reply["error"], 2 * LONGEST_MESSAGE),
                truncate_traceback(str(reply.get("traceback", ""))),
            )
        self._report_seconds(reply.get("seconds"))
        self.changed = self.changed or reply.get("changed") is True
        self.moved = self.moved or str(reply.get("moved", ""))
        return reply


def _reason(error: object, width: int) -> str:
    """Returns what a tracker says of its error, safe for a message."""
    return one_line(str(error), width) or "the tracker reported an error without a message"
