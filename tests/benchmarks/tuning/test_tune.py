"""Tuning: trials, resumption, failures, the best settings, and messages."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cli.main import main
from benchmarks.store import RunFolder
from trackers.settings_file import read_settings_file

pytest.importorskip("optuna", reason="Optuna is not installed (extra tune)")

TRACKER = '''
import os
import numpy as np
from trackers import Tracker

class Slide(Tracker):
    """Moves by `step`, up to a fault: the nearer to 2, the better."""

    deterministic = True

    def __init__(self, step: float = 1.0, reach: int = 3, mode: str = "plain", last: float = 4.0):
        if step < 0:
            raise ValueError("step is negative")
        if reach % 2 == 0:
            raise ValueError("reach is even")
        if mode not in ("plain", "interrupt", "fail"):
            raise ValueError(f"there is no mode {mode}")
        if last < step:
            raise ValueError("last is below step")
        self.step, self.mode = step, mode

    def init(self, frame, box):
        self.box = np.array(box)
        self.frames = 0

    def update(self, frame):
        self.frames += 1
        if self.mode == "interrupt" and os.path.exists("interrupt"):
            os.remove("interrupt")
            raise KeyboardInterrupt
        if self.mode == "fail":
            raise RuntimeError("it fails")
        self.box = self.box + [self.step, 0, 0, 0]
        return self.box
'''


@pytest.fixture
def tracker(tmp_path: Path, squares: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slide.py").write_text(TRACKER)
    yield "slide.py:Slide"
    for name in [name for name in sys.modules if name.startswith("sotbench_file_slide")]:
        del sys.modules[name]


def tune(
    tracker: str, *settings: str, trials: int = 6, out: str = "study", more: tuple[str, ...] = ()
) -> int:
    words = ["tune", "--tracker", tracker, "--set", *settings, "--dataset", "squares", "--sequences", "right"]
    return main([*words, "--trials", str(trials), "--out", out, *more])


def proposed(out: str) -> list[str]:
    """Returns the tuned step of each trial, as the runs recorded it."""
    folders = sorted((Path(out) / "results" / "squares").iterdir())
    manifests = [
        RunFolder(Path(out) / "results", "squares", path.name, "ope").read_manifest() for path in folders
    ]
    return [manifest.identity.settings["step"] for manifest in manifests if manifest and manifest.identity]


def test_best_settings_are_found_and_run(tracker: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(tracker, "step=0.0:4.0", trials=12) == 0
    captured = capsys.readouterr()
    assert captured.out == "study/best.toml\n"
    assert "trial 1 of 12: " in captured.err
    assert "step=1\n" in captured.err, "the first trial has the tracker's own settings"
    best = read_settings_file(Path("study/best.toml"))
    assert abs(float(best["step"]) - 2) < abs(1 - 2)
    assert Path("study/tuning.png").read_bytes()[:4] == b"\x89PNG"
    words = ["--tracker", tracker, "--dataset", "squares", "--sequences", "right"]
    assert main(["run", *words, "--settings", "study/best.toml", "--name", "by-file"]) == 0
    assert main(["run", *words, "--set", f"step={best['step']}", "--name", "by-hand"]) == 0
    identities = [
        json.loads(RunFolder(Path("results"), "squares", name, "ope").manifest_path.read_text())["identity"]
        for name in ("by-file", "by-hand")
    ]
    assert identities[0] == identities[1]


def test_set_overrides_the_file_of_settings(tracker: str) -> None:
    Path("mine.toml").write_text('step = 1.5\nmode = "plain"\n')
    words = ["--tracker", tracker, "--dataset", "squares", "--sequences", "right", "--settings", "mine.toml"]
    assert main(["run", *words, "--set", "step=3", "--name", "mixed"]) == 0
    manifest = RunFolder(Path("results"), "squares", "mixed", "ope").read_manifest()
    assert manifest
    assert manifest.identity
    assert manifest.identity.settings == {"mode": "plain", "step": "3"}


def test_interrupted_study_goes_on_as_if_it_had_not_been(
    tracker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune(tracker, "step=0.0:4.0", "mode=interrupt", out="whole") == 0
    assert tune(tracker, "step=0.0:4.0", "mode=interrupt", trials=2, out="parts") == 0
    Path("interrupt").touch()
    assert tune(tracker, "step=0.0:4.0", "mode=interrupt", out="parts") == 130
    assert "interrupted" in capsys.readouterr().err
    assert tune(tracker, "step=0.0:4.0", "mode=interrupt", out="parts") == 0
    assert "trial 2 of" not in capsys.readouterr().err, "finished trials are not run again"
    assert len(proposed("whole")) == 6
    assert proposed("parts") == proposed("whole")
    assert Path("parts/best.toml").read_text() == Path("whole/best.toml").read_text()


def test_failed_trials_are_recorded_and_the_study_goes_on(
    tracker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune(tracker, "mode=fail,plain", "step=0.0:2.0", trials=10) == 0
    error = capsys.readouterr().err
    assert "failed (right: frame 1: RuntimeError: it fails)" in error
    assert "of them failed" in error


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            ["step=-1.0:2.0"],
            "the range -1.0:2.0 of 'step' includes -1.0, which tracker 'slide.py:Slide' does",
        ),
        (["step=0.0:2.0", "mode=plain,odd"], "the range plain,odd of 'mode' includes odd, which tracker"),
        (["step=0.0:2.0", "reach=1:9"], "the range 1:9 of 'reach' includes 2, which tracker"),
        (["step=0.0:2.0", "mode=odd"], "ValueError: there is no mode odd"),
    ],
)
def test_values_that_the_tracker_refuses_are_found_before_the_first_trial(
    tracker: str, capsys: pytest.CaptureFixture[str], settings: list[str], message: str
) -> None:
    assert tune(tracker, *settings) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not Path("study").exists()


def test_setting_bound_by_another_one_is_accepted(tracker: str) -> None:
    """`last` must be above `step`, so neither range is accepted with the default of the other alone."""
    assert tune(tracker, "step=0.0:4.0", "last=2.0:9.0", trials=1) == 0


def test_suggested_command_runs_as_it_is_printed(tracker: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(tracker, "step=0.0:4.0", trials=1, out="my study") == 0
    [command] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("sotbench run ")]
    assert "--settings 'my study/best.toml'" in command
    assert "--sequences down single both" in command, "the sequences that were not tuned on"
    assert main(shlex.split(command)[1:]) == 0
    assert list(Path("results/squares/Slide-tuned").iterdir())
    more = ("--test-dataset", "demo", "--test-sequences", "easy")
    assert tune(tracker, "step=0.0:4.0", trials=1, more=more) == 0
    [command] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("sotbench run ")]
    assert command.endswith("--dataset demo --sequences easy")


def test_file_in_place_of_the_study_is_refused(tracker: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("study").touch()
    assert tune(tracker, "step=0.0:4.0") == 2
    assert capsys.readouterr().err == "error: study is a file, not a folder; give another path\n"


def test_study_without_any_score_is_a_failure(tracker: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(tracker, "mode=fail", "step=1.0:2.0", trials=2) == 1
    assert "2 trials, 2 of them failed; none gave a score" in capsys.readouterr().err
    assert not Path("study/best.toml").exists()


def test_trial_that_ends_the_process_twice_is_given_up(
    tracker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("interrupt").touch()
    assert tune(tracker, "step=0.0:4.0", "mode=interrupt", trials=2) == 130
    Path("study/attempt.json").write_text('{"trial": 0, "attempts": 2}')
    assert tune(tracker, "step=0.0:4.0", "mode=interrupt", trials=2) == 0
    assert "trial 1 of 2: failed (the process ended 2 times while it ran)" in capsys.readouterr().err


def test_workers_do_not_change_what_is_tried(tracker: str) -> None:
    assert tune(tracker, "step=0.0:4.0", trials=2, out="one") == 0
    assert tune(tracker, "step=0.0:4.0", trials=2, out="two", more=("--workers", "2")) == 0
    assert proposed("one") == proposed("two")


@pytest.mark.parametrize(
    ("settings", "more", "expected"),
    [
        (("step=4:1",), (), "ends at 1, not above its start 4"),
        (("step=1.5",), (), "nothing to tune; give a range"),
        (("step=a:b",), (), "nothing to tune; 'a:b' for 'step' is not a range of numbers; give a range"),
        (("stop=1:2",), (), "has no setting 'stop' (did you mean 'step'?)"),
        (("reach=0.5:1.5",), (), "takes a value of type int"),
        (("step=1:2",), ("--metric", "sucess"), "has no metric 'sucess' (did you mean 'success'?)"),
        (("step=1:2",), ("--test-dataset", "squares"), "right of squares would be tuned on and tested on"),
        (
            ("step=1:2",),
            ("--test-sequences", "down"),
            "--test-sequences and --test-data-root need --test-dataset",
        ),
        (("step=1:2",), ("--settings", "none.toml"), "none.toml: No such file"),
    ],
)
def test_mistakes_are_one_sentence(
    settings: tuple[str, ...],
    more: tuple[str, ...],
    expected: str,
    tracker: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert tune(tracker, *settings, more=more) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "of Squares is missing" not in line]
    assert len(lines) == 1
    assert expected in lines[0]
    assert not Path("study/results").exists()


def test_force_allows_what_is_refused(tracker: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(tracker, "step=1:2", trials=1, more=("--test-dataset", "squares", "--force")) == 0
    assert "warning: right of squares would be tuned on" in capsys.readouterr().err


def test_study_of_other_settings_is_refused(tracker: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(tracker, "step=1:2", trials=1) == 0
    assert tune(tracker, "step=1:3", trials=2) == 2
    assert "study.log is a study of other ranges; give another --out" in capsys.readouterr().err
    Path("study/study.log").write_text("junk\n")
    assert tune(tracker, "step=1:2", trials=2) == 2
    assert "is not a study of `sotbench tune`" in capsys.readouterr().err


def test_missing_optuna_is_one_sentence(
    tracker: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert tune(tracker, "step=1:2") == 2
    assert "pip install 'sotbench[tune]'" in capsys.readouterr().err
