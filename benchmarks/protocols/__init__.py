"""Protocols by name: what a tracker is asked to do over a sequence."""

from __future__ import annotations

from benchmarks.protocols.protocol import Init, Prediction, Protocol, Request, Track, Trajectory
from trackers.registry import Entry, Registry

__all__ = ["PROTOCOLS", "Init", "Prediction", "Protocol", "Request", "Track", "Trajectory"]

PROTOCOLS = Registry(
    "protocol",
    {
        "ope": Entry(
            "benchmarks.protocols.one_pass:one_pass", "one pass: start in the first frame, track to the end"
        )
    },
    hint="see `python -m benchmarks list protocols`",
)
