"""VOT's multi-start experiment: one run from each anchor, without resets (Kristan et al., VOT2020).

An anchor is a frame that the data set marks. From a forward anchor the tracker runs to the end of the
sequence, from a backward one it runs back to the first frame.

Source: Kristan et al., The Eighth Visual Object Tracking VOT2020 Challenge Results (ECCVW 2020), section 2;
vot-toolkit 0.7.4.
"""

from __future__ import annotations

import numpy as np

from benchmarks.datasets.sequence import Sequence, SequenceError
from benchmarks.geometry.missing_boxes import usable_box_mask
from benchmarks.protocols.one_pass import one_pass
from benchmarks.protocols.protocol import Protocol, ProtocolRun


def find_anchors(sequence: Sequence) -> list[tuple[int, bool]]:
    """Returns a sequence's anchors, the forward ones first: the frame (0-based) and whether to run backward.

    Raises:
        SequenceError: the sequence has no anchors, or its target is absent in one of them.
    """
    values = np.zeros(0) if sequence.anchors is None else sequence.anchors
    anchors = [
        (frame, backward)
        for backward in (False, True)
        for frame in np.flatnonzero((values < 0) if backward else (values > 0)).tolist()
    ]
    if not anchors:
        raise SequenceError(
            f"{sequence.name} has no anchors, which protocol multistart needs: they are in the file "
            "anchor.value of VOT2020 and later; use --protocol ope or supervised"
        )
    for frame, _ in anchors:
        if not usable_box_mask(sequence.truth[frame]):
            raise SequenceError(
                f"{sequence.name}: its anchor in frame {frame + 1} has no ground-truth box; download it again"
            )
    return anchors


def _runs(sequence: Sequence) -> list[ProtocolRun]:
    return [
        one_pass(sequence, frame, backward=backward, keeps_confidence=True)
        for frame, backward in find_anchors(sequence)
    ]


MULTI_START = Protocol("multistart", "multi-start", _runs, rotated=True, open_loop=True, needs_truth=True)
