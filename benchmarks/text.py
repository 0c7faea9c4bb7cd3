"""Text of strangers, fit for a terminal, a log or a page."""

from trackers.errors import printable

__all__ = ["printable"]
