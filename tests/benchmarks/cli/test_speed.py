"""The command `speed`, with real processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.cli.main import main
from benchmarks.speed import read_record

QUICK = ("--sequences", "easy", "--frames", "5", "--warm-up", "1", "--repetitions", "2", "--threads", "1")
TRACKER = """
import os, time
from trackers import Tracker

print("a tracker that talks")

class Waits(Tracker):
    def __init__(self, seconds: float = 0.002): self.seconds = seconds
    def init(self, frame, box): self.box = box
    def update(self, frame):
        time.sleep(self.seconds)
        return self.box

class Fails(Waits):
    def update(self, frame): raise ValueError("out of luck")

class Dies(Waits):
    def update(self, frame): os._exit(3)
"""


@pytest.fixture
def tracker(tmp_path: Path) -> str:
    path = tmp_path / "talks.py"
    path.write_text(TRACKER)
    return str(path)


def speed(tmp_path: Path, *words: str) -> int:
    return main(["speed", *QUICK, "--results", str(tmp_path / "results"), *words])


def test_record_is_stored_and_printed(
    tracker: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert speed(tmp_path, "--tracker", f"{tracker}:Waits", "--set", "seconds=0.005", "--format", "json") == 0
    captured = capfd.readouterr()
    printed = json.loads(captured.out)
    [path] = (tmp_path / "results/speed/Waits").glob("*.json")
    assert f"the record is {path}" in captured.err
    assert "[2/2]" in captured.err
    assert printed == json.loads(path.read_text())
    record = read_record(path)
    assert record.median_ms >= 5
    assert record.fps <= 200
    assert record.fps_low is not None
    assert record.fps_low < record.fps
    assert (record.frames, record.threads, record.settings) == (5, 1, {"seconds": "0.005"})


def test_comparison_with_an_earlier_record(
    tracker: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("--tracker", f"{tracker}:Waits", "--set")
    assert speed(tmp_path, *words, "seconds=0.03", "--name", "slow") == 0
    [path] = (tmp_path / "results/speed/slow").glob("*.json")
    # Other processes on the test machine must not affect the result.
    path.write_text(path.read_text().replace('"busy": true', '"busy": false'))
    capfd.readouterr()
    assert speed(tmp_path, *words, "seconds=0.003", "--against", str(path)) == 0
    captured = capfd.readouterr()
    assert "updates per second [95 % interval]" in captured.out
    assert f"against {path}: " in captured.out
    assert "other differences: tracker: slow, now Waits; settings: " in captured.out
    assert speed(tmp_path, *words, "seconds=0.003", "--against", str(path), "--format", "json") == 0
    compared = json.loads(capfd.readouterr().out)["comparison"]
    assert compared["ratio"] > 3
    assert compared["outcome"] in ("faster", "not comparable")  # the latter if the machine is busy now


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--tracker", "nothing"], "error: there is no tracker 'nothing'"),
        (
            ["--tracker", "{}:Fails"],
            "error: the tracker's speed cannot be measured on easy: frame 1: ValueErr",
        ),
        (["--tracker", "{}:Dies"], "error: the measuring process ended with status 3"),
        (["--tracker", "{}:Waits", "--set", "rate=1"], "has no setting 'rate'"),
        (["--tracker", "still", "--warm-up", "70"], "easy has 60 frames, of which none is left"),
        (["--tracker", "still", "--sequences", "esay"], "error: data set 'demo' has no sequence 'esay' (did"),
        (["--tracker", "still", "--against", "nowhere.json"], "error: nowhere.json: No such file"),
        (["--tracker", "still", "--name", "a/b"], "error: 'a/b' cannot name a results folder"),
        (["--tracker", "still", "--dataset", "otb2015"], "error: data set"),
    ],
)
def test_mistakes_are_one_sentence(
    words: list[str],
    expected: str,
    tracker: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SOTBENCH_DATA", raising=False)
    assert speed(tmp_path, *(word.format(tracker) for word in words)) == 2
    captured = capfd.readouterr()
    assert expected in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("option", ["--frames", "--repetitions", "--threads"])
def test_counts_start_at_one(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["speed", "--tracker", "still", option, "0"])
    assert f"argument {option}: invalid count (1 or more) value: '0'" in capsys.readouterr().err
