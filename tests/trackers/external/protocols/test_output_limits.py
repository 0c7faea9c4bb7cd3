"""Programs with endless output end in one sentence, with bounded time and memory, in both protocols."""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from trackers.catalog import TrackerSpec
from trackers.errors import TrackerError
from trackers.processes.limits import ProcessLimits
from trackers.processes.stderr_log import MAX_LOG_BYTES

PROGRAM = """
import os, sys
protocol, how, when = sys.argv[1:]
def say(line): os.write(1, line)
def flood():
    while True:
        if how == "line": say(b"x" * 65536)
        elif how == "lines": say(b"no answer\\n" * 6000)
        elif how == "binary": say(bytes(range(256)).replace(b"\\n", b"") * 250)
        elif how == "escapes": say(b"\\x1b[2J\\x00\\x07" * 8000 + b"\\n")
        elif how == "numbers": say(b'{"box": [' + b"1," * 30000)
        elif how == "stderr": os.write(2, b"e" * 65536)
        elif how == "stderr-lines": os.write(2, b"e\\n" * 30000)
say(b'{"ready": 1}\\n' if protocol == "process" else b'@@TRAX:hello trax.version=3 trax.image=path;\\n')
sys.stdin.readline()
if when == "init": flood()
say(b"{}\\n" if protocol == "process" else b"@@TRAX:state 1,2,3,4\\n")
sys.stdin.readline()
flood()
"""
FRAME, BOX = np.zeros((48, 64, 3), np.uint8), np.array([1.0, 2, 3, 4])
BOUND = 16 << 20
"""Bytes: a line of 1 MiB, a few copies of it, and other allocations of this process."""


@pytest.fixture
def peak() -> Iterator[None]:
    tracemalloc.start()
    yield
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < BOUND


@pytest.mark.usefixtures("peak")
@pytest.mark.parametrize("protocol", ["process", "trax"])
@pytest.mark.parametrize("when", ["init", "update"])
@pytest.mark.parametrize("how", ["line", "lines", "binary", "escapes", "numbers", "stderr", "stderr-lines"])
def test_endless_output_is_one_sentence(protocol: str, how: str, when: str, tmp_path: Path):
    program, log = tmp_path / "flood.py", tmp_path / "tracker.log"
    program.write_text(PROGRAM)
    command = f"{protocol}:{sys.executable} {program} {protocol} {how} {when}"
    tracker = TrackerSpec(command, limits=ProcessLimits(start_timeout=20, frame_timeout=1)).build(log)
    begin = time.monotonic()
    try:
        with pytest.raises(TrackerError) as error:
            tracker.init(FRAME, BOX)
            if when == "update":
                tracker.update(FRAME)
    finally:
        tracker.dispose()
    assert time.monotonic() - begin < 15
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 400
    assert not log.exists() or log.stat().st_size < 2 * MAX_LOG_BYTES
