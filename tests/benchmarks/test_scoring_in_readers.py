"""Runs are scored in several processes as in one: the same scores and messages, to the last digit."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from benchmarks import evaluation
from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset
from benchmarks.datasets.views import CachedDataset
from benchmarks.protocols import Trajectory
from benchmarks.scoring.catalog import PROFILES, choose_profiles
from benchmarks.store import Manifest, RunFolder, SequenceRecord, parallel_reading, truth_digest
from reports.page.loader import ReportLoader

DEMO = open_dataset("demo", None)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Five runs on the demo: one damaged, one without a sequence, one with repetitions."""
    rng = np.random.default_rng(0)
    for number in range(5):
        folder = RunFolder(tmp_path, "demo", f"t{number}", "ope")
        manifest = Manifest("demo", None, tracker=f"t{number}")
        for name in DEMO.names():
            truth = DEMO[name].truth
            runs = [
                Trajectory(truth + rng.normal(0, 4, truth.shape), np.full(len(truth), 0.01))
                for _ in range(2 if number == 4 else 1)
            ]
            manifest.sequences[name] = SequenceRecord(
                "ok", truth=truth_digest(truth), runs=folder.write(name, runs)
            )
        if number == 1:
            manifest.sequences["easy"] = SequenceRecord("failed", "out of memory")
        manifest.write(folder.manifest_path)
        if number == 2:
            folder.manifest_path.write_text("{")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["score", "--format", "json"],
        ["score", "--format", "json", "--profile", "all"],
        ["score", "--format", "json", "--by", "sequence", "--sequences", "easy", "scale"],
        ["compare", "t0", "t1", "t3", "--format", "json"],
    ],
    ids=lambda words: " ".join(words[:1] + words[3:5]),
)
def test_several_processes_score_as_one(words, results, monkeypatch, capsys):
    command = [*words, "--dataset", "demo", "--results", str(results)]
    status = main(command)
    alone = capsys.readouterr()
    monkeypatch.setattr(parallel_reading, "MIN_PARALLEL_BYTES", 0)
    monkeypatch.setattr(parallel_reading, "usable_cores", lambda: 2)

    def refuse(*_: object) -> None:
        raise AssertionError("scored in this process")

    monkeypatch.setattr(evaluation._ScoreBy, "__call__", refuse)
    monkeypatch.setattr(evaluation._ScoreByEach, "__call__", refuse)
    assert main(command) == status == 0
    assert capsys.readouterr() == alone
    assert alone.out


def test_several_processes_report_as_one(results, monkeypatch):
    folders = [RunFolder(results, "demo", f"t{number}", "ope") for number in range(5)]
    profiles = choose_profiles("all", "demo", "ope")

    def load() -> list[object]:
        loader = ReportLoader(CachedDataset(DEMO), profiles)
        reports = loader.load(folders)
        scores = [
            [score.records("sequence") for score in report.scores.values() if not isinstance(score, str)]
            for report in reports
        ]
        series = [{name: one.data(True) for name, one in report.series.items()} for report in reports]
        rest = [(one.tracker, one.fps, one.notes, one.sequences) for one in reports]
        return [scores, series, rest, loader.left_out]

    alone = load()
    monkeypatch.setattr(parallel_reading, "MIN_PARALLEL_BYTES", 0)
    monkeypatch.setattr(parallel_reading, "usable_cores", lambda: 2)

    def refuse(*_: object) -> None:
        raise AssertionError("scored in this process")

    monkeypatch.setattr("reports.page.loader._Reporter.__call__", refuse)
    assert load() == alone


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_profile_is_pickled_by_its_name(name):
    registered = PROFILES.load(name)
    for dataset in ("", *registered.differing_datasets):
        profile = registered.on(dataset)
        assert pickle.loads(pickle.dumps(profile)) is profile


def test_cached_data_set_is_pickled_without_its_cache():
    cached = CachedDataset(DEMO)
    assert len(cached["easy"].truth) == 60
    again = pickle.loads(pickle.dumps(cached))
    assert again.names() == cached.names()
    np.testing.assert_array_equal(again["easy"].truth, cached["easy"].truth)
