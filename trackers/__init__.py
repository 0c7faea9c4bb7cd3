"""Trackers: the interface, the registry, and the project's own trackers.

from trackers import Tracker          # base class of your own
from trackers import TrackerSpec      # build one by name
"""

from trackers.catalog import TRACKERS, TrackerSpec
from trackers.errors import UserError
from trackers.tracker import BatchTracker, Boxes, Frame, OneSlot, Tracker

__all__ = ["TRACKERS", "BatchTracker", "Boxes", "Frame", "OneSlot", "Tracker", "TrackerSpec", "UserError"]
