"""Reads many runs in worker processes, so that scoring can start with the first.

Parsing text is most of the cost of scoring, and several processes share it when there are many trackers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, cast

from benchmarks.environment import usable_cores
from benchmarks.store.run_folder import RunFolder
from benchmarks.store.runs import RunResults, read_folder
from trackers.errors import UserError
from trackers.processes.child_process import python_command

MIN_PARALLEL_BYTES = 1_000_000
"""Size of all manifests, some two thousand sequences, from which on starting readers pays off."""
MAX_READERS = 8


def read_runs_parallel(
    folders: Sequence[RunFolder], with_times: bool = True
) -> Iterator[RunResults | UserError]:
    """Yields each run as `read_folder` returns it, or the error that `read_folder` raises.

    Args:
        folders: the runs' folders.
        with_times: whether to read times; otherwise they are NaN.
    """
    readers = min(usable_cores(), MAX_READERS, len(folders))
    if readers < 2 or sum(map(_manifest_size, folders)) < MIN_PARALLEL_BYTES:
        for folder in folders:
            yield _read(folder, with_times)
        return
    with ExitStack() as stack:
        connections = [_start_reader(stack, folders[first::readers], with_times) for first in range(readers)]
        for index, folder in enumerate(folders):
            try:
                yield _receive(connections[index % readers])
            except EOFError:  # the reader was killed
                yield _read(folder, with_times)


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


def _start_reader(stack: ExitStack, folders: Sequence[RunFolder], with_times: bool) -> Connection:
    """Starts a reader of `folders`, stopped with `stack`; returns the connection that delivers its runs."""
    ours, theirs = os.pipe()
    request = {
        "folders": [(str(one.results), one.dataset, one.tracker, one.protocol) for one in folders],
        "with_times": with_times,
    }
    # Not multiprocessing, which would run a user's script again. A new session, because this process handles
    # Ctrl-C. Each side holds its own end only, so that it notices when the other is gone.
    reader = subprocess.Popen(
        [*python_command(__name__), str(theirs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        pass_fds=(theirs,),
        start_new_session=True,
        text=True,
    )
    os.close(theirs)
    connection = Connection(ours, writable=False)
    stack.callback(reader.wait)
    stack.callback(reader.kill)
    stack.callback(connection.close)
    with suppress(BrokenPipeError), cast("IO[str]", reader.stdin) as stdin:
        json.dump(request, stdin)
    return connection


def main() -> int:
    """Runs a reader; the pipe blocks it until its runs are received."""
    request = json.load(sys.stdin)
    connection = Connection(int(sys.argv[1]), readable=False)
    with suppress(BrokenPipeError):
        for results, *names in request["folders"]:
            run = _read(RunFolder(Path(results), *names), request["with_times"])
            if isinstance(run, UserError):
                connection.send(run)
                continue
            # One sequence after the other: a long run in one message would take twice its memory.
            connection.send(replace(run, trajectories={}))
            for item in (*run.trajectories.items(), None):
                connection.send(item)
    return 0


def _read(folder: RunFolder, with_times: bool) -> RunResults | UserError:
    try:
        return read_folder(folder, with_times)
    except UserError as error:
        return error
