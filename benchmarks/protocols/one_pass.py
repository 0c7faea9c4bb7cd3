"""One-pass evaluation (OPE): start in the first frame, never help again (Wu, Lim, Yang, PAMI 2015)."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from benchmarks.datasets.sequence import Sequence
from benchmarks.protocols.protocol import Init, Prediction, Request, Track, Trajectory


def one_pass(sequence: Sequence) -> Generator[Request, Prediction, Trajectory]:
    """Initialises with the first box of the ground truth and tracks to the end.

    The trajectory's first box is the ground truth's, its first time that of the initialisation.
    """
    length = len(sequence.truth)
    boxes, seconds = np.empty((length, 4)), np.empty(length)
    answer = yield Init(0, sequence.truth[0])
    boxes[0], seconds[0] = answer.box, answer.seconds
    for frame in range(1, length):
        answer = yield Track(frame)
        boxes[frame], seconds[frame] = answer.box, answer.seconds
    return Trajectory(boxes, seconds)
