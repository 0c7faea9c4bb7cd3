"""Plots: one module per kind, or per group of kinds."""
