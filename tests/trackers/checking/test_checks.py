"""The conformance test, on trackers that break one rule each and on trackers that break none."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from trackers.__main__ import main
from trackers.checking import checks
from trackers.checking.synthetic import SyntheticSequence, blank_frame, edge_boxes

BAD = """
import os, random, time
import numpy as np
from trackers import Tracker

class Fine(Tracker):
    deterministic = True
    def init(self, frame, box): self.box = np.array(box)
    def update(self, frame): return self.box

class Quiet(Fine): deterministic = False

class Draws(Fine):
    deterministic = False
    def update(self, frame): return self.box + [random.random(), 0, 0, 0]

class Lies(Draws): deterministic = True

class Clock(Fine):
    deterministic = False
    def init(self, frame, box):
        super().init(frame, box); self.rng = random.Random(int(time.time()))
    def update(self, frame): return self.box + [self.rng.random(), 0, 0, 0]

class Remembers(Fine):
    seen = 0
    def init(self, frame, box): super().init(frame, box); self.seen += 1
    def update(self, frame): return self.box + [self.seen, 0, 0, 0]

class Leaks(Fine):
    def __init__(self): self.kept = []
    def update(self, frame): self.kept.append(frame.copy()); return self.box

class Writes(Fine):
    def update(self, frame): frame[0, 0, 0] ^= 1; return self.box

class Moves(Fine):
    def __init__(self): os.chdir("/")

class MovesLate(Fine):
    def update(self, frame): os.chdir("/"); return self.box

class Loses(Fine):
    def init(self, frame, box): super().init(frame, box); self.count = 0
    def update(self, frame): self.count += 1; return None if self.count % 3 == 0 else self.box

class FearsEdges(Fine):
    def init(self, frame, box):
        if (box[:2] < 0).any(): raise IndexError("outside")
        super().init(frame, box)

class FearsBlank(Fine):
    def update(self, frame):
        if (frame == frame[0, 0]).all(): return [float("nan"), 1, 1, 1]
        return self.box

class OneSize(Fine):
    shape = None
    def init(self, frame, box):
        super().init(frame, box)
        self.shape = self.shape or frame.shape
        if self.shape[0] > 4 * frame.shape[0]: raise ValueError("too small")

class Dies(Fine):
    def update(self, frame): os._exit(7)

class Hangs(Fine):
    def update(self, frame): time.sleep(60)

class Invalid(Fine):
    def update(self, frame): return [1, 2, -3, 4]
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MEMORY_FRAMES", 90)
    monkeypatch.setattr(checks, "FRAMES", 12)
    monkeypatch.setattr(checks, "SPEED_FRAMES", 4)


def check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, *words: str
) -> tuple[int, list[str]]:
    (tmp_path / "bad.py").write_text(BAD)
    status = main(["check", name.replace("DIR", str(tmp_path)), *words])
    return status, capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Lies", "VIOLATION  repeats    declared deterministic, but boxes differ by up to"),
        ("Remembers", "VIOLATION  forgets    boxes differ by up to 2 px after another sequence"),
        ("Leaks", "VIOLATION  memory "),
        ("Writes", "VIOLATION  input      it writes into its frames; work on a copy"),
        ("Moves", "VIOLATION  directory  it changes the working directory, to /; open files by"),
        ("MovesLate", "VIOLATION  directory  it changes the working directory, to /; open files by"),
        (
            "FearsEdges",
            "VIOLATION  edges      an initial box half beyond the top left corner: frame 0: IndexError",
        ),
        ("FearsBlank", "VIOLATION  gray       frame 1: [nan, 1.0, 1.0, 1.0] is not a box"),
        ("OneSize", "VIOLATION  one frame  frame 0: ValueError: too small"),
        ("Dies", "VIOLATION  follows    frame 1: the tracker's process ended with exit status 7"),
        ("Hangs", "VIOLATION  follows    frame 1: the tracker did not answer within 1 s"),
        ("Invalid", "VIOLATION  follows    frame 1: [1.0, 2.0, -3.0, 4.0] is not a box"),
    ],
)
def test_violation_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, expected: str
) -> None:
    limit = ["--frame-timeout", "1"] if name == "Hangs" else []
    status, lines = check(tmp_path, capsys, f"DIR/bad.py:{name}", *limit)
    assert status == 1
    assert [line for line in lines if line.startswith("VIOLATION")] == [
        line for line in lines if line.startswith(expected)
    ]
    assert lines[-1].endswith("1 to fix")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Fine", "ok         repeats    deterministic"),
        ("Loses", "ok         repeats    deterministic"),
        ("Quiet", "note       repeats    deterministic but not declared so"),
        ("Draws", "ok         repeats    random, but reproducible with the same seed"),
        ("Clock", "note       repeats    not deterministic: with the same seed, boxes differ"),
    ],
)
def test_no_violation_exits_with_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, expected: str
) -> None:
    status, lines = check(tmp_path, capsys, f"DIR/bad.py:{name}")
    assert status == 0
    assert any(line.startswith(expected) for line in lines)
    assert lines[-1].endswith("no violations")
    assert any("FPS" in line for line in lines)


def test_program_that_changes_frame_file_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "writes.py").write_text(
        "import json, sys\n"
        'print(\'{"ready": 1, "deterministic": true}\', flush=True)\n'
        "for line in sys.stdin:\n"
        "    request = json.loads(line)\n"
        '    box = request.get("box", [1, 2, 3, 4])\n'
        '    path = request.get("init") or request["track"]\n'
        '    with open(path, "r+b") as file: file.seek(100); file.write(b"x")\n'
        '    print(json.dumps({"box": box}), flush=True)\n'
    )
    status, lines = check(tmp_path, capsys, f"process:{sys.executable} DIR/writes.py")
    assert status == 1
    assert [line[:20] for line in lines if line.startswith("VIOLATION")] == ["VIOLATION  input    "]


def test_user_errors_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "nccc"]) == 2
    assert "did you mean 'ncc'" in capsys.readouterr().err
    with pytest.raises(SystemExit) as usage:
        main(["check"])
    assert usage.value.code == 2


def test_synthetic_target_moves_and_stays_inside() -> None:
    scene = SyntheticSequence()
    boxes = np.array([scene.box(index) for index in range(200)])
    steps = np.abs(np.diff(boxes[:, :2], axis=0))
    assert 0 < steps.max() < 12
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, :2] + boxes[:, 2:] <= [320, 240]).all()
    np.testing.assert_array_equal(scene.frame(3), scene.frame(3))
    x, y, w, h = scene.box(7).astype(int)
    x_8, y_8 = scene.box(8)[:2].astype(int)
    np.testing.assert_array_equal(
        scene.frame(7)[y : y + h, x : x + w], scene.frame(8)[y_8 : y_8 + h, x_8 : x_8 + w]
    )
    gray = SyntheticSequence(gray=True).frame(0)
    assert (gray == gray[:, :, :1]).all()
    assert blank_frame(4, 3).shape == (3, 4, 3)
    assert all(box.shape == (4,) for box in edge_boxes(320, 240).values())
