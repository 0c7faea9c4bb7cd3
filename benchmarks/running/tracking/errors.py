"""What can go wrong with one sequence, and how it is recorded."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.store import SequenceRecord
from trackers.errors import (
    LONGEST_MESSAGE,
    RemoteTrackerError,
    UserError,
    format_traceback,
    system_reason,
    truncate,
    truncate_traceback,
)


class InvalidBox(Exception):
    """A tracker returned something other than a valid box. The message names the frame and the value."""


class SequenceTimeout(Exception):
    """A sequence's deadline has passed. The message names the frame."""


class TrackerFailure(Exception):
    """A tracker raised an error, which is this one's cause. The message names the frame."""


FAILURES = (UserError, OSError, SequenceTimeout, InvalidBox, TrackerFailure)
"""Errors that fail one sequence while the run goes on.

A UserError is a damaged frame, or a tracker that cannot be built again; an OSError, an unreadable folder.
"""


def failure_record(record: SequenceRecord, error: Exception) -> SequenceRecord:
    """Returns `record` with the status and message of `error`, one of `FAILURES`."""
    message = system_reason(error) if isinstance(error, OSError) else str(error)
    record = replace(record, status="failed", message=truncate(message, 2 * LONGEST_MESSAGE))
    if isinstance(error, SequenceTimeout):
        return replace(record, status="timeout")
    if isinstance(error, InvalidBox):
        return replace(record, status="invalid")
    cause = error.__cause__
    if not isinstance(error, TrackerFailure) or cause is None:
        return record
    if isinstance(cause, RemoteTrackerError):
        return replace(record, traceback=truncate_traceback(cause.trace))
    return replace(record, traceback=format_traceback(cause))
