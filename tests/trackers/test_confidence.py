"""Confidence beside a box: how trackers of every kind report it."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from trackers import OneSlot, Tracker, TrackerSpec
from trackers.box_validation import convert_prediction, to_bounding_box, to_confidence
from trackers.errors import InvalidPrediction
from trackers.external.protocols.trax_messages import Message
from trackers.external.toolkits.adapters import make_adapter
from trackers.serving.json_lines import Session
from trackers.serving.trax import _reply
from trackers.timing import timed_call
from trackers.tracker import BatchTracker

FRAME = np.zeros((24, 32, 3), dtype=np.uint8)
BOX = np.array([1.0, 2, 3, 4])


class Returning(Tracker):
    """Returns the same thing for every frame."""

    def __init__(self, prediction: object) -> None:
        self.prediction = prediction

    def init(self, frame, box):
        pass

    def update(self, frame):
        return self.prediction


@pytest.mark.parametrize(
    "prediction",
    [
        (BOX, 0.25),
        [BOX.tolist(), 0.25],
        ((1, 2, 3, 4), np.float32(0.25)),
        (BOX, np.array(0.25)),
        {"box": BOX, "confidence": 0.25},
    ],
    ids=str,
)
def test_pair_or_dict_has_a_confidence(prediction):
    converted = convert_prediction(prediction)
    np.testing.assert_array_equal(converted.array, BOX)
    assert converted.confidence == 0.25
    call = timed_call(Returning(prediction), FRAME)
    assert call.confidence == 0.25
    np.testing.assert_array_equal(to_bounding_box(prediction), BOX)


@pytest.mark.parametrize(
    "prediction",
    [BOX, {"box": BOX}, (True, BOX), {"box": BOX, "confidence": None}, (BOX, None), [BOX.tolist(), None]],
    ids=str,
)
def test_box_alone_has_no_confidence(prediction):
    assert convert_prediction(prediction).confidence is None
    np.testing.assert_array_equal(convert_prediction(prediction).array, BOX)


@pytest.mark.parametrize("prediction", [(None, 0.1), ((False, BOX), 0.1)], ids=str)
def test_absent_target_may_have_a_confidence(prediction):
    converted = convert_prediction(prediction)
    assert np.isnan(converted.array).all()
    assert converted.confidence == 0.1


def test_two_numbers_are_no_box_with_a_confidence():
    with pytest.raises(InvalidPrediction):
        to_bounding_box((5.0, 0.1))


def test_polygon_and_mask_may_have_a_confidence():
    corners = [[0, 0], [4, 0], [0, 4]]
    assert convert_prediction((corners, 2)).confidence == 2
    assert convert_prediction((corners, 2)).array.shape == (3, 2)
    assert convert_prediction((np.ones((24, 32), dtype=bool), 2)).array.shape == (24, 32)


@pytest.mark.parametrize("bad", [np.nan, np.inf, float("-inf"), "high", ""])
def test_confidence_must_be_finite(bad):
    with pytest.raises(InvalidPrediction, match="as its confidence, not a finite number"):
        convert_prediction((BOX, bad))


@pytest.mark.parametrize("prediction", [(BOX, True), (BOX, "high"), (BOX, BOX)], ids=str)
def test_other_pairs_stay_invalid(prediction):
    with pytest.raises(InvalidPrediction):
        to_bounding_box(prediction)


def test_unusable_scores_of_other_toolkits_are_ignored():
    assert to_confidence(np.float32(0.5)) == 0.5
    assert [to_confidence(value) for value in (None, "x", np.nan, np.ones(2))] == [None] * 4


class PysotLike:
    def init(self, image, box):
        self.box = list(box)

    def track(self, image):
        return {"bbox": self.box, "best_score": np.float32(0.75)}


class PytrackingLike:
    def initialize(self, image, info):
        self.box = info["init_bbox"]

    def track(self, image):
        return {"target_bbox": self.box, "conf_score": 0.5}


class Got10kLike:
    def init(self, image, box):
        self.box = box

    def update(self, image):
        return self.box, 0.25


class Unsure(PysotLike):
    def track(self, image):
        return {"bbox": self.box, "best_score": "unknown"}


@pytest.mark.parametrize(
    ("kind", "confidence"), [(PysotLike, 0.75), (PytrackingLike, 0.5), (Got10kLike, 0.25), (Unsure, None)]
)
@pytest.mark.parametrize("first_pixel", [0, 1])
def test_classes_of_toolkits_report_their_score(kind, confidence, first_pixel):
    adapter = make_adapter(kind(), {"first_pixel": first_pixel, "color": "rgb"}, "theirs")
    timed_call(adapter, FRAME, BOX)
    call = timed_call(adapter, FRAME)
    np.testing.assert_array_equal(call.prediction, BOX)
    assert call.confidence == confidence
    np.testing.assert_array_equal(adapter.update(FRAME), BOX)


class Batch(BatchTracker):
    def init(self, slots, frames, boxes):
        self.boxes = boxes

    def update(self, slots, frames):
        return [(box, 0.5) for box in self.boxes]


def test_slot_of_a_batch_tracker_reports_confidence():
    tracker = OneSlot(Batch())
    timed_call(tracker, FRAME, BOX)
    assert timed_call(tracker, FRAME).confidence == 0.5


def test_json_lines_server_sends_confidence(tmp_path):
    path = tmp_path / "frame.ppm"
    path.write_bytes(b"P6\n32 24\n255\n" + FRAME.tobytes())
    session = Session(Returning((BOX, 0.25)))
    assert "confidence" not in session.reply({"init": str(path), "box": BOX.tolist()})
    reply = session.reply({"track": str(path)})
    assert (reply["box"], reply["confidence"]) == (BOX.tolist(), 0.25)
    assert "confidence" not in Session(Returning(BOX)).reply({"track": str(path)})
    assert "confidence" in Session(Returning((BOX, np.nan))).reply({"track": str(path)})["invalid"]


PROGRAM = """
import json, sys
print(json.dumps({"ready": 1}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({} if "init" in request else REPLY), flush=True)
"""


@pytest.mark.parametrize(
    ("reply", "confidence"),
    [
        ({"box": [1, 2, 3, 4], "confidence": 0.5}, 0.5),
        ({"box": [1, 2, 3, 4]}, None),
        ({"box": None, "confidence": 0}, 0),
    ],
)
def test_program_reports_confidence(tmp_path, reply, confidence):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.replace("REPLY", repr(reply)))
    tracker = TrackerSpec(f"process:{sys.executable} {program}").build()
    try:
        timed_call(tracker, FRAME, BOX)
        assert timed_call(tracker, FRAME).confidence == confidence
    finally:
        tracker.dispose()


def test_program_with_a_confidence_that_is_no_number_is_refused(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.replace("REPLY", repr({"box": [1, 2, 3, 4], "confidence": "high"})))
    tracker = TrackerSpec(f"process:{sys.executable} {program}").build()
    try:
        timed_call(tracker, FRAME, BOX)
        with pytest.raises(InvalidPrediction, match="'high' as its confidence"):
            timed_call(tracker, FRAME)
    finally:
        tracker.dispose()


def test_trax_server_sends_confidence_as_the_toolkit_reads_it(tmp_path):
    path = tmp_path / "frame.ppm"
    path.write_bytes(b"P6\n32 24\n255\n" + FRAME.tobytes())
    request = Message("frame", (str(path),))
    assert _reply(Returning((BOX, 0.25)), request).properties["confidence"] == "0.25"
    assert "confidence" not in _reply(Returning(BOX), request).properties


TRAX = """
import sys
print("@@TRAX:hello trax.version=3 trax.region=rectangle trax.image=path", flush=True)
for line in sys.stdin:
    if line.startswith("@@TRAX:quit"):
        break
    more = "" if line.startswith("@@TRAX:initialize") else CONFIDENCE
    print('@@TRAX:state "1,2,3,4"' + more, flush=True)
"""


@pytest.mark.parametrize(
    ("text", "confidence"), [(" confidence=0.5", 0.5), ("", None), (" confidence=high", None)]
)
def test_trax_program_reports_confidence(tmp_path, text, confidence):
    program = tmp_path / "program.py"
    program.write_text(TRAX.replace("CONFIDENCE", repr(text)))
    tracker = TrackerSpec(f"trax:{sys.executable} {program}").build()
    try:
        timed_call(tracker, FRAME, BOX)
        assert timed_call(tracker, FRAME).confidence == confidence
        np.testing.assert_array_equal(tracker.update(FRAME), BOX)
    finally:
        tracker.dispose()


def test_isolated_tracker_keeps_its_confidence(tmp_path):
    (tmp_path / "sure.py").write_text(
        "from trackers import Tracker\n"
        "class Sure(Tracker):\n"
        "    def init(self, frame, box): self.box = box\n"
        "    def update(self, frame): return self.box, 0.1 + 0.2\n"
    )
    tracker = TrackerSpec(f"{tmp_path / 'sure.py'}:Sure", isolate=True).build()
    try:
        timed_call(tracker, FRAME, BOX)
        assert timed_call(tracker, FRAME).confidence == 0.1 + 0.2
    finally:
        tracker.dispose()
