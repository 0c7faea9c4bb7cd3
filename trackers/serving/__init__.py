"""Serves our trackers to other programs: JSON lines, TraX, got10k."""
