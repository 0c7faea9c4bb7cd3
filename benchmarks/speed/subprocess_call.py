"""Calls a function in a fresh Python process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from trackers.errors import UserError
from trackers.signals import install_interrupt_hook, override_signal_handler

Returned = TypeVar("Returned")

_GRACE = 10.0
"""Seconds that a process has to end its own child processes when it is asked to end."""


def call_in_subprocess(function: Callable[..., Returned], *arguments: object) -> Returned:
    """Calls a function of a module in a fresh process and returns what it returns.

    The function's standard output goes to standard error, so that it cannot mix with a command's own output.
    If the caller is interrupted, the process is ended.

    Args:
        function: a module-level function.
        arguments: picklable.

    Raises:
        UserError: the process ended without an answer.
        Exception: raised by the function.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, function, arguments))
    # The process ignores Ctrl-C, which a terminal sends to all processes: this function ends it.
    with override_signal_handler(signal.SIGINT, signal.SIG_IGN), _without_main():
        process.start()
    sender.close()  # otherwise `recv` would not notice the end of the process
    try:
        answer, error = receiver.recv()
    except EOFError:
        process.join(_GRACE)
        raise UserError(
            f"the measuring process ended with status {process.exitcode} and without a result; see its "
            "output above, if any"
        ) from None
    finally:
        process.terminate()
        process.join(_GRACE)
        process.kill()
        process.join()
    if error is not None:
        raise error
    returned: Returned = answer
    return returned


@contextmanager
def _without_main() -> Iterator[None]:
    """Hides the main module: the new process would run a user's script again that has no guard."""
    main = sys.modules["__main__"]
    spec, file = main.__spec__, getattr(main, "__file__", None)
    main.__spec__ = None
    if file is not None:
        del main.__file__
    try:
        yield
    finally:
        main.__spec__ = spec
        if file is not None:
            main.__file__ = file


def _answer(sender: Connection, function: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    install_interrupt_hook()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.dup2(2, 1)
    with suppress(KeyboardInterrupt):
        try:
            answer: tuple[object, Exception | None] = (function(*arguments), None)
        except Exception as error:
            answer = (None, error)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sender.send(answer)


def _end_with_parent() -> None:
    """Exits when the parent process is gone: nothing would read the result."""
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(1)


@contextmanager
def environment_variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables inside the context, for the processes started there."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
