"""Former name of `trackers.serving.got10k`."""

from __future__ import annotations

from trackers.serving.got10k import Got10kTracker

__all__ = ["Got10kTracker"]
