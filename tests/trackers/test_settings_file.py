"""Files of settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from trackers.errors import UserError
from trackers.settings_file import format_settings, read_settings_file


def test_settings_survive_writing_and_reading(tmp_path: Path) -> None:
    settings = {"rate": 0.1 + 0.2, "count": 3, "on": True, "adapter.color": "bgr", "name": 'a "b"\\\n\x7f'}
    path = tmp_path / "s.toml"
    path.write_text(format_settings(settings), encoding="utf-8")
    assert read_settings_file(path) == {name: str(value) for name, value in settings.items()}


def test_tables_lists_and_dashes(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text('scale-step = 1.04\nsizes = [1, 2]\n[adapter]\ncolor = "rgb"\n')
    assert read_settings_file(path) == {"scale_step": "1.04", "sizes": "[1, 2]", "adapter.color": "rgb"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a = ", "is not a file of settings"),
        (b"\xff", "is not a file of settings"),
        (b"a = 2026-01-01", "is a date"),
        (b"scale-step = 1\nscale_step = 2", "'scale_step' is set twice; write it once"),
        (b'"adapter.color" = "rgb"\n[adapter]\ncolor = "bgr"', "'adapter.color' is set twice"),
    ],
)
def test_bad_files_are_one_sentence(content: bytes, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=expected):
        read_settings_file(path)
    with pytest.raises(UserError, match="No such file"):
        read_settings_file(tmp_path / "none.toml")
