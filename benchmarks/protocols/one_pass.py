"""One-pass evaluation (OPE): start in the first frame, never help again (Wu, Lim, Yang, PAMI 2015).

VOT calls the same thing the unsupervised experiment.
"""

from __future__ import annotations

import numpy as np

from benchmarks.datasets.sequence import Sequence
from benchmarks.protocols.protocol import Init, Protocol, ProtocolRun, Trajectory, Update, stack_boxes
from trackers.tracker import Boxes


def one_pass(sequence: Sequence, start: int = 0, box: Boxes | None = None) -> ProtocolRun:
    """Initialises a tracker once and lets it track to the end.

    Args:
        sequence: what to track.
        start: the frame to start in, 0-based.
        box: the initial box, shape (4,); that of the ground truth by default.

    Returns:
        The trajectory from frame `start` on. Its first box is the initial one, its first time that of the
        initialisation.
    """
    length = len(sequence.truth) - start
    regions, seconds = list[Boxes](), np.empty(length)
    answer = yield Init(start, sequence.truth[start] if box is None else box)
    regions.append(answer.box)
    seconds[0] = answer.seconds
    for row in range(1, length):
        answer = yield Update(start + row)
        regions.append(answer.box)
        seconds[row] = answer.seconds
    return Trajectory(stack_boxes(regions), seconds, start=start)


OPE = Protocol("ope", "OPE", lambda sequence: [one_pass(sequence)], open_loop=True)
UNSUPERVISED = Protocol(
    "unsupervised", "unsupervised", lambda sequence: [one_pass(sequence)], rotated=True, open_loop=True
)
