"""One-pass evaluation (OPE): initialize in the first frame and track to the end (Wu, Lim, Yang, PAMI 2015).

VOT calls the same protocol the unsupervised experiment.
"""

from __future__ import annotations

import numpy as np

from benchmarks.datasets.sequence import Sequence
from benchmarks.protocols.protocol import Init, Protocol, ProtocolRun, Trajectory, Update, stack_boxes
from trackers.tracker import Boxes


def one_pass(sequence: Sequence, start: int = 0, box: Boxes | None = None) -> ProtocolRun:
    """Initializes a tracker once and lets it track to the end.

    Args:
        sequence: the sequence to track.
        start: the frame to start in, 0-based.
        box: the initial box, shape (4,); the ground truth's by default.

    Returns:
        The trajectory from frame `start` on. Its first row is the initial box and the time of the
        initialization.
    """
    length = len(sequence.truth) - start
    regions, seconds = list[Boxes](), np.empty(length)
    prediction = yield Init(start, sequence.truth[start] if box is None else box)
    regions.append(prediction.box)
    seconds[0] = prediction.seconds
    for row in range(1, length):
        prediction = yield Update(start + row)
        regions.append(prediction.box)
        seconds[row] = prediction.seconds
    return Trajectory(stack_boxes(regions), seconds, start=start)


OPE = Protocol("ope", "OPE", lambda sequence: [one_pass(sequence)], open_loop=True)
UNSUPERVISED = Protocol(
    "unsupervised", "unsupervised", lambda sequence: [one_pass(sequence)], rotated=True, open_loop=True
)
