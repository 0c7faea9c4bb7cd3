from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.datasets import Dataset, Sequence
from benchmarks.protocols import Code, Trajectory
from benchmarks.scoring import PROFILES, choose_profiles, score_run
from benchmarks.store import RunResults
from trackers.errors import UserError


class Fixed(Dataset):
    name = "vot2017"
    title = "VOT2017"

    def __init__(self, sequences: Mapping[str, Sequence]) -> None:
        self.sequences = sequences
        self.all_names = (*sequences, "missing")

    def names(self) -> tuple[str, ...]:
        return tuple(self.sequences)

    def __getitem__(self, name: str) -> Sequence:
        return self.sequences[name]


def sequence(name: str, length: int, **others: Any) -> Sequence:
    truth = np.tile([10.0, 10, 40, 40], (length, 1))
    options = {"size": (100, 100), "tags": {"occlusion": np.arange(length) < 20}, **others}
    return Sequence(name, truth, (), lambda: pytest.fail("opens no frames"), **options)


def trajectory(length: int, failures: tuple[int, ...] = ()) -> Trajectory:
    """Exactly right but where it fails, and started again five frames later."""
    boxes = np.tile([10.0, 10, 40, 40], (length, 1))
    codes = np.full(length, Code.TRACKED, dtype=np.int8)
    codes[0] = Code.INITIALIZED
    for failure in failures:
        codes[failure] = Code.FAILED
        codes[failure + 1 : failure + 5] = Code.SKIPPED
        codes[failure + 5] = Code.INITIALIZED
    boxes[codes != Code.TRACKED] = np.nan
    return Trajectory(boxes, np.zeros(length), codes)


def run(protocol: str, **trajectories: list[Trajectory]) -> RunResults:
    return RunResults("some", "vot2017", protocol, trajectories, {}, {})


@pytest.mark.parametrize("profile", ["vot2017", "vot-toolkit"])
def test_metrics_by_hand(profile: str) -> None:
    data = Fixed({"a": sequence("a", 200), "b": sequence("b", 300)})
    results = run("supervised", a=[trajectory(200, (50,)), trajectory(200)], b=[trajectory(300, (20, 60))])
    score = score_run(results, data, PROFILES.load(profile))
    [record] = score.records()
    assert record["accuracy"] == pytest.approx(1)
    # One failure in two repetitions of a, two in b; vot-toolkit weighs their numbers by length.
    failures = 2.5 if profile == "vot2017" else 2 * (0.5 * 200 + 2 * 300) / 500
    assert record["robustness"] == pytest.approx(100 * failures / 500)
    assert record["failures"] == pytest.approx(2.5)
    assert 0 < record["eao"] < 1  # type: ignore[operator]
    assert (score.main_metric.name, score.main_value) == ("eao", record["eao"])
    assert (record["sequences"], record["of"], record["frames"]) == (2, 3, 500)

    assert list(record)[:7] == ["tracker", "dataset", "protocol", "profile", "sequences", "of", "frames"]
    assert list(record.values())[:4] == ["some", "vot2017", "supervised", profile]

    by_sequence = score.records("sequence")
    assert [r["robustness"] for r in by_sequence] == pytest.approx([0.25, 2 / 3])
    assert [(r["sequence"], r["sequences"], r["frames"]) for r in by_sequence] == [
        ("a", 1, 200),
        ("b", 1, 300),
    ]
    [occlusion] = score.records("attribute")
    assert occlusion["attribute"] == "occlusion"
    assert occlusion["frames"] == 40
    assert occlusion["failures"] == 0
    assert list(score.sequence_values()) == ["accuracy", "robustness"]
    assert score.sequence_values()["robustness"] == pytest.approx([0.25, 2 / 3])
    assert score.sequence_values()["accuracy"] == pytest.approx([1, 1])
    # What a ranking of several runs goes by.
    assert [(measured.sequence, measured.codes.shape) for measured in score.runs] == [
        ("a", (2, 200)),
        ("b", (1, 300)),
    ]


@pytest.mark.parametrize("protocol", ["supervised", "unsupervised"])
@pytest.mark.parametrize(("profile", "overlap"), [("vot2017", 1), ("vot-toolkit", 1600 / 1681)])
def test_polygons_are_rasterized_by_the_profiles_rule(profile: str, overlap: float, protocol: str) -> None:
    # A square as a polygon has a row and a column more than as a box in vot-toolkit: 41 x 41 pixels.
    corners = np.tile([10.0, 10, 50, 10, 50, 50, 10, 50], (30, 1))
    elsewhere = np.tile([70.0, 70, 5, 5], (30, 1))
    data = Fixed({"a": replace(sequence("a", 30, polygons=corners), truth=elsewhere)})
    one = trajectory(30) if protocol == "supervised" else Trajectory(trajectory(30).boxes, np.zeros(30))
    [record] = score_run(run(protocol, a=[one]), data, PROFILES.load(profile)).records()
    name = "accuracy" if protocol == "supervised" else "ao"
    share = 29 / 30 if (protocol, profile) == ("unsupervised", "vot2017") else 1
    assert record[name] == pytest.approx(share * overlap)


def test_unsupervised_run_of_another_length_is_refused() -> None:
    results = run("unsupervised", a=[Trajectory(np.ones((20, 4)), np.zeros(20))])
    with pytest.raises(UserError, match="'a' has 20 regions, but the ground truth has 30 rows"):
        score_run(
            results, Fixed({"a": sequence("a", 30)}), PROFILES.load("vot2017"), allow_length_mismatch=True
        )


def test_undefined_eao_is_none() -> None:
    data = Fixed({"a": sequence("a", 30)})
    [record] = score_run(run("realtime", a=[trajectory(30)]), data, PROFILES.load("vot2017")).records()
    assert record["eao"] is None
    assert record["accuracy"] == pytest.approx(1)


def test_unsupervised_runs_have_an_average_overlap() -> None:
    data = Fixed({"a": sequence("a", 30)})
    boxes = np.tile([10.0, 10, 40, 40], (30, 1))
    boxes[15:] = 0
    results = run("unsupervised", a=[Trajectory(boxes, np.zeros(30))])
    score = score_run(results, data, PROFILES.load("vot2017"))
    [record] = score.records()
    assert record["ao"] == pytest.approx(14 / 30)  # the first frame counts as 0
    assert score.sequence_values()["ao"] == pytest.approx([14 / 30])
    assert (score.main_metric.name, score.main_value) == ("ao", record["ao"])
    assert score.records("attribute") == []


def test_profiles_apply_to_vot_data() -> None:
    assert [p.name for p in choose_profiles("all", "vot2018", "supervised")] == ["vot2017", "vot-toolkit"]
    assert choose_profiles(None, "vot2017", "realtime")[0].name == "vot2017"
    with pytest.raises(UserError, match="no profile scores results of protocol 'supervised' on otb2015"):
        choose_profiles(None, "otb2015", "supervised")


@pytest.mark.parametrize(
    ("results", "options", "expected"),
    [
        (run("supervised", a=[Trajectory(np.zeros((30, 4)), np.zeros(30))]), {}, "have no codes"),
        (
            run("supervised", a=[trajectory(30)]),
            {"size": None},
            "not known for sequence 'a': put its frames, or .*, beside its ground truth$",
        ),
    ],
)
def test_unscorable_runs_are_refused(results: RunResults, options: dict[str, Any], expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        score_run(results, Fixed({"a": sequence("a", 30, **options)}), PROFILES.load("vot2017"))
