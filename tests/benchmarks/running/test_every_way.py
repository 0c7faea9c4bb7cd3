"""Faulty trackers in every mode of running: each fault fails only its own sequence.

The data set has one sequence per fault, and good ones between them, so that one run tries them all.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.cli.main import main

FRAMES = 5

# For each fault, the status of its sequence and a part of the message.
CLASSES = {
    "raises": ("failed", "frame 2: RuntimeError: out of luck"),
    "unspeakable": ("failed", "frame 2: Unspeakable: (its text cannot be had: str() raises ValueError)"),
    "nameless": ("failed", "frame 2: Anonymous: a"),
    "canceled": ("failed", "frame 2: CancelledError: c"),
    "generator_exit": ("failed", "frame 2: GeneratorExit: g"),
    "own_base": ("failed", "frame 2: Own: b"),
    "leaves": ("failed", "frame 2: SystemExit: 0"),
    "many_megabytes": ("failed", "... (50000000 characters)"),
    "escapes": ("failed", r"frame 2: RuntimeError: \x1b[2J\x00\u202e"),
    "grad": ("invalid", "frame 2: the tracker returned a tensor that requires grad: call .detach()"),
    "array_raises": ("invalid", "frame 2: the tracker returned a Raises, which cannot be converted: Own: a"),
    "deep": ("invalid", "frame 2: the tracker returned a list"),
    "text": ("invalid", "frame 2: the tracker returned a str: 'nowhere', not four numbers"),
    "no_numbers": ("invalid", "frame 2: the tracker returned a dict: {}, not four numbers"),
    "shape": ("invalid", "frame 2: the tracker returned an array of shape (1, 4), not (4,)"),
    "partly_nan": ("invalid", "frame 2: [1.0, nan, 3.0, 4.0] is not a box"),
    "negative": ("invalid", "frame 2: [1.0, 2.0, -3.0, 4.0] is not a box"),
    "far": ("invalid", "is not a box: no image reaches beyond 1000000 px"),
    "endless": ("invalid", "frame 2: the tracker returned a int"),
    "closes_stderr": ("ok", ""),
    "moves": ("ok", ""),
    "forks": ("ok", ""),
    "absent": ("ok", ""),
    "polygon": ("ok", ""),
    "claims": ("ok", ""),
    "good": ("ok", ""),
}

CLASS = """
import asyncio, os, sys
import numpy as np
from trackers.tracker import BatchTracker, Tracker

FAULTS = {faults!r}

class Own(BaseException): pass
class Unspeakable(Exception):
    def __str__(self): raise ValueError
class Nameless(type):
    @property
    def __name__(self): raise Own("n")
class Anonymous(Exception, metaclass=Nameless): pass
class Raises:
    def __array__(self, *given, **named): raise Own("a")
    def __repr__(self): raise Own("r")

class Faults:
    def raises(self): raise RuntimeError("out of luck")
    def unspeakable(self): raise Unspeakable
    def nameless(self): raise Anonymous("a")
    def canceled(self): raise asyncio.CancelledError("c")
    def generator_exit(self): raise GeneratorExit("g")
    def own_base(self): raise Own("b")
    def leaves(self): sys.exit(0)
    def many_megabytes(self): raise RuntimeError("x" * 50_000_000)
    def escapes(self): raise RuntimeError("\\x1b[2J\\0\\u202e")
    def grad(self):
        import torch
        return torch.ones(4, requires_grad=True)
    def array_raises(self): return Raises()
    def deep(self):
        answer = []
        for _ in range(100_000): answer = [answer]
        return answer
    def text(self): return "nowhere"
    def no_numbers(self): return {{}}
    def shape(self): return [[1, 2, 3, 4]]
    def partly_nan(self): return [1, float("nan"), 3, 4]
    def negative(self): return [1, 2, -3, 4]
    def far(self): return [0, 0, 1e12, 1e12]
    def endless(self): return 10 ** 5000
    def closes_stderr(self): sys.stderr.close(); return self.box
    def moves(self): os.chdir("/"); return self.box
    def forks(self): os.fork(); return self.box
    def absent(self): return None
    def polygon(self): return [5, 1, 9, 4, 6, 8, 2, 5]
    def claims(self): self.own_seconds = -1; return self.box
    def good(self): return self.box

class Alone(Faults, Tracker):
    def init(self, frame, box): self.box, self.count, self.how = box, 0, FAULTS[frame[0, 0, 0]]
    def update(self, frame):
        self.count += 1
        return getattr(self, self.how)() if self.count == 2 else self.box

