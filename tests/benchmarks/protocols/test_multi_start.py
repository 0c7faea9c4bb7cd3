"""Runs from anchors, forward and backward, and long-term runs with confidence."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.datasets.sequence import Sequence, SequenceError
from benchmarks.protocols import PROTOCOLS, Init, Prediction, ProtocolRun, Trajectory
from benchmarks.protocols.multi_start import MULTI_START, find_anchors

FRAMES = 6
TRUTH = np.tile([0.0, 0, 4, 4], (FRAMES, 1)) + np.arange(FRAMES)[:, None]


def sequence(anchors: list[float] | None, truth: np.ndarray = TRUTH) -> Sequence:
    values = None if anchors is None else np.array(anchors, dtype=np.float64)
    return Sequence("some", truth, (), lambda: pytest.fail("opens no frames"), size=(99, 99), anchors=values)


def play(run: ProtocolRun, confidence: float | None = None) -> tuple[Trajectory, list[str]]:
    """Predicts the box (frame, 0, 1, 1) in each frame; returns the trajectory and the requests."""
    requests = []
    request = next(run)
    try:
        while True:
            starts = isinstance(request, Init)
            requests.append(f"{'init' if starts else 'track'} {request.frame}")
            box = request.box if starts else np.array([request.frame, 0.0, 1, 1])
            request = run.send(Prediction(box, request.frame, None if starts else confidence))
    except StopIteration as stop:
        return stop.value, requests


def test_anchors_start_runs_in_both_directions():
    first, second, third = MULTI_START.runs(sequence([1, 0, 1, -1, 0, 0]))
    assert play(first)[1] == ["init 0", *(f"track {frame}" for frame in range(1, 6))]
    forward, requests = play(second)
    assert requests == ["init 2", "track 3", "track 4", "track 5"]
    assert (forward.start, forward.backward, forward.codes) == (2, False, None)
    backward, requests = play(third)
    assert requests == ["init 3", "track 2", "track 1", "track 0"]
    assert (backward.start, backward.backward) == (3, True)
    assert backward.boxes[:, 0].tolist() == [3, 2, 1, 0]
    np.testing.assert_array_equal(backward.boxes[0], TRUTH[3])
    assert backward.expected_rows(FRAMES) == 4
    assert forward.expected_rows(FRAMES) == 4


def test_backward_rows_can_be_put_in_the_order_of_frames():
    [run] = MULTI_START.runs(sequence([0, 0, 0, -1, 0, 0]))
    backward, _ = play(run, confidence=0.5)
    ordered = backward.in_frame_order()
    assert (ordered.start, ordered.backward) == (0, False)
    assert ordered.boxes[:, 0].tolist() == [0, 1, 2, 3]
    assert ordered.seconds.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(ordered.confidences, [0.5, 0.5, 0.5, np.nan])


@pytest.mark.parametrize("anchors", [None, [0] * FRAMES])
def test_sequence_without_anchors_is_refused(anchors):
    with pytest.raises(SequenceError, match=r"some has no anchors.*anchor\.value"):
        find_anchors(sequence(anchors))


def test_anchor_without_a_box_is_refused():
    truth = TRUTH.copy()
    truth[2] = np.nan
    with pytest.raises(SequenceError, match="its anchor in frame 3 has no ground-truth box"):
        MULTI_START.runs(sequence([1, 0, 1, 0, 0, 0], truth))


def test_long_term_keeps_confidence():
    [run] = PROTOCOLS.load("long-term").runs(sequence(None))
    trajectory, requests = play(run, confidence=0.25)
    assert requests[:2] == ["init 0", "track 1"]
    np.testing.assert_array_equal(trajectory.confidences, [np.nan, *[0.25] * 5])


def test_without_confidence_there_is_none():
    [run] = PROTOCOLS.load("long-term").runs(sequence(None))
    assert play(run)[0].confidences is None
    [run] = PROTOCOLS.load("ope").runs(sequence(None))
    assert play(run, confidence=0.25)[0].confidences is None, "the one-pass protocol stores none"
