"""Reads many runs in worker processes, which may also do the work on each run, such as scoring it.

With many trackers, several processes share the cost of parsing text and of scoring.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.environment import usable_cores
from benchmarks.store.run_folder import RunFolder
from benchmarks.store.runs import RunResults, read_folder
from trackers.errors import UserError
from trackers.processes.child_process import python_command

MIN_PARALLEL_BYTES = 1_000_000
"""Size of all manifests, some two thousand sequences, from which on starting readers pays off."""
MAX_READERS = 8

_T = TypeVar("_T")


@dataclass(frozen=True)
class _Request:
    """What a reader does: read some runs, and apply `work` to each if it is given."""

    folders: tuple[tuple[str, str, str, str], ...]
    with_times: bool
    work: Callable[[RunResults], Any] | None = None


def read_runs_parallel(
    folders: Sequence[RunFolder], with_times: bool = True
) -> Iterator[RunResults | UserError]:
    """Yields each run as `read_folder` returns it, or the error that `read_folder` raises.

    Args:
        folders: the runs' folders.
        with_times: whether to read times; otherwise they are NaN.
    """
    readers = _useful_readers(folders)
    if readers < 2:
        for folder in folders:
            yield _read(folder, with_times)
        return
    with ExitStack() as stack:
        requests = _requests(folders, readers, with_times)
        connections = [_start_reader(stack, bytes(ForkingPickler.dumps(one))) for one in requests]
        for index, folder in enumerate(folders):
            try:
                yield _receive(connections[index % readers])
            except EOFError:  # the reader was killed
                yield _read(folder, with_times)


def apply_to_runs(
    folders: Sequence[RunFolder], work: Callable[[RunResults], _T], with_times: bool = True
) -> Iterator[_T | UserError]:
    """Yields what `work` returns for each run, or the error that reading the run raises.

    The readers do the work, if it can be pickled; otherwise this process does.

    Args:
        folders: the runs' folders.
        work: is called with each run; a `UserError` that it raises is yielded like one of reading.
        with_times: whether to read times; otherwise they are NaN.
    """
    readers = _useful_readers(folders)
    requests: list[bytes] = []
    with suppress(Exception):  # a user's data set or profile may hold anything
        requests = [bytes(ForkingPickler.dumps(one)) for one in _requests(folders, readers, with_times, work)]
    if readers < 2 or not requests:
        for run in read_runs_parallel(folders, with_times):
            yield run if isinstance(run, UserError) else _attempt(work, run)
        return
    with ExitStack() as stack:
        connections = [_start_reader(stack, request) for request in requests]
        for index, folder in enumerate(folders):
            try:
                yield connections[index % readers].recv()
            except EOFError:  # the reader was killed, or met an error that this process should report
                yield _read_and_work(folder, with_times, work)


def _useful_readers(folders: Sequence[RunFolder]) -> int:
    """Returns how many readers pay off; 0 if reading is quicker without."""
    readers = min(usable_cores(), MAX_READERS, len(folders))
    return readers if sum(map(_manifest_size, folders)) >= MIN_PARALLEL_BYTES else 0


def _requests(
    folders: Sequence[RunFolder],
    readers: int,
    with_times: bool,
    work: Callable[[RunResults], Any] | None = None,
) -> list[_Request]:
    names = [(str(one.results), one.dataset, one.tracker, one.protocol) for one in folders]
    return [_Request(tuple(names[first::readers]), with_times, work) for first in range(readers)]


def _manifest_size(folder: RunFolder) -> int:
    try:
        return folder.manifest_path.stat().st_size
    except OSError:
        return 0


def _receive(connection: Connection) -> RunResults | UserError:
    run: RunResults | UserError = connection.recv()
    if isinstance(run, RunResults):
        while (item := connection.recv()) is not None:
            name, trajectories = item
            run.trajectories[name] = trajectories
    return run


def _start_reader(stack: ExitStack, request: bytes) -> Connection:
    """Starts a reader, stopped with `stack`; returns the connection that delivers its results."""
    ours, theirs = os.pipe()
    # Not multiprocessing, which would run a user's script again. A new session, because this process handles
    # Ctrl-C. Each side holds its own end only, so that it notices when the other is gone.
    asked, asking = os.pipe()
    reader = subprocess.Popen(
        [*python_command(__name__), str(asked), str(theirs)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=(asked, theirs),
        start_new_session=True,
    )
    os.close(asked)
    os.close(theirs)
    connection = Connection(ours, writable=False)
    stack.callback(reader.wait)
    stack.callback(reader.kill)
    stack.callback(connection.close)
    with suppress(BrokenPipeError), Connection(asking, readable=False) as requests:
        requests.send_bytes(request)
    return connection


def main() -> int:
    """Runs a reader; the pipe blocks it until its results are received."""
    try:
        _serve(int(sys.argv[1]), int(sys.argv[2]))
    except BrokenPipeError:
        return 0
    except Exception:
        # Such as a class that only the asking process can import. That process then works by itself, and
        # shows the error if it meets it too.
        return 1
    return 0


def _serve(asked: int, answers: int) -> None:
    with Connection(asked, writable=False) as requests:
        request: _Request = requests.recv()
    connection = Connection(answers, readable=False)
    for results, *names in request.folders:
        folder = RunFolder(Path(results), *names)
        if request.work:
            connection.send(_read_and_work(folder, request.with_times, request.work))
            continue
        run = _read(folder, request.with_times)
        if isinstance(run, UserError):
            connection.send(run)
            continue
        # One sequence after the other: a long run in one message would take twice its memory.
        connection.send(replace(run, trajectories={}))
        for item in (*run.trajectories.items(), None):
            connection.send(item)


def _read_and_work(folder: RunFolder, with_times: bool, work: Callable[[RunResults], _T]) -> _T | UserError:
    run = _read(folder, with_times)
    return run if isinstance(run, UserError) else _attempt(work, run)


def _attempt(work: Callable[[RunResults], _T], run: RunResults) -> _T | UserError:
    try:
        return work(run)
    except UserError as error:
        return error


def _read(folder: RunFolder, with_times: bool) -> RunResults | UserError:
    try:
        return read_folder(folder, with_times)
    except UserError as error:
        return error