class Many(BatchTracker):
    deterministic = True
    def __init__(self, slots: int = 1): self.alone = [Alone() for _ in range(slots)]
    def init(self, slots, frames, boxes):
        for slot, frame, box in zip(slots, frames, boxes): self.alone[slot].init(frame, box)
    def update(self, slots, frames):
        return [self.alone[slot].update(frame) for slot, frame in zip(slots, frames)]
"""


def write_videos(root: Path, faults: Iterable[str]) -> None:
    """Writes a sequence for each fault; its first pixel is the fault's number."""
    rng = np.random.default_rng(0)
    for number, name in enumerate(faults):
        (root / name).mkdir(parents=True)
        for index in range(FRAMES):
            frame = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
            frame[0, 0] = number
            Image.fromarray(frame).save(root / name / f"{index:04}.png")
        (root / name / "groundtruth.txt").write_text("10,8,6,5\n" * FRAMES)
    (root / "sotbench.toml").write_text("one_based = false\n")


@pytest.fixture
def run_tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Runs a tracker over the sequences of all faults and returns their records."""

    def run_tracker(faults: Iterable[str], tracker: str, *options: str) -> dict[str, Any]:
        write_videos(tmp_path / "videos", faults)
        words = ["run", "--tracker", tracker, "--name", "t", "--results", str(tmp_path / "r")]
        words += ["--dataset", "folder", "--data-root", str(tmp_path / "videos"), *options]
        # A tracker that closes standard error closes this file.
        with open(os.devnull, "w") as nowhere, monkeypatch.context() as patch:  # noqa: PTH123
            patch.setattr(sys, "stderr", nowhere)
            status = main(words)
        monkeypatch.chdir(tmp_path)
        assert status == 1
        manifest = (tmp_path / "r" / "folder-videos" / "t" / "ope" / "run.json").read_text()
        records: dict[str, Any] = json.loads(manifest)["sequences"]
        return records

    return run_tracker


def check(records: dict[str, Any], expected: dict[str, tuple[str, str]]) -> None:
    found = {name: (records[name]["status"], records[name]["message"]) for name in expected}
    wrong = {
        name: (found[name], status, part)
        for name, (status, part) in expected.items()
        if found[name][0] != status or part not in found[name][1]
    }
    assert wrong == {}
    for record in records.values():
        assert record["message"].isprintable()
        assert len(record["message"]) < 2500
        assert len(record["traceback"]) < 25_000


@pytest.mark.parametrize(
    "way",
    [
        (),
        ("--isolate",),
        ("--workers", "2"),
        ("--batch", "3"),
        pytest.param(
            ("--ray", "local"),
            marks=pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: sotbench[ray]"),
        ),
    ],
)
def test_class_misbehavior_fails_only_its_sequence(
    run_tracker: Callable[..., dict[str, Any]], tmp_path: Path, way: tuple[str, ...]
) -> None:
    monkeyed = CLASS.format(faults=list(CLASSES))
    (tmp_path / "faults.py").write_text(monkeyed)
    kind = "Many" if "--batch" in way else "Alone"
    check(run_tracker(CLASSES, f"{tmp_path}/faults.py:{kind}", *way), CLASSES)


# For each fault of a program, its output in JSON lines and in TraX (or `!` and the name of a function), and
# the possible statuses of its sequence. None: not possible in that protocol.
PROGRAMS: dict[str, tuple[str | None, str | None, str]] = {
    "garbage": ("\x00\xff\x1b[31m", "\x00\xff\x1b[31m", "invalid timeout"),
    "empty_line": ("", "", "invalid timeout"),
    "binary": ("\x80\x81", "\x80\x81", "invalid timeout"),
    "list": ("[1, 2, 3, 4]", "1,2,3,4", "invalid timeout"),
    "deep": ("[" * 100_000, "@@TRAX:state " + "[" * 100_000, "invalid"),
    "other_key": ('{"bx": [1, 2, 3, 4]}', '@@TRAX:state "bx=1,2,3,4"', "invalid"),
    "no_arguments": ("{}", "@@TRAX:state", "invalid"),
    "two_arguments": ('{"box": [1, 2, 3, 4], "box": 5}', '@@TRAX:state "1,2,3,4" "1,2,3,4"', "invalid"),
    "unknown_word": ('"state"', "@@TRAX:stat 1,2,3,4", "invalid timeout"),
    "greets_again": ('{"ready": 1}', "@@TRAX:hello", "invalid"),
    "trailing": ('{"box": [1, 2, 3, 4]} x', "@@TRAX:state 1,2,3,4 x", "invalid"),
    "partly_nan": ('{"box": [NaN, 2, 3, 4]}', "@@TRAX:state nan,2,3,4", "invalid"),
    "infinite": ('{"box": [1, 2, Infinity, 4]}', "@@TRAX:state 1,2,inf,4", "invalid"),
    "negative": ('{"box": [1, 2, -3, 4]}', "@@TRAX:state 1,2,-3,4", "invalid"),
    "far": ('{"box": [1, 2, 1e12, 4]}', "@@TRAX:state 1,2,1e12,4", "invalid"),
    "beyond_floats": ('{"box": [1, 2, 1e999, 4]}', "@@TRAX:state 1,2,1e999,4", "invalid"),
    "thousands_of_digits": (
        '{"box": [1, 2, ' + "9" * 5000 + ", 4]}",
        "@@TRAX:state 1,2," + "9" * 5000 + ",4",
        "invalid",
    ),
    "underscores": ('{"box": [1_0, 2, 3, 4]}', "@@TRAX:state 1_0,2,3,4", "invalid"),
    "words": ('{"box": ["1", "2", "3", "4"]}', "@@TRAX:state a,b,c,d", "invalid"),
    "text": ('{"box": "nowhere"}', "@@TRAX:state nowhere", "invalid"),
    "three": ('{"box": [1, 2, 3]}', "@@TRAX:state 1,2,3", "invalid"),
    "five": ('{"box": [1, 2, 3, 4, 5]}', "@@TRAX:state 1,2,3,4,5", "invalid"),
    "nothing_between": ('{"box": []}', "@@TRAX:state ,,,", "invalid"),
    "true": ('{"box": true}', "@@TRAX:state true", "invalid"),
    "object": ('{"box": {"x": 1}}', "@@TRAX:state {x:1}", "invalid"),
    "mask": ('{"box": [[0, 1], [1, 1]]}', "@@TRAX:state m0,0,2,2,1,3", "invalid"),
    "far_polygon": ('{"box": [1, 2, 3, 4, 5, 6, 7, 1e9]}', "@@TRAX:state 1,2,3,4,5,6,7,1e9", "invalid"),
    "nan_polygon": ('{"box": [1, 2, 3, 4, 5, 6, 7, NaN]}', "@@TRAX:state 1,2,3,4,5,6,7,nan", "invalid"),
    "late_claim": (
        '{"box": [1, 2, 3, 4], "seconds": 1e9}',
        "@@TRAX:state 1,2,3,4 sotbench.seconds=1e9",
        "invalid",
    ),
    "negative_claim": (
        '{"box": [1, 2, 3, 4], "seconds": -1}',
        "@@TRAX:state 1,2,3,4 sotbench.seconds=-1",
        "invalid",
    ),
    "nan_claim": (
        '{"box": [1, 2, 3, 4], "seconds": NaN}',
        "@@TRAX:state 1,2,3,4 sotbench.seconds=nan",
        "invalid",
    ),
    "word_claim": (
        '{"box": [1, 2, 3, 4], "seconds": "soon"}',
        "@@TRAX:state 1,2,3,4 sotbench.seconds=soon",
        "invalid",
    ),
    "endless_claim": (
        '{"box": [1, 2, 3, 4], "seconds": ' + "9" * 400 + "}",
        "@@TRAX:state 1,2,3,4 sotbench.seconds=" + "9" * 400,
        "invalid",
    ),
    "error": ('{"error": "no target\\nhere"}', '@@TRAX:quit "trax.reason=no target\\nhere"', "failed"),
    "wordless_error": ('{"error": ""}', "@@TRAX:quit", "failed"),
    "error_with_escapes": (
        '{"error": "\\u001b[2J\\u202e"}',
        '@@TRAX:quit "trax.reason=\x1b[2J\u202e"',
        "failed",
    ),
    "long_error": (
        '{"error": "' + "e" * 100_000 + '"}',
        '@@TRAX:quit "trax.reason=' + "e" * 100_000 + '"',
        "failed",
    ),
    "twice": ("!twice", "!twice", "invalid"),
    "line_without_end": ("!endless_line", "!endless_line", "invalid"),
    "lines_without_end": ("!endless_lines", "!endless_lines", "invalid"),
    "drips": ("!drips", "!drips", "timeout"),
    "half_and_gone": ("!half", "!half", "failed"),
    "ends_well": ("!ends0", "!ends0", "failed"),
    "ends_badly": ("!ends3", "!ends3", "failed"),
    "aborts": ("!aborts", "!aborts", "failed"),
    "hangs": ("!hangs", "!hangs", "timeout"),
    "hangs_deaf": ("!deaf", "!deaf", "timeout"),
    "closes_output": ("!closes1", "!closes1", "failed timeout"),
    "closes_input": ("!closes0", "!closes0", "failed"),
    "floods_stderr": ("!floods2", "!floods2", "failed"),
    "leaves_a_child": ("!leaves_child", "!leaves_child", "failed"),
    "eats": ("!eats", "!eats", "failed"),
    "frame_becomes_a_pipe": ("!pipes", None, "failed"),
    "removes_its_frame": ("!removes", None, "ok"),
    "moves": ("!moves", "!moves", "ok"),
    "carriage_returns": ('{"box": [1, 2, 3, 4]}\r', "@@TRAX:state 1,2,3,4\r", "ok"),
    "absent": ('{"box": null}', "@@TRAX:state 0", "ok"),
    "polygon": ('{"box": [5, 1, 9, 4, 6, 8, 2, 5]}', "@@TRAX:state 5,1,9,4,6,8,2,5", "ok"),
    "corners": ('{"box": [[5, 1], [9, 4], [6, 8]]}', "@@TRAX:state 5,1,9,4,6,8", "ok"),
    "good": ('{"box": [1, 2, 3, 4]}', "@@TRAX:state 1,2,3,4", "ok"),
}

PROGRAM = """
import base64, json, os, signal, subprocess, sys, time

