"""Child processes: start, limits, supervision, and cleanup of everything they started."""
