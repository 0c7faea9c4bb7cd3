"""Adapters for tracker classes of other toolkits, and for OpenCV's trackers."""
