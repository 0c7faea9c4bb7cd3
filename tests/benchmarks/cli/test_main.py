from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.cli.main import main
from benchmarks.installation import shadowing_packages
from benchmarks.store import read_run

ROOT = Path(__file__).parents[3]


def sotbench(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=120)


def test_list_and_help_import_nothing_heavy() -> None:
    program = (
        "import sys\nfrom benchmarks.cli.main import main\n"
        "for words in (['list'], *([name, '--help'] for name in ('run', 'score', 'speed', 'tune'))):\n"
        "    try: main(words)\n"
        "    except SystemExit: pass\n"
        "known = {'torch', 'pandas', 'scipy', 'matplotlib', 'cv2', 'onnxruntime', 'optuna'}\n"
        "heavy = known & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr


def test_list_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    for name in ("trackers:", "ncc", "siamfc", "demo", "otb2015", "ope", "otb"):
        assert name in out
    assert main(["list", "datasets"]) == 0
    assert capsys.readouterr().out.startswith("  demo ")


def test_list_sequences(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "sequences", "--dataset", "demo"]) == 0
    assert capsys.readouterr().out.endswith("9 of 9 sequences\n")
    assert main(["list", "sequences"]) == 2
    assert "needs --dataset" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "a command is missing"),
        (["rnu"], "there is no command 'rnu' (did you mean 'run'?)"),
        (["run", "--tracker", "ncc"], "required: --dataset"),
        (["run", "--tracker", "ncc", "--dataset", "demo", "--timeout", "-1"], "--timeout"),
    ],
)
def test_usage_errors_are_one_line_and_status_2(words: list[str], expected: str) -> None:
    done = sotbench(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert expected in done.stderr
    assert "--help" in done.stderr


def test_closed_pipe_is_not_an_error() -> None:
    command = f"{sys.executable} -m benchmarks list | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout == "trackers:\n"
    assert done.stderr == ""


@pytest.mark.parametrize("redirection", [">&-", "> /dev/full"])
def test_unwritable_stdout_is_one_sentence(redirection: str) -> None:
    command = f"{sys.executable} -m benchmarks list {redirection}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("error: ")


@pytest.mark.parametrize(
    "redirection", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full", "2>&1 | true", "2>&1 | head -1 >&2"]
)
def test_run_finishes_without_standard_error(redirection: str, tmp_path: Path) -> None:
    words = f"run --tracker still --dataset demo --results {tmp_path}/r"
    command = f"set -o pipefail; {sys.executable} -m benchmarks {words} {redirection}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    run = read_run(tmp_path / "r", "demo", "still")
    assert len(run.trajectories) == 9
    assert run.failed == {}


@pytest.mark.parametrize("module", ["benchmarks.cli.main", "sotbench.cli"])
@pytest.mark.parametrize("words", [["list"], ["plot", "--help"], ["--help"]])
def test_foreign_package_is_reported(tmp_path: Path, module: str, words: list[str]) -> None:
    assert shadowing_packages() == []
    (tmp_path / "trackers").mkdir()
    (tmp_path / "trackers" / "__init__.py").touch()
    program = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]\n"
        f"from {module} import main; sys.exit(main({words}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert (
        f"'trackers' in {tmp_path / 'trackers'} has the same name as sotbench's, and hides it" in done.stderr
    )
    assert "start sotbench in another folder" in done.stderr


def test_doctor_finds_no_problems_here(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    for word in ("python:", "torch:", "device:", "9 of 9 sequences", "no problems found"):
        assert word in out
    assert main(["doctor", "--data-root", str(tmp_path / "nowhere")]) == 1
    assert "is not a folder" in capsys.readouterr().out


def test_interrupt_while_loading_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmarks.cli.main.shadowing_packages", interrupted)
    assert main(["list"]) == 130
    assert capsys.readouterr().err == "interrupted before the command started\n"


@pytest.mark.parametrize("command", ["score", "compare"])
def test_help_has_single_percent_signs(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([command, "--help"], ["--help"]):
        with pytest.raises(SystemExit):
            main(words)
        out = " ".join(capsys.readouterr().out.split())
        assert "95 % interval" in out
        assert "%%" not in out
