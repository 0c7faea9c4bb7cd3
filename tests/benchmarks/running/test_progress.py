from __future__ import annotations

import io

from rich.console import Console

from benchmarks.running.progress import RunProgress
from benchmarks.store import SequenceRecord


def narrate(terminal: bool) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=100, color_system=None)
    with RunProgress(2, 10, console) as progress:
        progress.start("first[x]", 5)
        for _ in range(5):
            progress.advance("first[x]", 1)
        progress.end("first[x]", SequenceRecord("ok", frames=5), 10.0)
        progress.start("second[x]", 5)
        progress.advance("second[x]", 1)
        progress.end(
            "second[x]", SequenceRecord("failed", "frame 1: [bold]ValueError[/bold]: " + "x" * 200), None
        )
    return text.getvalue()


def test_plain_lines_without_a_terminal() -> None:
    first, second = narrate(terminal=False).splitlines()
    assert first.startswith("[1/2] first[x]: 5 frames, 10.0 FPS, ")
    assert first.endswith(" s left")
    assert second == "second[x] failed: frame 1: [bold]ValueError[/bold]: " + "x" * 200


def test_bar_on_a_terminal_keeps_failures_visible() -> None:
    shown = narrate(terminal=True)
    assert "[2/2] second[x]" in shown
    assert "10/10 frames" in shown
    assert "second[x] failed: frame 1: [bold]ValueError" in shown
    assert "10.0 FPS" not in shown
