"""How fast a tracker is: measured, kept with what it was measured on, and compared."""

from benchmarks.speed.record import SpeedRecord, read_record, read_records

__all__ = ["SpeedRecord", "read_record", "read_records"]
