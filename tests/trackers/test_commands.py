"""Exit statuses and messages of commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from trackers.atomic import write_atomic
from trackers.catalog import TrackerSpec
from trackers.commands import Parser, add_tracker_options, catch_user_errors, tracker_spec
from trackers.errors import UserError


def test_errors_become_exit_statuses(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def raising(error: BaseException) -> int:
        def command(words: object) -> int:
            raise error

        return catch_user_errors(command)(None)

    assert raising(UserError("do this instead")) == 2
    assert capsys.readouterr().err == "error: do this instead\n"
    assert raising(OSError(28, "No space left on device", "results/x.txt")) == 2
    assert capsys.readouterr().err == "error: results/x.txt: No space left on device\n"
    assert raising(KeyboardInterrupt()) == 130
    assert "kept" in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError):
        raising(ZeroDivisionError())
    monkeypatch.setenv("SOTBENCH_TRACEBACK", "1")
    raising(UserError("do this instead"))
    assert "Traceback" in capsys.readouterr().err


def spec_of(*words: str) -> TrackerSpec:
    parser = Parser()
    add_tracker_options(parser)
    return tracker_spec(parser.parse_args(["--tracker", "siamfc", *words]))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "rate=1", "rate=2"], "--set gives 'rate' twice, as '1' and '2'; give it once"),
        (["--set", "scale-step=1", "--set", "scale_step=1"], "--set gives 'scale_step' twice"),
        (["--set", "precision=bf16", "--precision", "tf32"], "--precision and --set both give the precision"),
        (["--set", "rate"], "--set takes KEY=VALUE, not 'rate'"),
    ],
)
def test_setting_is_given_once(words: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        spec_of(*words)


def test_options_override_the_file_of_settings(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('precision = "float32"\nrate = 1\n')
    spec = spec_of("--settings", str(file), "--precision", "bf16", "--set", "rate=2")
    assert spec.settings == {"precision": "bf16", "rate": "2"}


def test_file_in_place_of_a_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").touch()
    for path in (Path("a/x.md"), Path("a/b/c/x.md")):

        def command(words: object, path: Path = path) -> int:
            write_atomic(path, b"")
            return 0

        assert catch_user_errors(command)(None) == 2
        assert capsys.readouterr().err == f"error: {path}: a is a file, not a folder; give another path\n"
