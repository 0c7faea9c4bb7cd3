"""Many runs read by processes of their own, while the first are already being scored.

Turning text into numbers is most of what scoring costs, and for many trackers it is done several at once.
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

from benchmarks.store.run_folder import RunFolder
from benchmarks.store.runs import RunResults, read_folder
from trackers.errors import UserError
from trackers.processes.child_process import python_command

MIN_PARALLEL_BYTES = 1_000_000
"""Bytes of manifests, some two thousand sequences, from which on the time in which readers start pays."""
MOST_READERS = 8


def read_runs_parallel(
    folders: Sequence[RunFolder], with_times: bool = True
) -> Iterator[RunResults | UserError]:
    """Reads runs one by one, each as `read_folder` does, or gives the error that it raised.

    Args:
        folders: where they lie.
        with_times: whether times are wanted; otherwise they are NaN.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    readers = min(cores, MOST_READERS, len(folders))
    if readers < 2 or sum(map(_manifest_size, folders)) < MIN_PARALLEL_BYTES:
        for folder in folders:
            yield _read(folder, with_times)
        return
    with ExitStack() as stack:
        ends = [_start(stack, folders[first::readers], with_times) for first in range(readers)]
        for place, folder in enumerate(folders):
            try:
                yield _received(ends[place % readers])
            except EOFError:  # the reader was killed
                yield _read(folder, with_times)


def _manifest_size(folder: RunFolder) -> int:
    try:
        return folder.manifest_path.stat().st_size
    except OSError:
        return 0


def _received(end: Connection) -> RunResults | UserError:
    run: RunResults | UserError = end.recv()
    if isinstance(run, RunResults):
        while (held := end.recv()) is not None:
            name, trajectories = held
            run.trajectories[name] = trajectories
    return run


def _start(stack: ExitStack, folders: Sequence[RunFolder], with_times: bool) -> Connection:
    """Starts a reader of `folders`, which ends with `stack`; returns where its runs arrive."""
    ours, theirs = os.pipe()
    wanted = {
        "folders": [(str(one.results), one.dataset, one.tracker, one.protocol) for one in folders],
        "with_times": with_times,
    }
    # Not by multiprocessing, which would run a user's script anew; a session of its own, because Ctrl-C is
    # answered by who started it. Each side has its own end alone, so that whoever is left knows it.
    reader = subprocess.Popen(
        [*python_command(__name__), str(theirs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        pass_fds=(theirs,),
        start_new_session=True,
        text=True,
    )
    os.close(theirs)
    end = Connection(ours, writable=False)
    stack.callback(reader.wait)
    stack.callback(reader.kill)
    stack.callback(end.close)
    with suppress(BrokenPipeError), cast("IO[str]", reader.stdin) as words:
        json.dump(wanted, words)
    return end


def main() -> int:
    """What a reader does; the pipe holds it back while nobody takes its runs."""
    wanted = json.load(sys.stdin)
    end = Connection(int(sys.argv[1]), readable=False)
    with suppress(BrokenPipeError):
        for results, *names in wanted["folders"]:
            run = _read(RunFolder(Path(results), *names), wanted["with_times"])
            if isinstance(run, UserError):
                end.send(run)
                continue
            # One sequence after the other: a long run as one message would take its memory twice.
            end.send(replace(run, trajectories={}))
            for held in (*run.trajectories.items(), None):
                end.send(held)
    return 0


def _read(folder: RunFolder, with_times: bool) -> RunResults | UserError:
    try:
        return read_folder(folder, with_times)
    except UserError as error:
        return error
