"""What can go wrong, by whose turn it is to put it right."""


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


class RemoteFailure(Exception):
    """A tracker in a process of its own ended, broke off, or reported an error of its own.

    Attributes:
        trace: the traceback that the tracker sent along, or what it last wrote on standard error.
    """

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


class InvalidAnswer(RemoteFailure):
    """A tracker in a process of its own answered with something that is no answer."""


class NoAnswer(RemoteFailure):
    """A tracker in a process of its own did not answer in time."""
