"""Reported absence of the target is stored, scored and exported, in every mode of running."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset
from benchmarks.scoring import choose_profiles, score_run
from benchmarks.store import RunResults, read_run
from trackers.errors import UserError

CLASSES = """
import numpy as np
from trackers.tracker import BatchTracker, Tracker

def answer(how, box):
    return {"nothing": None, "nan": [float("nan")] * 4, "pair": (False, box), "dict": {"box": None},
            "always": None, "array": np.full(4, np.nan, np.float32)}[how]

class Loses(Tracker):
    def __init__(self, how: str = "nothing"): self.how = how
    def init(self, frame, box): self.box, self.count = np.array(box), 0
    def update(self, frame):
        self.count += 1
        if self.how == "always": return None
        self.box = self.box + [1.0, 0, 0, 0]
        return answer(self.how, self.box) if self.count % 5 in (3, 4) else self.box


class Many(BatchTracker):
    deterministic = True
    def __init__(self, slots: int = 1): self.boxes, self.counts = np.zeros((slots, 4)), np.zeros(slots, int)
    def init(self, slots, frames, boxes): self.boxes[slots], self.counts[slots] = boxes, 0
    def update(self, slots, frames):
        self.counts[slots] += 1
        self.boxes[slots] += [1.0, 0, 0, 0]
        lost = np.isin(self.counts[slots] % 5, (3, 4))[:, None]
        return np.where(lost, np.nan, self.boxes[slots])
