"""What can go wrong, by whose turn it is to put it right."""

from __future__ import annotations

import traceback


class UserError(Exception):
    """Something the user can put right: a wrong name, a missing file, an unusable device.

    The message is one sentence that says what is wrong, where, and what to do. Commands print it on
    standard error without a traceback and exit with status 2.
    """


def printable(text: str, keep: str = "") -> str:
    r"""Escapes whatever in `text` could steer a terminal or turn the direction of writing.

    Control characters (C0, DEL, C1, so ESC and NUL as well), bidirectional marks and other format characters,
    line separators, lone surrogates and unassigned code points become what Python writes for them: `\n`,
    `\x1b`, `\u202e`.

    Args:
        text: of a stranger.
        keep: characters that stay as they are, such as `"\n\t"`; without any, the result is one line.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in keep else ascii(letter)[1:-1] for letter in text
    )


LONGEST_MESSAGE = 1000
"""Characters of somebody else's error that a message takes."""

LONGEST_NAME = 80
"""Characters of the name of somebody else's class."""

LONGEST_TRACE = 20_000
"""Characters of a traceback that is kept."""


def describe_error(error: BaseException, width: int = LONGEST_MESSAGE) -> str:
    """Type and text of an exception of somebody else's code, whatever its text is or does.

    Returns:
        `Type: text`, the text escaped by `printable` and cut at `width` characters.
    """
    try:
        text = _exact(str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as second:  # str() may raise anything
        text = f"(its text cannot be had: str() raises {class_name(second)})"
    return f"{class_name(error)}: {truncate(text, width)}"


def class_name(thing: object) -> str:
    """Name of an object's class, escaped by `printable` and cut, whatever its metaclass does."""
    # A metaclass may have a `__name__` of its own; this is the one that Python keeps.
    return truncate(_exact(type.__dict__["__name__"].__get__(type(thing))), LONGEST_NAME)


def _exact(text: str) -> str:
    """The same letters without the methods of a subclass."""
    return str.__getitem__(text, slice(None))


def truncate(text: str, width: int = LONGEST_MESSAGE) -> str:
    """Text escaped by `printable`; of more than `width` characters the beginning, and how many there are."""
    length = len(text)
    plain = printable(text[:width])
    return plain if length <= width else f"{plain}... ({length} characters)"


def system_reason(error: OSError) -> str:
    """What the system says of a file, with the file's name where it is known."""
    words = error.strerror or str(error)
    return f"{error.filename}: {words}" if error.filename is not None else words


def format_traceback(error: BaseException) -> str:
    """The traceback of an exception of somebody else's code, escaped and bounded; empty where it has none."""
    try:
        text = "".join(traceback.format_exception(error))
    except KeyboardInterrupt:
        raise
    except BaseException:  # notes, causes and names are theirs as well
        return ""
    return truncate_traceback(text)


def truncate_traceback(text: str) -> str:
    """A traceback escaped, lines apart, and without its middle where it is longer than `LONGEST_TRACE`."""
    half = LONGEST_TRACE // 2
    if len(text) > LONGEST_TRACE:
        text = f"{text[:half]}\n... ({len(text) - 2 * half} characters) ...\n{text[-half:]}"
    return printable(text, keep="\n\t")


class RemoteTrackerError(Exception):
    """A tracker in a process of its own ended, broke off, or reported an error of its own.

    Attributes:
        trace: the traceback that the tracker sent along, or what it last wrote on standard error.
    """

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


class InvalidPrediction(RemoteTrackerError):
    """A tracker in a process of its own answered with something that is no answer."""


class TrackerTimeout(RemoteTrackerError):
    """A tracker in a process of its own did not answer in time."""
