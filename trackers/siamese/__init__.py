"""Trackers that compare a template of the target with a search region, both embedded by one network."""
