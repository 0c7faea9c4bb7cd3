"""Runs again what a run's manifest describes, and compares the boxes with the stored ones."""

from benchmarks.reproduction.comparison import SequenceComparison, compare_trajectories
from benchmarks.reproduction.record import ReproductionRecord, read_record, write_record
from benchmarks.reproduction.reproduce import Reproduction, recorded_tracker, reproduce, reproduction_settings

__all__ = [
    "Reproduction",
    "ReproductionRecord",
    "SequenceComparison",
    "compare_trajectories",
    "read_record",
    "recorded_tracker",
    "reproduce",
    "reproduction_settings",
    "write_record",
]
