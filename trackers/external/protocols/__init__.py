"""Protocols for trackers that are programs: JSON lines and TraX."""
