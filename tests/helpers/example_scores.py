"""Scores for plots and tables, without a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from speed_records import made

from benchmarks.datasets import DATASETS
from benchmarks.protocols.protocol import Code, Trajectory
from benchmarks.scoring import OTB, OnePassProfile, OnePassScore, score_run
from benchmarks.scoring.vot_profiles import VOT2017, VOT_LT
from benchmarks.store import RunResults
from reports.report_data import ReportData


def score(tracker: str, level: float, sequences: int = 20, profile: OnePassProfile = OTB) -> OnePassScore:
    """Returns a score with overlaps and errors drawn around a level in [0, 1]."""
    generator = np.random.default_rng(int(level * 1000))
    curves: dict[str, list[Any]] = {"success": [], "precision": [], "normalized_precision": []}
    for good in np.clip(generator.normal(level, 0.1, sequences), 0, 1):
        curves["success"].append(good * (1 - np.linspace(0, 1, 21) ** 3))
        curves["precision"].append(good * np.linspace(0, 1, 51) ** 0.3)
        curves["normalized_precision"].append(good * np.linspace(0, 1, 51) ** 0.4)
    places = np.arange(sequences)
    return OnePassScore(
        tracker=tracker,
        dataset="d",
        protocol="ope",
        profile=profile,
        total_sequences=20 if sequences <= 20 else sequences,
        sequences=tuple(f"s{i}" for i in places),
        frames=np.full(sequences, 10),
        attributes={"odd": places % 2 == 1, "first_five": places < 5},
        curves={name: np.array(rows) for name, rows in curves.items()},
    )


def report(scores: Sequence[OnePassScore], **more: Any) -> ReportData:
    """Returns one-pass scores as the commands read them."""
    profile = scores[0].profile
    return ReportData(
        **(
            {"title": "D", "dataset": "d", "protocol": "ope", "profile": profile, "scores": tuple(scores)}
            | more
        )
    )


def vot_report() -> ReportData:
    """Returns scores of supervised runs on the demo: three fake trackers that fail 1, 2 and 3 times."""
    dataset = DATASETS.load("demo")(None)
    scores = []
    for failures in (1, 2, 3):
        trajectories = {}
        for name in dataset.names():
            truth = dataset[name].truth
            codes = np.full(len(truth), Code.TRACKED, dtype=np.int8)
            boxes = truth + np.array([failures * 2.0, 0, 0, 0])
            codes[0] = Code.INITIALIZED
            for failed in range(20, 20 + 15 * failures, 15):
                codes[failed] = Code.FAILED
                codes[failed + 1 : failed + 5] = Code.SKIPPED
                codes[failed + 5] = Code.INITIALIZED
            boxes[codes != Code.TRACKED] = np.nan
            trajectories[name] = [Trajectory(boxes, np.zeros(len(truth)), codes=codes)]
        run = RunResults(f"fails {failures} times", "demo", "supervised", trajectories, {}, {})
        scores.append(score_run(run, dataset, VOT2017))
    return ReportData("Demo", "demo", "supervised", VOT2017, tuple(scores))


def long_term_report() -> ReportData:
    """Returns scores of long-term runs on the demo: three fake trackers, less sure where they are worse."""
    dataset = DATASETS.load("demo")(None)
    scores = []
    for shift in (1, 2, 3):
        generator = np.random.default_rng(shift)
        trajectories = {}
        for name in dataset.names():
            truth = dataset[name].truth
            away = generator.random(len(truth)) * 6 * shift
            boxes = truth + away[:, None] * [1, 0, 0, 0]
            confidences = np.concatenate([[np.nan], 1 / (1 + away[1:])])
            trajectories[name] = [Trajectory(boxes, np.zeros(len(truth)), confidences=confidences)]
        run = RunResults(f"shifts by up to {6 * shift}", "demo", "long-term", trajectories, {}, {})
        scores.append(score_run(run, dataset, VOT_LT))
    return ReportData("Demo", "demo", "long-term", VOT_LT, tuple(scores))


def write_speed(results: Path, tracker: str, fps: float) -> None:
    """Writes a speed record."""
    ends = {"fps_low": fps * 0.9, "fps_high": fps * 1.2}
    machine = {"processor": "a CPU & more", "cores": 2}
    record = made([1 / fps], tracker=tracker, threads=1, machine=machine, median_ms=1e3 / fps, **ends)
    path = record.write(results)
    path.rename(path.with_name("cpu.json"))
