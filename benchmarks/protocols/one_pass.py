"""One-pass evaluation (OPE): initialize in the first frame and track to the end (Wu, Lim, Yang, PAMI 2015).

VOT calls the same protocol the unsupervised experiment, and with the tracker's confidence the long-term one
(Lukezic et al., Now You See Me: Evaluating Performance in Long-Term Visual Tracking, arXiv 1804.07056).
"""

from __future__ import annotations

import numpy as np

from benchmarks.datasets.sequence import Sequence
from benchmarks.protocols.protocol import (
    Init,
    Prediction,
    Protocol,
    ProtocolRun,
    Trajectory,
    Update,
    stack_boxes,
    stack_confidences,
)
from trackers.tracker import Boxes


def one_pass(
    sequence: Sequence,
    start: int = 0,
    box: Boxes | None = None,
    *,
    backward: bool = False,
    keeps_confidence: bool = False,
) -> ProtocolRun:
    """Initializes a tracker once and lets it track to the end.

    Args:
        sequence: the sequence to track.
        start: the frame to start in, 0-based.
        box: the initial box, shape (4,); the ground truth's by default.
        backward: whether to track back to the first frame.
        keeps_confidence: whether to return the tracker's confidences.

    Returns:
        The trajectory from frame `start` on. Its first row is the initial box and the time of the
        initialization.
    """
    frames = range(start, -1, -1) if backward else range(start, len(sequence.truth))
    predictions = list[Prediction]()
    predictions.append((yield Init(start, sequence.truth[start] if box is None else box)))
    for frame in frames[1:]:
        predictions.append((yield Update(frame)))
    return Trajectory(
        stack_boxes([prediction.box for prediction in predictions]),
        np.array([prediction.seconds for prediction in predictions], dtype=np.float64),
        start=start,
        backward=backward,
        confidences=stack_confidences(predictions) if keeps_confidence else None,
    )


OPE = Protocol("ope", "OPE", lambda sequence: [one_pass(sequence)], open_loop=True)
UNSUPERVISED = Protocol(
    "unsupervised", "unsupervised", lambda sequence: [one_pass(sequence)], rotated=True, open_loop=True
)
LONG_TERM = Protocol(
    "long-term",
    "long-term",
    lambda sequence: [one_pass(sequence, keeps_confidence=True)],
    rotated=True,
    open_loop=True,
)
