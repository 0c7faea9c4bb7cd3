"""Scores of results: pure functions of boxes and ground truth, under a named profile."""

from benchmarks.scoring.overlap import center_error, iou, normalized_center_error
from benchmarks.scoring.profiles import OTB, Metric, Profile
from benchmarks.scoring.score import Estimate, Record, Score, score_run
from trackers.registry import Entry, Registry

__all__ = [
    "PROFILES",
    "Estimate",
    "Metric",
    "Profile",
    "Record",
    "Score",
    "center_error",
    "iou",
    "normalized_center_error",
    "score_run",
]

PROFILES = Registry(
    "scoring profile",
    {OTB.name: Entry("benchmarks.scoring.profiles:OTB", OTB.title)},
    hint="see `python -m benchmarks list profiles`",
)
