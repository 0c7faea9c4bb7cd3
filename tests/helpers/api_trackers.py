"""Trackers for tests of the Python API: one as the text of a file, one as a class."""

from __future__ import annotations

import sotbench as sot

TRACKER = """
import numpy as np
from trackers import Tracker


class Drift(Tracker):
    def __init__(self, step: float = 1.0):
        self.step = step

    def init(self, frame, box):
        self.box = box

    def update(self, frame):
        self.box = self.box + np.array([self.step, 0, 0, 0])
        return self.box
"""


class Still(sot.Tracker):
    """A tracker that never moves its box."""

    def init(self, frame, box):
        self.box = box

    def update(self, frame):
        return self.box
