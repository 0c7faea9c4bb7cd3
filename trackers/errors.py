"""Exception types, and functions that turn other people's exceptions and texts into safe messages."""

from __future__ import annotations

import traceback


class UserError(Exception):
    """An error that the user can fix: a wrong name, a missing file, an unusable device.

    The message is one sentence that says what is wrong, where, and what to do. Commands print it on standard
    error without a traceback and exit with status 2.
    """


def printable(text: str, keep: str = "") -> str:
    r"""Returns untrusted text with all characters escaped that could control a terminal.

    Control characters (C0, DEL, C1, so ESC and NUL as well), bidirectional marks and other format characters,
    line separators, lone surrogates and unassigned code points become Python's escapes: `\n`, `\x1b`,
    `\u202e`.

    Args:
        text: untrusted text.
        keep: characters that are not escaped, such as `"\n\t"`; without any, the result is one line.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in keep else ascii(letter)[1:-1] for letter in text
    )


def one_line(text: str, width: int) -> str:
    """Returns untrusted text on one line, without control characters, truncated to `width` characters."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * width]).strip()
    return plain if len(plain) <= width else plain[:width] + "..."


def quote_excerpt(text: bytes | str, width: int = 80) -> str:
    """Returns the beginning of untrusted text as `one_line` does, in quotes."""
    if isinstance(text, bytes):
        text = text[: 4 * width].decode(errors="replace")
    return repr(one_line(text, width))


LONGEST_MESSAGE = 1000
"""Maximum length of a third-party exception's text in a message, in characters."""

LONGEST_NAME = 80
"""Maximum length of the name of a third-party class, in characters."""

LONGEST_TRACE = 20_000
"""Maximum length of a recorded traceback, in characters."""


def describe_error(error: BaseException, width: int = LONGEST_MESSAGE) -> str:
    """Returns `Type: text` for any exception, even if its own code raises.

    The text is escaped by `printable` and truncated to `width` characters.
    """
    try:
        text = _exact(str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as second:  # str() may raise anything
        text = f"(its text cannot be had: str() raises {class_name(second)})"
    return f"{class_name(error)}: {truncate(text, width)}"


def class_name(thing: object) -> str:
    """Returns the name of an object's class, escaped and truncated, whatever its metaclass does."""
    # A metaclass may override `__name__`; this is the original descriptor.
    return truncate(_exact(type.__dict__["__name__"].__get__(type(thing))), LONGEST_NAME)


def _exact(text: str) -> str:
    """Returns a plain `str`, without the methods of a subclass."""
    return str.__getitem__(text, slice(None))


def truncate(text: str, width: int = LONGEST_MESSAGE) -> str:
    """Returns text escaped by `printable`; beyond `width` characters, its beginning and its full length."""
    length = len(text)
    plain = printable(text[:width])
    return plain if length <= width else f"{plain}... ({length} characters)"


def system_reason(error: OSError) -> str:
    """Returns the operating system's message, with the file's name if it is known."""
    words = error.strerror or str(error)
    return f"{error.filename}: {words}" if error.filename is not None else words


def format_traceback(error: BaseException) -> str:
    """Returns the traceback of any exception, escaped and truncated; empty if it cannot be formatted."""
    try:
        text = "".join(traceback.format_exception(error))
    except KeyboardInterrupt:
        raise
    except BaseException:  # notes, causes and names may be third-party code too
        return ""
    return truncate_traceback(text)


def truncate_traceback(text: str) -> str:
    """Returns a traceback escaped except for line breaks, without its middle beyond `LONGEST_TRACE`."""
    half = LONGEST_TRACE // 2
    if len(text) > LONGEST_TRACE:
        text = f"{text[:half]}\n... ({len(text) - 2 * half} characters) ...\n{text[-half:]}"
    return printable(text, keep="\n\t")


class TrackerError(Exception):
    """A tracker raised an exception, its process ended, or it broke the protocol.

    Attributes:
        trace: the traceback that the tracker's process sent, or the end of its standard error; empty if the
            tracker runs in this process, where the exception is this one's cause.
        frame: number of the frame at which it happened, 0-based, with which the message begins; None if
            unknown.
    """

    def __init__(self, message: str, trace: str = "", frame: int | None = None) -> None:
        super().__init__(message)
        self.trace = trace
        self.frame = frame

    def __str__(self) -> str:
        message = super().__str__()
        return message if self.frame is None else f"frame {self.frame}: {message}"


class InvalidPrediction(TrackerError):
    """A tracker returned something that is not a box, a polygon, a mask or an absent target."""


class TrackerTimeout(TrackerError):
    """A tracker's process did not reply in time."""
