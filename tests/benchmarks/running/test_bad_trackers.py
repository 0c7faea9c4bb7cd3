"""Trackers that fail in one of three sequences: the others finish, and no process or file is left."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cli.main import main
from benchmarks.store import RunFolder
from trackers.external.protocols import frame_files

# The same faults in an isolated class and in a program. Only the frames of sequence "down" are all 77: its
# second update fails.
CLASS = """
import ctypes, os, signal, sys, time
import numpy as np
from trackers import Tracker

class Bad(Tracker):
    def __init__(self, how: str): self.how = how
    def init(self, frame, box):
        self.box, self.count, self.marked = box, 0, bool((frame == 77).all())
    def update(self, frame):
        self.count += 1
        return getattr(self, self.how)() if self.marked and self.count == 2 else self.box
    def raises(self): raise RuntimeError("out of luck")
    def hangs(self): time.sleep(600)
    def hangs_deaf(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)
    def exits(self): os._exit(3)
    def exits_well(self): os._exit(0)
    def aborts(self):
        print("a last word", file=sys.stderr, flush=True); os.abort()
    def segfaults(self): ctypes.string_at(0)
    def nans(self): return [1, float("nan"), 3, 4]
    def strings(self): return ["1", "2", "3", "4"]
    def text(self): return "nowhere"
    def shape(self): return [[1, 2, 3, 4]]
    def negative(self): return [1, 2, -3, 4]
    def huge(self): return [0, 0, 1e12, 1e12]
    def endless(self): return 10 ** 400
    def prints(self):
        print("x" * 100, flush=True); return self.box
    def eats(self):
        kept = []
        while True: kept.append(np.ones(10_000_000, np.uint8)); time.sleep(0.002)
    def forks(self):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0: time.sleep(600)
            os._exit(0)
        if os.fork() == 0: time.sleep(600)
        os._exit(5)
"""

PROGRAM = """
import json, os, sys, time
how = sys.argv[1]
def say(line): sys.stdout.write(line); sys.stdout.flush()
say('{"ready": 1}\\n')
count = 0
for line in sys.stdin:
    request = json.loads(line)
    if "init" in request:
        marked = set(open(request["init"], "rb").read()[-3000:]) == {77}
        box, count = request["box"], 0
        say("{}\\n")
        continue
    count += 1
    if not (marked and count == 2):
        say(json.dumps({"box": box}) + "\\n")
    elif how == "garbage": say("\\x00\\xff\\x1b[31m garbage\\n")
    elif how == "list": say("[1, 2, 3, 4]\\n")
    elif how == "deep": say("[" * 100_000 + "\\n")
    elif how == "other": say('{"bx": [1, 2, 3, 4]}\\n')
    elif how == "time": say('{"box": [1, 2, 3, 4], "seconds": 1e9}\\n')
    elif how == "time-text": say('{"box": [1, 2, 3, 4], "seconds": "0.1"}\\n')
    elif how == "nan": say('{"box": [NaN, 2, 3, Infinity]}\\n')
    elif how == "error": say('{"error": "no target\\\\nhere"}\\n')
    elif how == "line":
        while True: say("x" * 65536)
    elif how == "lines":
        while True: say('{"box": [1, 2, 3, 4]}\\n' * 1000)
    elif how == "stderr":
        for _ in range(200): sys.stderr.write("e" * 65536)
        sys.exit("\\nthe last line")
    elif how == "stdout": os.close(1); time.sleep(600)
    elif how == "stdin": os.close(0); say(json.dumps({"box": box}) + "\\n"); time.sleep(600)
    elif how == "pipe":
        os.unlink(request["track"]); os.mkfifo(request["track"]); say(json.dumps({"box": box}) + "\\n")
    elif how == "half": say('{"box": [1,'); sys.exit(1)
