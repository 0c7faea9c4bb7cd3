"""Scoring profiles: the sets of rules by which toolkits turn the same boxes into different scores.

One file per profile. A profile says what each frame counts as, which curves a sequence's frames are summed up
in, and which figure is read off each curve. Toolkits disagree mostly about the first: what becomes of the
initial frame, of frames without a target, of boxes that were stored in another way.
"""

from benchmarks.scoring.profiles.got10k import GOT10K
from benchmarks.scoring.profiles.lasot import LASOT
from benchmarks.scoring.profiles.otb import OTB
from benchmarks.scoring.profiles.profile import OnePassProfile, Pass, ScoringProfile
from benchmarks.scoring.profiles.pysot import PYSOT
from benchmarks.scoring.profiles.pytracking import PYTRACKING
from benchmarks.scoring.profiles.tc128 import TC128

__all__ = [
    "GOT10K",
    "LASOT",
    "OTB",
    "PYSOT",
    "PYTRACKING",
    "TC128",
    "Pass",
    "OnePassProfile",
    "ScoringProfile",
]
