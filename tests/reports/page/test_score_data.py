"""The values in the page's data are those of the scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pages import numbers_of

from benchmarks.datasets import open_dataset
from benchmarks.scoring import choose_profiles, score_run
from benchmarks.store import Manifest, RunResults
from benchmarks.store.formats import FORMATS, read_results
from reports.page.loader import TrackerReport
from reports.page.score_data import main_value, profile_data


def test_values_are_the_scores(page_data, reports):
    by_name = {report.tracker: report for report in reports}
    for profile in page_data["profiles"]:
        for tracker, entry in zip(page_data["trackers"], profile["scores"], strict=True):
            score = by_name[tracker["name"]].scores[profile["name"]]
            parts = {"": entry["all"], **entry["attributes"]}
            expected = {"": score, **score.by_attribute()}
            assert list(parts) == list(expected)
            for name, figures in parts.items():
                for metric, found in expected[name].metrics().items():
                    assert figures[metric] == pytest.approx(found, abs=1e-12)


def test_curves_are_lossless(page_data, reports):
    best = next(report for report in reports if report.tracker == page_data["trackers"][0]["name"])
    score = best.scores["otb"]
    entry = page_data["profiles"][0]["scores"][0]
    frames = numbers_of(entry["frames"])
    for name, curves in score.curves.items():
        shares = numbers_of(entry["curves"][name]).reshape(len(frames), -1) / frames[:, None]
        assert np.array_equal(shares, curves)
        assert np.array_equal(numbers_of(entry["values"][name]), score.sequence_values()[name])


def test_trackers_are_ranked_by_the_first_profile(page_data, reports):
    values = {report.tracker: main_value(report.scores["otb"]) for report in reports}
    assert [tracker["name"] for tracker in page_data["trackers"]] == sorted(values, key=values.get)[::-1]


def test_refusal_is_a_sentence(hostile, reports):
    refused = replace(reports[1], scores={"otb": "the box of frame 8 is no number"})
    [otb] = choose_profiles("otb", "folder", "ope")
    data = profile_data(otb, [reports[0], refused], hostile.names())
    assert data["scores"][1] == {"refused": "the box of frame 8 is no number"}
    assert [metric["name"] for metric in data["metrics"]] == ["success", "precision", "normalized_precision"]
    assert main_value(refused.scores["otb"]) < main_value(reports[0].scores["otb"])


@pytest.mark.shared
def test_vot_values_and_curve_are_the_commands(shared: Path):
    dataset = open_dataset("vot2017", shared / "annotations")
    results = read_results(
        shared / "golden" / "vot2017" / "SiamFC.vot.zip", FORMATS.load("vot")(), dataset, "supervised"
    )
    names = list(dataset.names())[:8]
    run = RunResults(
        "SiamFC", "vot2017", "supervised", {n: results.trajectories[n] for n in names}, {}, {}, True
    )
    [rules] = choose_profiles(None, "vot2017", "supervised")
    score = score_run(run, dataset, rules)
    report = TrackerReport("SiamFC", Manifest("vot2017", None), {}, {rules.name: score}, {}, None)
    data = profile_data(rules, [report], names)
    [record] = score.records()
    [entry] = data["scores"]
    assert not data["means"]
    assert data["main"] == "eao"
    assert [metric["name"] for metric in data["metrics"]] == ["accuracy", "robustness", "failures", "eao"]
    for name, (value, low, high) in entry["all"].items():
        assert (value, low, high) == (record[name], record[f"{name}_low"], record[f"{name}_high"])
    lengths, overlaps = score.overall.curve()
    assert entry["lines"]["eao"]["x"] == lengths.tolist()
    assert entry["lines"]["eao"]["y"] == pytest.approx(overlaps.tolist(), abs=1e-5)
    assert set(entry["attributes"]) == {r["attribute"] for r in score.records("attribute")}
