"""Runs trackers over data sets, keeps what they answer, and scores it."""