"""

PROGRAM = """
import json, sys
print('{"ready": 1}', flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "init" in request: box, count = request["box"], 0
    else:
        count += 1
        box[0] += 1.0
    lost = "track" in request and count % 5 in (3, 4)
    print(json.dumps({"box": None if lost else box}), flush=True)
"""

SERVER = """
import sys
def say(words): print("@@TRAX:" + words, flush=True)
say('hello trax.version=3 trax.region=rectangle; trax.image=path;')
for line in sys.stdin:
    words = line.strip().replace('"', "").split(" ")
    if words[0] == "@@TRAX:quit": break
    if words[0] == "@@TRAX:initialize": box, count = [float(word) for word in words[2].split(",")], 0
    else:
        count += 1
        box[0] += 1.0
    lost = words[0] == "@@TRAX:frame" and count % 5 in (3, 4)
    say("state " + ("0" if lost else ",".join(map(str, box))))
"""


@pytest.fixture
def run_tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunResults]:
    """Runs a tracker over one sequence of the demo."""
    for name, text in (("loses.py", CLASSES), ("program.py", PROGRAM), ("server.py", SERVER)):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)

    def run_tracker(tracker: str, *options: str, protocol: str = "ope") -> RunResults:
        words = ["--tracker", tracker, "--dataset", "demo", "--results", "r", "--name", "t", "--overwrite"]
        assert main(["run", *words, "--sequences", "easy", "--protocol", protocol, *options]) == 0
        return read_run(tmp_path / "r", "demo", "t", protocol)

    return run_tracker


def lost_frames() -> Any:
    count = np.arange(60)
    return (count > 0) & np.isin(count % 5, (3, 4))


@pytest.mark.parametrize(
    ("tracker", "options"),
    [
        ("loses.py:Loses", ["--set", "how=nothing"]),
        ("loses.py:Loses", ["--set", "how=nan"]),
        ("loses.py:Loses", ["--set", "how=pair"]),
        ("loses.py:Loses", ["--set", "how=dict"]),
        ("loses.py:Loses", ["--set", "how=array"]),
        ("loses.py:Loses", ["--isolate", "--set", "how=nothing"]),
        ("loses.py:Loses", ["--isolate", "--set", "how=pair"]),
        ("loses.py:Loses", ["--workers", "2"]),
        ("loses.py:Many", ["--batch", "2"]),
        (f"process:{sys.executable} program.py", []),
        (f"trax:{sys.executable} server.py", []),
    ],
)
def test_absence_is_stored_in_every_mode(
    run_tracker: Callable[..., RunResults], tracker: str, options: list[str]
) -> None:
    [trajectory] = run_tracker(tracker, *options).trajectories["easy"]
    first = open_dataset("demo", None)["easy"].truth[0]
    expected = first + np.arange(60)[:, None] * [1.0, 0, 0, 0]
    expected[lost_frames()] = np.nan
    np.testing.assert_allclose(trajectory.boxes, expected, rtol=1e-9)
    rows = Path("r/demo/t/ope/easy.txt").read_text().splitlines()
    assert [row == "nan,nan,nan,nan" for row in rows] == lost_frames().tolist()


def test_always_absent_tracker_gets_a_warning(
    run_tracker: Callable[..., RunResults], capsys: pytest.CaptureFixture[str]
) -> None:
    run_tracker("loses.py:Loses", "--set", "how=always")
    said = "easy: the tracker reported the target as absent in every frame; does its update() return the box?"
    assert capsys.readouterr().err.count(said) == 1


def replaced(run: RunResults, boxes: Any) -> RunResults:
    """Returns the run with other boxes."""
    from dataclasses import replace

    [trajectory] = run.trajectories["easy"]
    return replace(run, trajectories={"easy": [replace(trajectory, boxes=boxes)]})


@pytest.mark.parametrize("name", ["otb", "tc128", "lasot", "got10k", "pysot", "pytracking"])
def test_absence_is_scored_like_the_toolkit(run_tracker: Callable[..., RunResults], name: str) -> None:
    run = run_tracker("loses.py:Loses")
    demo = open_dataset("demo", None)
    [profile] = choose_profiles(name, "demo", "ope")
    if name == "pytracking":
        with pytest.raises(UserError, match=r"the box of frame 4 is not a number .* use another --profile"):
            score_run(run, demo, profile)
        return
    [trajectory] = run.trajectories["easy"]
    there = trajectory.boxes.copy()
    if name == "lasot":  # holds the last box
        for row in np.flatnonzero(lost_frames()):
            there[row] = there[row - 1]
    else:  # no box overlaps or is near
        there[lost_frames()] = [-9e5, -9e5, 1, 1]
    assert score_run(run, demo, profile).records() == score_run(replaced(run, there), demo, profile).records()


@pytest.mark.parametrize("protocol", ["supervised", "unsupervised"])
def test_absence_under_vot_has_no_overlap(run_tracker: Callable[..., RunResults], protocol: str) -> None:
    [first, *_] = run_tracker("loses.py:Loses", protocol=protocol).trajectories["easy"]
    if protocol == "unsupervised":
        assert np.isnan(first.boxes).all(axis=1).tolist() == lost_frames().tolist()
        run, demo = read_run(Path("r"), "demo", "t", protocol), open_dataset("demo", None)
        [profile] = choose_profiles("vot-toolkit", "demo", protocol)
        [trajectory] = run.trajectories["easy"]
        there = trajectory.boxes.copy()
        there[lost_frames()] = [-9e5, -9e5, 1, 1]
        scores = [score_run(one, demo, profile).records() for one in (run, replaced(run, there))]
        assert scores[0] == scores[1]
        return
    # Initialization, two tracked frames, a failure, and initialization again five frames later.
    assert first.codes is not None
    assert first.codes[:16].tolist() == [1, 3, 3, 2, 0, 0, 0, 0, 1, 3, 3, 2, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("form", "protocol", "file", "written"),
    [
        ("got10k", "ope", "t/easy.txt", "nan,nan,nan,nan"),
        ("pysot", "ope", "t/easy.txt", "nan,nan,nan,nan"),
        ("txt", "ope", "easy_t.txt", "nan,nan,nan,nan"),
        ("pytracking", "ope", "t/easy.txt", "0.0\t0.0\t0.0\t0.0"),
        ("vot", "unsupervised", "t/unsupervised/easy/easy_001.txt", "0"),
    ],
)
def test_absence_is_exported_in_each_format(
    run_tracker: Callable[..., RunResults], form: str, protocol: str, file: str, written: str
) -> None:
    run_tracker("loses.py:Loses", protocol=protocol)
    words = ["--tracker", "t", "--dataset", "demo", "--results", "r", "--protocol", protocol]
    assert main(["export", "--to", form, *words, "out"]) == 0
    rows = (Path("out") / file).read_text().splitlines()
    assert [row == written for row in rows] == lost_frames().tolist()


def test_absence_is_exported_to_otb_json(run_tracker: Callable[..., RunResults]) -> None:
    run_tracker("loses.py:Loses")
    words = ["--tracker", "t", "--dataset", "demo", "--results", "r"]
    assert main(["export", "--to", "otb-json", *words, "out"]) == 0
    [record] = json.loads(Path("out/OPE/t/easy.json").read_text())
    assert np.isnan(record["res"]).all(axis=1).tolist() == lost_frames().tolist()
