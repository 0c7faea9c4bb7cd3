"""Choosing a tracker's settings on a validation set, with Optuna."""