protocol, faults = sys.argv[1], json.load(open(sys.argv[2]))
answer = '{"box": [1, 2, 3, 4]}' if protocol == "json" else "@@TRAX:state 1,2,3,4"

def say(line, end="\\n"):
    sys.stdout.buffer.write((line + end).encode("latin-1" if max(line, default="a") < "\\u0100" else "utf-8"))
    sys.stdout.flush()

def endless_line():
    while True: say("x" * 65536, "")
def endless_lines():
    while True: say("\\n".join([answer] * 1000))
def twice(): say(answer + "\\n" + answer)
def drips():
    while True: say(" ", ""); time.sleep(0.1)
def half(): say(answer[:12], ""); sys.exit(1)
def ends0(): sys.exit(0)
def ends3(): sys.exit(3)
def aborts(): os.abort()
def hangs(): time.sleep(600)
def deaf(): signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)
def closes1(): os.close(1); time.sleep(600)
def closes0(): os.close(0); say(answer); time.sleep(600)
def floods2():
    for _ in range(50): sys.stderr.write("e" * 65536)
    sys.exit(1)
def leaves_child():
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    os._exit(5)
def eats():
    kept = []
    while True: kept.append(b"x" * 10_000_000)
def pipes(): os.unlink(frame); os.mkfifo(frame); say(answer)
def removes(): os.unlink(frame); say(answer)
def moves(): os.chdir("/"); say(answer)

