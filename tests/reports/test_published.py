"""Published scores: their sources, and differences from one's own results."""

from __future__ import annotations

import csv
import json
from importlib.resources import files

import pytest

from benchmarks.datasets import DATASETS
from benchmarks.scoring import OTB, PROFILES
from reports.published import (
    Published,
    differences_from_published,
    parse_published,
    published_records,
    published_scores,
    source_notes,
    sources,
)
from trackers.errors import UserError

ROWS = list(csv.DictReader((files("reports") / "published.csv").read_text(encoding="utf-8").splitlines()))


def test_every_published_score_has_a_source():
    assert len(ROWS) > 300
    for row in ROWS:
        one = Published(**row)
        assert one.source in sources()
        assert one.dataset in DATASETS.entries
        assert one.profile in PROFILES.entries
        assert 0 < one.value < 1
        assert one.metric in ("success", "precision", "normalized_precision", "accuracy", "robustness", "eao")
    assert {row["source"] for row in ROWS} == set(sources())


HEAD = "dataset,protocol,profile,tracker,metric,printed,source\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            HEAD + "otb2015,ope,otb,A,success,0.5,a\notb2015,ope,otb,A,success,0.5\n",
            "line 3 has other columns",
        ),
        (HEAD + "otb2015,ope,otb,A,success,0.5,a,b\n", "line 2 has other columns"),
        ("dataset,tracker\notb2015,A\n", "line 2 has other columns"),
        (HEAD + "otb2015,ope,otb,A,success,58.2 %,a\n", "line 2 has '58.2 %' instead of a value"),
        (HEAD + "otb2015,ope,otb,A,success,nan,a\n", "line 2 has 'nan' instead of a value"),
        (HEAD + 'otb2015,ope,otb,"A,success,0.5,a\n', "cannot be read after line 1"),
    ],
)
def test_malformed_line_is_named(text, expected):
    with pytest.raises(UserError, match=expected):
        parse_published(text, "published.csv")


def test_published_scores_are_unique():
    keys = [tuple(value for key, value in row.items() if key not in ("printed", "source")) for row in ROWS]
    assert len(set(keys)) == len(keys)


def published(printed: str, **more: str) -> Published:
    row = {"dataset": "d", "protocol": "ope", "profile": "otb", "tracker": "SiamFC", "metric": "success"}
    return Published(**(row | {"printed": printed, "source": "paper"} | more))


def record(success: float, **more: object) -> dict[str, object]:
    return {"tracker": "siamfc", "profile": "otb", "sequences": 9, "of": 9, "success": success} | more


@pytest.mark.parametrize(
    ("ours", "printed", "differs"),
    [
        (0.5824, "0.582", False),
        (0.5825, "0.582", False),
        (0.5826, "0.582", True),
        (0.5814, "0.582", True),
        (0.5821, "0.5820", True),
        (0.634, "0.63", False),
    ],
)
def test_difference_beyond_rounding_is_reported(ours, printed, differs):
    told = list(differences_from_published([record(ours)], [published(printed)]))
    assert len(told) == differs
    if told:
        assert f"siamfc: success {ours:.4f} (published: {printed}, paper)" in told[0]


def test_other_profiles_names_and_parts_are_not_compared():
    known = [published("0.582")]
    for other in ({"profile": "pysot"}, {"tracker": "SiamRPN"}, {"sequences": 8}, {"success": None}):
        assert not list(differences_from_published([record(0.9) | other], known))


def test_one_sentence_covers_all_metrics():
    known = [published("0.582"), published("0.771", metric="precision")]
    [sentence] = differences_from_published([record(0.5, precision=0.6)], known)
    assert "success 0.5000" in sentence
    assert "precision 0.6000" in sentence


def test_one_record_per_tracker_best_first():
    rows = published_records(
        [published("0.5"), published("0.7", tracker="B"), published("0.6", metric="precision")],
        "otb",
        ["success", "precision"],
        OTB.main_metric,
    )
    assert [row["tracker"] for row in rows] == ["B (published)", "SiamFC (published)"]
    assert (rows[1]["success"], rows[1]["precision"]) == (0.5, 0.6)


def test_well_known_trackers_are_on_record():
    for dataset, protocol, names in (
        (
            "otb2015",
            "ope",
            {"SiamFC-3s", "GradNet", "KCF", "Staple", "ECO", "MDNet", "DaSiamRPN", "ATOM", "DiMP-50"},
        ),
        ("lasot", "ope", {"GradNet", "ATOM", "DiMP-50"}),
        ("tc128", "ope", {"Struck-HSV", "KCF-LAB"}),
        ("vot2017", "supervised", {"SiamFC", "GradNet"}),
    ):
        scores = published_scores(dataset, protocol)
        assert names <= {one.tracker for one in scores}
        assert len(source_notes(scores)) == len({one.source for one in scores})


@pytest.mark.shared
def test_golden_results_match_published_scores(shared):

    for entry in json.loads((shared / "golden/scores.json").read_text(encoding="utf-8"))["results"]:
        known = {
            one.metric: one
            for one in published_scores(entry["dataset"], entry.get("protocol", "ope"))
            if (one.tracker, one.profile) == (entry["tracker"], entry["profile"])
        }
        assert {metric: one.value for metric, one in known.items()} == entry["published"]
