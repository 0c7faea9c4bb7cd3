"""A function in a Python process of its own, which begins with nothing loaded."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from trackers.errors import UserError
from trackers.signals import override_signal_handler, raise_swallowed_interrupts

Returned = TypeVar("Returned")

_GRACE = 10.0
"""Seconds for a process that is told to end, in which it ends what it started itself."""


def call_in_subprocess(function: Callable[..., Returned], *arguments: object) -> Returned:
    """Calls a function of a module in a fresh process and returns what it returns.

    What the function prints goes to standard error, so that it cannot get between a command's own lines. When
    the caller is interrupted the process is ended.

    Args:
        function: found by its name in the process, as are the arguments' classes.
        arguments: picklable.

    Raises:
        UserError: the process ended without an answer.
        Exception: what the function raised.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, function, arguments))
    # It never hears of Ctrl-C, which a terminal tells all: it is ended here.
    with override_signal_handler(signal.SIGINT, signal.SIG_IGN):
        process.start()
    sender.close()  # so that the end of the process is seen here
    try:
        answer, error = receiver.recv()
    except EOFError:
        process.join(_GRACE)
        raise UserError(
            f"the process that measured ended with status {process.exitcode} and without an answer; what it "
            "said is above, if anything"
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


def _answer(sender: Connection, function: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    raise_swallowed_interrupts()
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
    """Ends this process when the one that it measures for is killed: what it finds out is for nobody."""
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(1)


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Sets variables of the environment, for processes that are started meanwhile."""
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