hello = "@@TRAX:hello trax.version=3 trax.image=memory; trax.region=polygon;rectangle;"
say('{"ready": 1}' if protocol == "json" else hello)
for line in sys.stdin.buffer:
    if protocol == "json":
        request = json.loads(line)
        frame = request.get("init") or request["track"]
        starts, first = "init" in request, open(frame, "rb").read()[-24 * 32 * 3]
    else:
        words = line.decode().strip().split(" ")
        if words[0] == "@@TRAX:quit": break
        starts = words[0] == "@@TRAX:initialize"
        first = base64.b64decode(words[1].strip('"').split(";")[3])[0]
    count = 0 if starts else count + 1
    what = faults[first]
    if starts or count != 2: say("{}" if protocol == "json" and starts else answer)
    elif what.startswith("!"): globals()[what[1:]]()
    else: say(what)
"""


@pytest.mark.parametrize("protocol", ["json", "trax"])
def test_program_misbehavior_fails_only_its_sequence(
    run_tracker: Callable[..., dict[str, Any]], tmp_path: Path, protocol: str
) -> None:
    column = 0 if protocol == "json" else 1
    faults = {name: row for name, row in PROGRAMS.items() if row[column] is not None}
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "faults.json").write_text(json.dumps([row[column] for row in faults.values()]))
    command = f"{sys.executable} {tmp_path}/program.py {protocol} {tmp_path}/faults.json"
    way = "process" if protocol == "json" else "trax"
    records = run_tracker(faults, f"{way}:{command}", "--frame-timeout", "3", "--memory", "0.4")
    found = {name: record["status"] for name, record in records.items()}
    assert {name: status for name, status in found.items() if status not in faults[name][2].split()} == {}
    check(records, {name: (found[name], "") for name in faults})
    assert "no target here" in records["error"]["message"]
    assert len(records["long_error"]["message"]) < 2500
