"""Scoring profiles of one-pass results: toolkits score the same boxes differently.

One file per profile. A profile defines the measures of each frame, which curves are computed over the frames
of a sequence, and which value is read off each curve. Toolkits disagree mostly about the first: the initial
frame, frames without a target, and the precision of stored boxes.
"""

from benchmarks.scoring.profiles.got10k import GOT10K
from benchmarks.scoring.profiles.lasot import LASOT
from benchmarks.scoring.profiles.otb import OTB
from benchmarks.scoring.profiles.profile import OnePassProfile, Pass, ScoringProfile
from benchmarks.scoring.profiles.pysot import PYSOT
from benchmarks.scoring.profiles.pytracking import PYTRACKING
from benchmarks.scoring.profiles.tc128 import TC128
from benchmarks.scoring.profiles.trackingnet import TRACKINGNET
from benchmarks.scoring.profiles.uav import UAV

__all__ = [
    "GOT10K",
    "LASOT",
    "OTB",
    "PYSOT",
    "PYTRACKING",
    "TC128",
    "TRACKINGNET",
    "UAV",
    "OnePassProfile",
    "Pass",
    "ScoringProfile",
]