"""

ONCE = """say(json.dumps({"box": box}) + "\\n"); sys.exit()"""
SLOWLY = """say(json.dumps({"box": box}) + "\\n"); time.sleep(0.3); sys.exit()"""
TWICE = """say((json.dumps({"box": box}) + "\\n") * 2); continue"""


@pytest.fixture
def start(marked_squares: Any, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Runs a faulty tracker over three sequences and returns their records."""
    (tmp_path / "bad.py").write_text(CLASS)
    (tmp_path / "bad_program.py").write_text(PROGRAM)

    def start(tracker: str, *options: str) -> dict[str, Any]:
        words = ["run", "--tracker", tracker.replace("DIR", str(tmp_path)), "--dataset", "squares"]
        words += ["--sequences", "right", "down", "both", "--results", str(tmp_path / "results")]
        words += ["--name", "bad", *options]
        assert main(words) == 1
        manifest = json.loads((tmp_path / "results" / "squares" / "bad" / "ope" / "run.json").read_text())
        records: dict[str, Any] = manifest["sequences"]
        assert records["right"]["status"] == records["both"]["status"] == "ok"
        return records

    return start


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Checks that the test leaves no process of a tracker, not even a detached one, and no frame file."""
    mark = f"SOTBENCH_TEST={tmp_path}"
    monkeypatch.setenv(*mark.split("=", 1))
    (tmp_path / "frames").mkdir()
    monkeypatch.setattr(frame_files, "_SHARED", tmp_path / "frames")
    yield
    assert list(carrying(mark.encode())) == []
    assert list((tmp_path / "frames").iterdir()) == []


def carrying(mark: bytes) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes().split(b"\0"):
                yield int(path.parent.name)
        except OSError:
            continue


@pytest.mark.parametrize(
    ("how", "status", "message"),
    [
        ("raises", "failed", "frame 2: RuntimeError: out of luck"),
        ("hangs", "timeout", "frame 2: the tracker did not answer within 1 s (--frame-timeout)"),
        ("hangs_deaf", "timeout", "frame 2: the tracker did not answer within 1 s (--frame-timeout)"),
        ("exits", "failed", "frame 2: the tracker's process ended with exit status 3"),
        ("exits_well", "failed", "frame 2: the tracker's process ended with exit status 0"),
        ("aborts", "failed", "was killed by signal 6 (Aborted); it wrote: 'a last word'"),
        ("segfaults", "failed", "was killed by signal 11 (Segmentation fault)"),
        ("nans", "invalid", "frame 2: [1.0, nan, 3.0, 4.0] is not a box"),
        ("strings", "invalid", "frame 2: the tracker returned a list: ['1', '2', '3', '4'], not four"),
        ("text", "invalid", "frame 2: the tracker returned a str: 'nowhere', not four numbers"),
        ("shape", "invalid", "frame 2: the tracker returned an array of shape (1, 4), not (4,)"),
        ("negative", "invalid", "frame 2: [1.0, 2.0, -3.0, 4.0] is not a box"),
        ("huge", "invalid", "is not a box: no image reaches beyond 1000000 px"),
        ("endless", "invalid", "frame 2: the tracker returned a int: 1000"),
        ("eats", "failed", "MB of memory, more than the 400 MB that it may"),
        ("forks", "failed", "frame 2: the tracker's process ended with exit status 5"),
    ],
)
def test_tracker_failure_fails_only_its_sequence(
    start: Callable[..., dict[str, Any]], how: str, status: str, message: str
) -> None:
    limits = ["--memory", "0.4", *(["--frame-timeout", "1"] if status == "timeout" else [])]
    record = start("DIR/bad.py:Bad", "--isolate", "--set", f"how={how}", *limits)["down"]
    assert record["status"] == status
    assert message in record["message"]
    assert "\n" not in record["message"]


def test_error_keeps_its_traceback(start: Callable[..., dict[str, Any]]) -> None:
    record = start("DIR/bad.py:Bad", "--isolate", "--set", "how=raises")["down"]
    assert 'raise RuntimeError("out of luck")' in record["traceback"]


def test_tracker_output_is_harmless(
    start: Callable[..., dict[str, Any]], squares: Any, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError):  # no sequence fails
        start("DIR/bad.py:Bad", "--isolate", "--set", "how=prints")
    log = RunFolder(tmp_path / "results", "squares", "bad", "ope").log_path.read_text()
    assert log.startswith("--- ")
    assert "x" * 100 in log


@pytest.mark.parametrize(
    ("how", "status", "message"),
    [
        ("garbage", "invalid", "where a JSON object belongs; messages go to standard error"),
        ("list", "invalid", "'[1, 2, 3, 4]', which is not a JSON object"),
        ("deep", "invalid", "where a JSON object belongs"),
        ("other", "invalid", 'has no "box"'),
        ("time", "invalid", "the tracker claims 1e+09 seconds for an answer that came after"),
        ("time-text", "invalid", "the tracker gave '0.1' as its seconds"),
        ("nan", "invalid", "frame 2: [nan, 2.0, 3.0, inf] is not a box"),
        ("error", "failed", "frame 2: no target here"),
        ("line", "invalid", "the tracker wrote a line of more than 1048576 bytes"),
        ("lines", "invalid", "without being asked"),
        ("stderr", "failed", "ended with exit status 1; it wrote: 'the last line'"),
        ("stdout", "failed", "the tracker's process closed its standard output"),
        ("stdin", "failed", "the tracker's process closed its standard input"),
        ("pipe", "failed", "frame 3: OSError"),
        ("half", "failed", "the tracker's process ended with exit status 1"),
    ],
)
def test_program_failure_fails_only_its_sequence(
    start: Callable[..., dict[str, Any]], how: str, status: str, message: str, tmp_path: Path
) -> None:
    record = start(f"process:{sys.executable} DIR/bad_program.py {how}")["down"]
    assert record["status"] == status
    assert message in record["message"]
    log = RunFolder(tmp_path / "results", "squares", "bad", "ope").log_path
    if how == "stderr":
        assert 256 * 1024 < log.stat().st_size < 300 * 1024
        assert log.read_text().endswith("the last line\n")


@pytest.mark.parametrize("last", [ONCE, SLOWLY, TWICE])
def test_exit_after_last_answer_spares_next_sequence(squares: Any, tmp_path: Path, last: str) -> None:
    program = PROGRAM.replace("count += 1", "count += 1\n    if count == 8 and len(sys.argv) > 1: " + last)
    (tmp_path / "once.py").write_text(program)
    words = ["--dataset", "squares", "--sequences", "down", "both", "--results", str(tmp_path)]
    assert main(["run", "--tracker", f"process:{sys.executable} {tmp_path}/once.py x", *words]) == 1
    record = RunFolder(tmp_path, "squares", "once", "ope").read_manifest()
    assert record
    assert record.sequences["down"].status == "ok"
    assert record.sequences["both"].message.startswith("frame 9: ")


def test_sequence_timeout_also_ends_a_frame(start: Callable[..., dict[str, Any]]) -> None:
    options = ("--isolate", "--set", "how=hangs", "--timeout", "5")
    begin = time.monotonic()
    record = start("DIR/bad.py:Bad", *options)["down"]
    assert record["status"] == "timeout"
    assert time.monotonic() - begin < 30


@pytest.mark.parametrize(
    ("tracker", "message"),
    [
        ("process:./no-such-program", "the program './no-such-program' cannot be started: No such file"),
        ("process:", "names no program"),
        ("process:'", "cannot be split into words"),
        ("process:sh -c 'echo hello >&2; exit 4'", "ended with exit status 4; it wrote: 'hello'"),
        ("process:sleep 60", "did not get ready: it said nothing within 1 s (--start-timeout)"),
        ("process:echo nonsense", "'nonsense' where a JSON object belongs"),
        ("process:echo {}", "first line is '{}', not {\"ready\": 1}"),
        ("""process:echo '{"error": "no GPU here"}'""", "error: no GPU here"),
    ],
)
def test_unstartable_tracker_is_one_sentence(
    squares: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], tracker: str, message: str
) -> None:
    words = ["--dataset", "squares", "--results", str(tmp_path)]
    words += ["--start-timeout", "1"] if "--start-timeout" in message else []
    assert main(["run", "--tracker", tracker, *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert next(line for line in error.splitlines() if message in line).startswith("error: ")


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_interrupted_run_leaves_no_process(squares: Any, tmp_path: Path, kind: signal.Signals) -> None:
    (tmp_path / "bad.py").write_text(CLASS.replace("self.marked and ", ""))
    threading.Timer(2.5, os.kill, (os.getpid(), kind)).start()
    words = ["--isolate", "--set", "how=hangs", "--dataset", "squares", "--results", str(tmp_path)]
    assert main(["run", "--tracker", f"{tmp_path / 'bad.py'}:Bad", *words]) == 130
