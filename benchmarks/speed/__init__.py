"""Measures how fast a tracker is, records it with the machine it ran on, and compares records."""

from benchmarks.speed.record import SpeedRecord, read_record, read_records

__all__ = ["SpeedRecord", "read_record", "read_records"]
