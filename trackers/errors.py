"""What can go wrong, by whose turn it is to put it right."""


class UserError(Exception):
    """Something the user can put right: a wrong name, a missing file, an unusable device.

    The message is one sentence that says what is wrong, where, and what to do. Commands print it on
    standard error without a traceback and exit with status 2.
    """


def printable(text: str) -> str:
    r"""Text of a stranger as a terminal may print it, on one line.

    Line breaks, escape sequences, marks that turn the direction of writing and bytes that are no text become
    what Python writes for them: `\n`, `\x1b`.
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


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
