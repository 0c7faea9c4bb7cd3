"""Scores of results: pure functions of boxes and ground truth, under a named profile."""

from benchmarks.geometry.overlap import center_error, iou, normalized_center_error
from benchmarks.scoring.catalogue import PROFILES, choose_profile, choose_profiles
from benchmarks.scoring.metrics import METRICS, Metric
from benchmarks.scoring.profiles import OTB, Profile, ScoringProfile
from benchmarks.scoring.records import Record, RunScore
from benchmarks.scoring.score import Score, score_run
from benchmarks.scoring.statistics import Estimate

__all__ = [
    "METRICS",
    "OTB",
    "PROFILES",
    "Estimate",
    "Metric",
    "Profile",
    "Record",
    "RunScore",
    "Score",
    "ScoringProfile",
    "center_error",
    "choose_profile",
    "choose_profiles",
    "iou",
    "normalized_center_error",
    "score_run",
]
