"""Siamese trackers: they match a template of the target with a search region, embedded by one network."""
