"""Scoring: profiles compute scores from boxes and ground truth, each as the toolkit of that name does."""

from benchmarks.geometry.overlap import center_error, iou, normalized_center_error
from benchmarks.scoring.catalog import PROFILES, choose_profile, choose_profiles
from benchmarks.scoring.metrics import Metric
from benchmarks.scoring.one_pass_score import OnePassScore
from benchmarks.scoring.profiles import OTB, OnePassProfile, ScoringProfile
from benchmarks.scoring.run_score import Record, RunScore
from benchmarks.scoring.score import score_run
from benchmarks.scoring.statistics import Estimate

__all__ = [
    "OTB",
    "PROFILES",
    "Estimate",
    "Metric",
    "OnePassProfile",
    "OnePassScore",
    "Record",
    "RunScore",
    "ScoringProfile",
    "center_error",
    "choose_profile",
    "choose_profiles",
    "iou",
    "normalized_center_error",
    "score_run",
]
