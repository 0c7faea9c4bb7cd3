"""Many runs read by processes of their own, while the first are already being scored.

Turning text into numbers is most of what scoring costs, and for many trackers it is done several at once.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection

from benchmarks.store.folder import RunFolder
from benchmarks.store.runs import Run, read_folder
from trackers.errors import UserError

WORTH_IT = 1_000_000
"""Bytes of manifests, some two thousand sequences, from which on the time in which readers start pays."""
MOST_READERS = 8


def read_each(folders: Sequence[RunFolder], with_times: bool = True) -> Iterator[Run | UserError]:
    """Reads runs one by one, each as `read_folder` does, or gives the error that it raised.

    Args:
        folders: where they lie.
        with_times: whether times are wanted; otherwise they are NaN.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    readers = min(cores, MOST_READERS, len(folders))
    if readers < 2 or sum(map(_manifest_size, folders)) < WORTH_IT:
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


def _received(end: Connection) -> Run | UserError:
    run: Run | UserError = end.recv()
    if isinstance(run, Run):
        while (held := end.recv()) is not None:
            name, trajectories = held
            run.trajectories[name] = trajectories
    return run


def _start(stack: ExitStack, folders: Sequence[RunFolder], with_times: bool) -> Connection:
    """Starts a reader of `folders`, which ends with `stack`; returns where its runs arrive."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    reader = context.Process(target=_read_all, args=(theirs, folders, with_times), daemon=True)
    reader.start()
    # Whoever is left alone then knows it: each side has the other's end no more.
    theirs.close()
    stack.callback(reader.join)
    stack.callback(reader.terminate)
    stack.callback(ours.close)
    return ours


def _read_all(end: Connection, folders: Sequence[RunFolder], with_times: bool) -> None:
    """What a reader does; the pipe holds it back while nobody takes its runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is answered by who started it
    try:
        for folder in folders:
            run = _read(folder, with_times)
            if isinstance(run, UserError):
                end.send(run)
                continue
            # One sequence after the other: a long run as one message would take its memory twice.
            end.send(replace(run, trajectories={}))
            for held in (*run.trajectories.items(), None):
                end.send(held)
    except BrokenPipeError:
        return


def _read(folder: RunFolder, with_times: bool) -> Run | UserError:
    try:
        return read_folder(folder, with_times)
    except UserError as error:
        return error
