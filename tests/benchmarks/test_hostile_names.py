"""Names and messages of strangers: nothing of them steers a terminal, leaves a folder or ends a command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bad_data import Outcome, run_folder, success, write_video
from hostile import ESCAPES

from benchmarks.cli.main import main
from trackers.errors import printable


def test_printable_escapes_control_characters():
    assert printable("naïve 名前 'x'\\") == "naïve 名前 'x'\\"
    assert printable("a\nb\x1b[2J\x9b\u202e\udc80") == "a\\nb\\x1b[2J\\x9b\\u202e\\udc80"


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--dataset", "demo", "--tracker", ESCAPES],
        ["run", "--dataset", "demo", "--tracker", f"{ESCAPES}:X"],
        ["run", "--dataset", "demo", "--tracker", f"{ESCAPES}.py:X"],
        ["run", "--dataset", "demo", "--tracker", "x\0y.py:X"],
        ["run", "--dataset", "demo", "--tracker", f"process:{ESCAPES}"],
        ["run", "--dataset", "demo", "--tracker", "process:a\0b"],
        ["run", "--dataset", "demo", "--tracker", "still", "--name", ESCAPES],
        ["run", "--dataset", "demo", "--tracker", "still", "--set", ESCAPES],
        ["run", "--dataset", "demo", "--tracker", "still", "--set", f"{ESCAPES}=1"],
        ["run", "--dataset", "demo", "--tracker", "still", "--sequences", ESCAPES],
        ["run", "--dataset", ESCAPES, "--tracker", "still"],
        ["score", "--dataset", "demo", "--tracker", ESCAPES],
        ["score", "--dataset", "demo", "--protocol", ESCAPES],
        ["score", "--dataset", "demo", "--profile", ESCAPES],
        ["import", ESCAPES, "--from", "txt", "--tracker", "x", "--dataset", "demo"],
    ],
)
def test_mistake_is_one_printable_line(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main([*words, "--results", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.endswith("\n")
    assert printed.err[:-1].isprintable()
    assert list(tmp_path.iterdir()) == []


def test_usage_error_is_printable(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["score", "--dataset", "demo", f"--{ESCAPES}"])
    assert capsys.readouterr().err[:-1].isprintable()


@pytest.mark.parametrize(
    "tracker",
    [
        "~/canary.py:X",
        "$HOME/canary.py:X",
        "${HOME}/canary.py:X",
        "`touch ran`:X",
        "os:system('touch ran')",
        "canary.py:__import__('os').system('touch ran')",
        "process:$(touch ran)",
        "process:python;touch ran",
        "process:nothing-of-this-name > ran",
        "process:nothing-of-this-name | touch ran",
        "..canary:X",
        ".canary:X",
    ],
)
def test_tracker_string_is_not_executed(
    tracker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "canary.py").write_text("Y = 1\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    assert main(["run", "--dataset", "demo", "--tracker", tracker, "--results", "results"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert {path for path in tmp_path.iterdir() if path.name != "__pycache__"} == before


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../a", "/a", "a\0", "a\n", "a b", ".hidden", "a" * 300])
def test_name_stays_inside_the_results_folder(name: str, tmp_path: Path):
    results = tmp_path / "in" / "results"
    words = ["--tracker", "still", "--dataset", "demo", "--sequences", "easy", "--results", str(results)]
    assert main(["run", *words, "--name", name]) == 2
    assert [path.name for path in tmp_path.iterdir()] in ([], ["in"])
    assert not list(tmp_path.rglob("*.txt"))


@pytest.mark.parametrize("where", ["import", "constructor", "init", "update"])
@pytest.mark.parametrize("isolated", [False, True])
def test_system_exit_of_a_tracker_is_a_failure(
    where: str, isolated: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    leave = {
        place: "sys.exit(0)" if place == where else "pass" for place in ("import", "constructor", "init")
    }
    (tmp_path / "leaves.py").write_text(
        "import sys\nfrom trackers import Tracker\n"
        f"{leave['import']}\n"
        "class Leaves(Tracker):\n"
        f"    def __init__(self): {leave['constructor']}\n"
        f"    def init(self, frame, box): {leave['init']}\n"
        "    def update(self, frame): sys.exit(0)\n"
    )
    words = ["--dataset", "demo", "--sequences", "easy", "motion", "--results", str(tmp_path / "results")]
    words += ["--isolate"] if isolated else []
    status = main(["run", "--tracker", f"{tmp_path}/leaves.py:Leaves", *words])
    error = capsys.readouterr().err
    assert "SystemExit: 0" in error
    if where in ("import", "constructor"):
        assert (status, error.count("\n")) == (2, 1)
        return
    assert status == 1
    [manifest] = (tmp_path / "results").rglob("run.json")
    statuses = {
        name: entry["status"] for name, entry in json.loads(manifest.read_text())["sequences"].items()
    }
    assert statuses == {"easy": "failed", "motion": "failed"}


def test_tracker_message_is_printable(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "says.py").write_text(
        "from trackers import Tracker\n"
        "class Says(Tracker):\n"
        "    def init(self, frame, box): pass\n"
        f"    def update(self, frame): raise ValueError({ESCAPES + chr(10) + 'second'!r})\n"
    )
    words = ["--dataset", "demo", "--results", str(tmp_path / "results")]
    assert main(["run", "--tracker", f"{tmp_path}/says.py:Says", "--sequences", "easy", *words]) == 1
    assert main(["score", *words]) == 2
    for line in capsys.readouterr().err.splitlines():
        assert line.isprintable()


def test_odd_sequence_names_fail_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    videos = tmp_path / "videos"
    odd = {
        ESCAPES: "has unprintable characters in its name",
        "two\nlines": "has unprintable characters in its name",
        "n" * 240: "has a name of more than 200 bytes",
        "good.time": "has a name that result files of good may have",
        "good.2": "has a name that result files of good may have",
    }
    fine = [
        "good",
        "<b>bold",
        "$HOME",
        "..a",
        "-rf",
        "CON",
        "Good",
        "a b",
        "名前",
    ]
    for name in [*odd, *fine]:
        write_video(videos / name)
    write_video(Path(str(videos) + "/\udcff\udcfe"))

    status, outcomes = run_folder(videos, tmp_path / "results")

    assert status == 1
    for name, why in odd.items():
        assert outcomes[name].status == "failed"
        assert why in outcomes[name].message
    assert outcomes["\udcff\udcfe"].status == "failed"
    assert {outcomes[name] for name in fine} == {Outcome("ok")}
    assert all(line.isprintable() for line in capsys.readouterr().err.splitlines())
    assert set(success(videos, tmp_path / "results", capsys)) == set(fine)
    words = ["--dataset", "folder", "--data-root", str(videos)]
    for command in (
        ["list", "sequences", *words],
        ["score", *words, "--by", "sequence", "--results", str(tmp_path / "results")],
        ["verify", *words],
    ):
        assert main(command) in (0, 1)
        printed = capsys.readouterr()
        assert all(line.isprintable() for line in (printed.out + printed.err).splitlines()), command
