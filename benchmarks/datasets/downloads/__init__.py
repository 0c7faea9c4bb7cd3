"""Downloading data sets: sources, resumable transfers, archives."""
