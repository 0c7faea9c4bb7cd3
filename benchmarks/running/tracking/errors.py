"""What can go wrong with one sequence, and how it is recorded."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.store import SequenceRecord
from trackers.errors import (
    LONGEST_MESSAGE,
    InvalidPrediction,
    TrackerError,
    TrackerTimeout,
    UserError,
    format_traceback,
    system_reason,
    truncate,
    truncate_traceback,
)


class SequenceTimeout(Exception):
    """A sequence's deadline has passed. The message names the frame."""


FAILURES = (UserError, OSError, SequenceTimeout, TrackerError)
"""Errors that fail one sequence while the run goes on.

A UserError is a damaged frame, or a tracker that cannot be built again; an OSError, an unreadable folder.
"""


def failure_record(record: SequenceRecord, error: Exception) -> SequenceRecord:
    """Returns `record` with the status and message of `error`, one of `FAILURES`."""
    message = system_reason(error) if isinstance(error, OSError) else str(error)
    record = replace(record, status="failed", message=truncate(message, 2 * LONGEST_MESSAGE))
    if isinstance(error, SequenceTimeout | TrackerTimeout):
        return replace(record, status="timeout")
    if isinstance(error, InvalidPrediction):
        return replace(record, status="invalid")
    if isinstance(error, TrackerError):
        if error.trace:
            return replace(record, traceback=truncate_traceback(error.trace))
        if error.__cause__ is not None:
            return replace(record, traceback=format_traceback(error.__cause__))
    return record
