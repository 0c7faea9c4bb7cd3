"""Exit statuses and messages of commands."""

from __future__ import annotations

import pytest

from trackers.commands import catch_user_errors
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
