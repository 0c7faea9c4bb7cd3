"""The one exception whose message is written for the person at the keyboard."""


class UserError(Exception):
    """Something the user can put right: a wrong name, a missing file, an unusable device.

    The message is one sentence that says what is wrong, where, and what to do. Commands print it on
    standard error without a traceback and exit with status 2.
    """
