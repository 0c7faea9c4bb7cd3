"""The registry of protocols: how a tracker is run over a sequence."""

from __future__ import annotations

from benchmarks.protocols.protocol import (
    Code,
    Init,
    Prediction,
    Protocol,
    ProtocolRun,
    Request,
    Trajectory,
    Update,
    timed_updates,
)
from trackers.registry import Entry, Registry

__all__ = [
    "PROTOCOLS",
    "Code",
    "Init",
    "Prediction",
    "Protocol",
    "ProtocolRun",
    "Request",
    "Trajectory",
    "Update",
    "timed_updates",
]

PROTOCOLS = Registry(
    "protocol",
    {
        "ope": Entry(
            "benchmarks.protocols.one_pass:OPE", "one pass: start in the first frame, track to the end"
        ),
        "tre": Entry("benchmarks.protocols.robustness:TRE", "20 passes that start at 20 frames (OTB)"),
        "sre": Entry(
            "benchmarks.protocols.robustness:SRE", "12 passes from shifted and scaled first boxes (OTB)"
        ),
        "supervised": Entry(
            "benchmarks.protocols.supervised:SUPERVISED",
            "started again after each failure, up to 15 times (VOT)",
        ),
        "realtime": Entry(
            "benchmarks.protocols.supervised:REALTIME", "supervised, with 20 frames arriving per second (VOT)"
        ),
        "unsupervised": Entry(
            "benchmarks.protocols.one_pass:UNSUPERVISED", "one pass, scored by overlap (VOT)"
        ),
        "multistart": Entry(
            "benchmarks.protocols.multi_start:MULTI_START",
            "a pass from each anchor, forward or backward, without reset (VOT2020 on)",
        ),
        "long-term": Entry(
            "benchmarks.protocols.one_pass:LONG_TERM", "one pass with the tracker's confidence (VOT-LT)"
        ),
    },
    group="sotbench.protocols",
    hint="see `sotbench list protocols`",
)
