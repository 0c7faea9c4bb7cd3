"""Trackers: the interface, the registry, and the trackers that come with the project.

from trackers import Tracker          # derive your own from it
from trackers import TrackerSpec      # build one by name
"""

from trackers.catalogue import TRACKERS, TrackerSpec
from trackers.errors import UserError
from trackers.tracker import BatchTracker, Boxes, Frame, OneSlot, Tracker

__all__ = ["TRACKERS", "BatchTracker", "Boxes", "Frame", "OneSlot", "Tracker", "TrackerSpec", "UserError"]
