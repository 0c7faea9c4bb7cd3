"""`sotbench check NAME`: checks whether a tracker keeps the interface's rules."""

from trackers.checking.checks import ConformanceTest, Finding

__all__ = ["ConformanceTest", "Finding"]
