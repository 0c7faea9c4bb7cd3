"""Scoring runs: averages, refusals and records."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.datasets import Dataset, Frames, Sequence
from benchmarks.protocols import Trajectory
from benchmarks.scoring import OnePassScore, score_run
from benchmarks.scoring.profiles import GOT10K, LASOT, OTB, PYTRACKING, TRACKINGNET
from benchmarks.store import RunResults, truth_digest
from trackers.errors import UserError

LENGTHS = {"long": 40, "short": 10, "middle": 20}


class Boxes(Dataset):
    """Ground truth without frames: a box that stands still."""

    name = "boxes"
    title = "Boxes"
    attributes = ("IV", "SV", "OCC", "DEF", "LR")
    all_names = ("long", "short", "missing", "middle")

    def __init__(self, **held: tuple[str, ...]) -> None:
        self.held = held

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in self.all_names if name in LENGTHS)

    def __getitem__(self, name: str) -> Sequence:
        truth = np.tile([10.0, 10.0, 20.0, 20.0], (LENGTHS[name], 1))
        return Sequence(name, truth, self.held.get(name, ()), self._open)

    def _open(self) -> Frames:
        raise AssertionError("scoring opened the frames")


def lost_after(frames: int, length: int) -> NDArray[np.float64]:
    """Right for some frames, nowhere near for the rest."""
    boxes = np.tile([10.0, 10.0, 20.0, 20.0], (length, 1))
    boxes[frames:, 0] = 500
    return boxes


def a_run(boxes: dict[str, NDArray[np.float64]], truth: dict[str, str] | None = None) -> RunResults:
    trajectories = {name: [trajectory(rows)] for name, rows in boxes.items()}
    return RunResults("mine", "boxes", "ope", trajectories, truth or {}, {})


def trajectory(boxes: NDArray[np.float64], start: int = 0) -> Trajectory:
    return Trajectory(boxes, np.ones(len(boxes)), start=start)


@pytest.fixture
def score() -> OnePassScore:
    boxes = {"short": lost_after(10, 10), "long": lost_after(10, 40), "middle": lost_after(10, 20)}
    dataset = Boxes(long=("SV", "OCC"), short=("IV", "SV"), middle=("OCC", "LR"))
    return score_run(a_run(boxes), dataset, OTB)


def test_sequences_weigh_the_same(score):
    assert score.metrics()["precision"].value == pytest.approx((10 / 40 + 10 / 10 + 10 / 20) / 3)
    assert score.metrics()["success"].value == pytest.approx((1 / 4 + 1 + 1 / 2) / 3 * 20 / 21)


def test_sequences_are_in_the_data_sets_order(score):
    assert score.sequences == ("long", "short", "middle")
    assert score.frames.tolist() == [40, 10, 20]
    assert score.curves["success"].shape == (3, 21)
    assert score.curves["precision"][:, 20].tolist() == [0.25, 1, 0.5]


def test_values_agree_with_and_without_interval(score):
    for metric in OTB.metrics:
        estimate = score.metrics()[metric.name]
        assert score.value(metric) == pytest.approx(estimate.value)
        assert 0.25 <= score.value(metric) / (20 / 21 if metric.name == "success" else 1) <= 1
        assert estimate.low < estimate.value < estimate.high


def test_by_sequence(score):
    parts = score.by_sequence()
    assert list(parts) == ["long", "short", "middle"]
    assert [part.metrics()["precision"] for part in parts.values()] == [
        (0.25, None, None),
        (1, None, None),
        (0.5, None, None),
    ]


def test_only_imported_results_are_truncated_by_default():
    boxes = {"short": lost_after(8, 8)}
    others = replace(a_run(boxes), imported=True)
    assert score_run(others, Boxes(), OTB).frames.tolist() == [8]
    assert score_run(a_run(boxes), Boxes(), OTB, allow_length_mismatch=True).frames.tolist() == [8]
    for run, allow_length_mismatch in ((others, False), (a_run(boxes), None)):
        with pytest.raises(UserError, match="'short' of Boxes has 10 rows of ground truth, but 'mine' has 8"):
            score_run(run, Boxes(), OTB, allow_length_mismatch)


def test_subset_has_its_own_frames_and_attributes(score):
    assert [row["frames"] for row in score.records("sequence")] == [40, 10, 20]
    assert [row["frames"] for row in score.records("attribute")] == [10, 50, 60, 20]
    parts = score.by_attribute()["SV"].by_attribute()
    assert {name: part.sequences for name, part in parts.items()} == {
        "IV": ("short",),
        "SV": ("long", "short"),
        "OCC": ("long",),
    }


def test_by_attribute_in_the_data_sets_order(score):
    parts = score.by_attribute()
    assert list(parts) == ["IV", "SV", "OCC", "LR"]
    assert {name: part.sequences for name, part in parts.items()} == {
        "IV": ("short",),
        "SV": ("long", "short"),
        "OCC": ("long", "middle"),
        "LR": ("middle",),
    }
    assert parts["SV"].metrics()["precision"].value == pytest.approx((0.25 + 1) / 2)


def test_records(score):
    (record,) = score.records()
    assert list(record) == [
        *("tracker", "dataset", "protocol", "profile", "sequences", "of", "frames"),
        *("success", "success_low", "success_high"),
        *("precision", "precision_low", "precision_high"),
        *("normalized_precision", "normalized_precision_low", "normalized_precision_high"),
    ]
    assert list(record.values())[:7] == ["mine", "boxes", "ope", "otb", 3, 4, 70]
    assert json.loads(json.dumps(record)) == record
    assert [row["sequence"] for row in score.records("sequence")] == ["long", "short", "middle"]
    assert [(row["attribute"], row["sequences"], row["of"]) for row in score.records("attribute")] == [
        ("IV", 1, 4),
        ("SV", 2, 4),
        ("OCC", 2, 4),
        ("LR", 1, 4),
    ]
    assert all(row["success_low"] is None for row in score.records("sequence"))


def test_better_run_scores_higher():
    scores = [
        score_run(a_run({name: lost_after(k, length) for name, length in LENGTHS.items()}), Boxes(), OTB)
        for k in (2, 5, 10)
    ]
    for worse, better in pairwise(scores):
        assert worse.metrics()["success"].value < better.metrics()["success"].value


@pytest.mark.parametrize("boxes", [9, 11])
def test_unequal_lengths_are_refused_with_both_counts(boxes):
    with pytest.raises(
        UserError, match=rf"'short' of Boxes has 10 rows .* 'mine' has {boxes} boxes; restore"
    ):
        score_run(a_run({"short": lost_after(5, boxes)}), Boxes(), OTB)


@pytest.mark.parametrize("boxes", [9, 11])
def test_unequal_lengths_are_truncated_on_request(boxes):
    score = score_run(a_run({"short": lost_after(3, boxes)}), Boxes(), OTB, allow_length_mismatch=True)
    assert score.frames.tolist() == [min(boxes, 10)]
    assert score.metrics()["precision"].value == pytest.approx(3 / min(boxes, 10))


def test_changed_ground_truth_is_refused():
    boxes = {"short": lost_after(10, 10)}
    same = truth_digest(Boxes()["short"].truth)
    assert score_run(a_run(boxes, {"short": same}), Boxes(), OTB).sequences == ("short",)
    with pytest.raises(UserError, match="different ground truth of sequence 'short' than Boxes has now"):
        score_run(a_run(boxes, {"short": truth_digest(boxes["short"] + 1)}), Boxes(), OTB)


def test_passes_are_scored_from_their_start_and_pooled():
    late = lost_after(1, 4)
    run = RunResults(
        "mine", "boxes", "tre", {"short": [trajectory(lost_after(10, 10)), trajectory(late, 6)]}, {}, {}
    )
    score = score_run(run, Boxes(), OTB)
    assert score.frames.tolist() == [14]
    assert score.metrics()["precision"].value == pytest.approx(11 / 14)
    run.trajectories["short"][1] = trajectory(late, 5)
    with pytest.raises(UserError, match="has 5 rows of ground truth, but 'mine' has 4 boxes"):
        score_run(run, Boxes(), OTB)


def test_tre_pools_the_frames_of_segments():
    # Segments of 10, 6 and 2 frames, of which 4, 6 and 1 are hits; another sequence with 20 and 10, all hits.
    segments = [
        trajectory(lost_after(4, 10)),
        trajectory(lost_after(6, 6), 4),
        trajectory(lost_after(1, 2), 8),
    ]
    whole = [trajectory(lost_after(20, 20)), trajectory(lost_after(10, 10), 10)]
    run = RunResults("mine", "boxes", "tre", {"short": segments, "middle": whole}, {}, {})
    score = score_run(run, Boxes(), OTB)
    assert score.frames.tolist() == [18, 30]
    assert score.sequence_values()["precision"].tolist() == [11 / 18, 1]
    assert score.metrics()["precision"].value == pytest.approx((11 / 18 + 1) / 2)


def test_sre_is_scored_against_unshifted_truth():
    # Boxes that keep the shift they began with: only the first frame, replaced by the ground truth, is exact.
    shifted = [Boxes()["short"].truth + np.array([dx, 0, 0, 0]) for dx in (2.0, -2.0, 25.0)]
    run = RunResults("mine", "boxes", "sre", {"short": [trajectory(boxes) for boxes in shifted]}, {}, {})
    score = score_run(run, Boxes(), OTB)
    near, far, first = 18 / 22, 0, 1
    overlaps = [first, *[near] * 9] * 2 + [first, *[far] * 9]
    counted = [sum(o > k / 20 for o in overlaps) / 30 for k in range(21)]
    assert score.curves["success"][0] == pytest.approx(counted)
    assert score.metrics()["precision"].value == pytest.approx((10 + 10 + 1) / 30)


def test_repetitions_are_pooled():
    run = RunResults(
        "mine", "boxes", "ope", {"short": [trajectory(lost_after(k, 10)) for k in (2, 4, 9)]}, {}, {}
    )
    score = score_run(run, Boxes(), OTB)
    assert score.frames.tolist() == [30]
    assert score.metrics()["precision"].value == pytest.approx((0.2 + 0.4 + 0.9) / 3)


def repeated_run(*frames: int) -> RunResults:
    """Runs that are each right for a number of frames of the two sequences."""
    run = a_run({})
    for name in ("long", "short"):
        boxes = [lost_after(count if name == "long" else 10, LENGTHS[name]) for count in frames]
        run.trajectories[name] = [trajectory(each) for each in boxes]
    return run


def test_repetitions_have_a_standard_deviation():
    score = score_run(repeated_run(40, 20, 30), Boxes(), OTB)
    each = [
        score_run(repeated_run(frames), Boxes(), OTB).metrics()["success"].value for frames in (40, 20, 30)
    ]
    [record] = score.records()
    assert record["repetitions"] == 3
    assert record["success"] == pytest.approx(np.mean(each))
    assert record["success_std"] == pytest.approx(np.std(each, ddof=1))
    assert record["success_std"] > 0.1
    by_sequence = {row["sequence"]: row["success_std"] for row in score.records("sequence")}
    assert by_sequence["short"] == pytest.approx(0)
    assert by_sequence["long"] > 0.1


def test_sequences_may_have_different_numbers_of_runs():
    run = repeated_run(40, 20, 30)
    del run.trajectories["short"][1:]
    run.trajectories["long"].pop()
    score = score_run(run, Boxes(), OTB)
    assert score.metrics()["precision"].value == pytest.approx(((1 + 0.5) / 2 + 1) / 2)
    assert score.notes == (
        "sequences of mine have 1 to 2 runs; the score of a sequence is the mean over its runs",
    )
    assert "repetitions" not in score.records()[0]


def test_one_run_has_no_standard_deviation(score):
    assert not any(key.endswith("_std") or key == "repetitions" for key in score.records()[0])


class Hiding(Boxes):
    """The target is absent from frame 5 on."""

    def __getitem__(self, name: str) -> Sequence:
        sequence = super().__getitem__(name)
        return replace(sequence, absent=np.arange(len(sequence.truth)) >= 5)


def test_absence_starts_where_the_pass_does():
    boxes = Boxes()["short"].truth
    run = RunResults("mine", "boxes", "ope", {"short": [trajectory(boxes), trajectory(boxes[3:], 3)]}, {}, {})
    assert score_run(run, Hiding(), LASOT).metrics()["precision"].value == pytest.approx((5 + 2) / (10 + 7))
    assert score_run(run, Hiding(), OTB).metrics()["precision"].value == 1


def test_refusal_names_tracker_and_sequence():
    boxes = lost_after(10, 10)
    boxes[2] = np.nan
    with pytest.raises(
        UserError, match="'pytracking' does not score 'mine' on sequence 'short': the box of fr"
    ):
        score_run(a_run({"short": boxes}), Boxes(), PYTRACKING)
    polygons = np.zeros((10, 8))
    with pytest.raises(UserError, match="'otb' does not score 'mine' on sequence 'short': it has polygons"):
        score_run(a_run({"short": polygons}), Boxes(), OTB)


def test_frames_padded_by_pytracking_are_counted():
    score = score_run(a_run({"short": lost_after(4, 4)}), Boxes(), PYTRACKING, allow_length_mismatch=True)
    assert score.frames.tolist() == [10]
    assert score.metrics()["success"].value == pytest.approx(0.4 * 20 / 21)


def test_results_of_other_protocols_are_refused():
    run = RunResults("mine", "boxes", "supervised", {"short": [trajectory(lost_after(10, 10))]}, {}, {})
    with pytest.raises(UserError, match="profile 'otb' scores results of ope, tre, sre, not of supervised"):
        score_run(run, Boxes(), OTB)


def test_run_without_common_sequences_is_refused():
    with pytest.raises(UserError, match=r"no sequence of 'mine' on Boxes can be scored: 0 are finished"):
        score_run(a_run({}), Boxes(), OTB)
    with pytest.raises(UserError, match="1 is finished, 3 have ground truth"):
        score_run(a_run({"missing": lost_after(1, 1)}), Boxes(), OTB)


def test_unknown_sequence_is_refused():
    with pytest.raises(
        UserError, match=r"have a sequence 'shrot', which is not in Boxes \(did you mean 'short'"
    ):
        score_run(a_run({"shrot": lost_after(1, 10)}), Boxes(), OTB)


class Seen(Boxes):
    """Whose flags say that the target is gone in the first half of the long sequence; some have none."""

    is_user_folder = True

    def __getitem__(self, name: str) -> Sequence:
        sequence = super().__getitem__(name)
        if name != "long":
            return sequence
        return replace(sequence, absent=np.arange(LENGTHS[name]) < 20, size=(100, 100))


def test_sequences_without_results_count_where_the_toolkit_counts_them():
    run = a_run({"short": lost_after(10, 10)})
    assert score_run(run, Boxes(), OTB).sequences == ("short",)
    score = score_run(run, Boxes(), TRACKINGNET)
    assert score.sequences == ("long", "short", "middle")
    assert score.metrics()["coverage"].value == pytest.approx((10 + 1 + 1) / (10 + 40 + 20))
    assert score.metrics()["normalized_precision"].value == pytest.approx((1 + 1 / 40 + 1 / 20) / 3)
    assert score.notes == (
        "profile 'trackingnet' scores sequences without results as empty boxes; mine has none of 2: "
        "long, middle",
    )


def test_average_overlap_skips_first_and_absent_frames():
    run = a_run({"long": lost_after(30, 40), "short": lost_after(4, 10)})
    score = score_run(run, Seen(), GOT10K)
    # 20 frames of the long sequence of which 10 are right, and 9 of the short one of which 3 are.
    assert score.metrics()["ao"].value == pytest.approx(13 / 29)
    assert score.sequence_values()["ao"].mean() == pytest.approx(13 / 29)
    assert score.value(next(m for m in GOT10K.metrics if m.name == "ao")) == pytest.approx(13 / 29)
    by_sequence = {row["sequence"]: row["ao"] for row in score.records("sequence")}
    assert by_sequence == pytest.approx({"long": 10 / 20, "short": 3 / 9})
    plain = Seen()
    plain.is_user_folder = False
    plain = score_run(run, plain, GOT10K)
    assert plain.metrics()["ao"].value == pytest.approx((30 / 40 + 4 / 10) / 2)
    assert score.metrics()["success"] == plain.metrics()["success"]


class Narrow(Boxes):
    """Images of 25 columns."""

    is_user_folder = True

    def __getitem__(self, name: str) -> Sequence:
        absent = np.zeros(LENGTHS[name], dtype=bool)
        return replace(super().__getitem__(name), absent=absent, size=(25, 100))


def test_boxes_are_clipped_to_the_image_as_by_rect_iou():
    shifted = Boxes()["long"].truth + np.array([10.0, 0, 0, 0])
    score = score_run(a_run({"long": shifted}), Narrow(), GOT10K)
    # 10 to 25 and 20 to 25 of 25 columns.
    assert score.metrics()["ao"].value == pytest.approx(5 / 15)


def test_folder_without_flags_has_a_note():
    own = Boxes()
    own.is_user_folder = True
    run = a_run({"long": lost_after(30, 40)})
    [remark] = score_run(run, own, GOT10K).notes
    assert remark.startswith(
        "profile 'got10k' leaves out frames without the target, but Boxes has no visibility flags"
    )
    assert score_run(run, own, OTB).notes == ()
    assert score_run(run, Boxes(), GOT10K).notes == ()


def test_weighted_scores_of_a_perfect_tracker_have_no_spread():
    run = a_run({name: lost_after(LENGTHS[name], LENGTHS[name]) for name in ("long", "short", "middle")})
    assert score_run(run, Seen(), GOT10K).metrics()["ao"] == (1, 1, 1)
    # All 40 frames of one sequence have a box, and the first of the two others, of 10 and 20 frames.
    value, low, high = score_run(a_run({"long": lost_after(40, 40)}), Boxes(), TRACKINGNET).metrics()[
        "coverage"
    ]
    assert value == pytest.approx(42 / 70)
    assert 0 <= low < value < high <= 1
