"""Progress bars on standard error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, cast

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

from trackers.stderr import SafeStderr


class _SafeConsole(Console):
    """A console that a closed pipe only silences: rich would end the process."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


class ProgressBar(Progress):
    """A bar with a title and the time left, which vanishes at its end; shown only on a terminal.

    Args:
        columns: what to show between the bar and the time left.
        console: where to draw; standard error by default.
        above: drawn above the bar, at a lower rate than the bar alone.
        enabled: whether to show the bar.
    """

    def __init__(
        self,
        *columns: ProgressColumn,
        console: Console | None = None,
        above: RenderableType | None = None,
        enabled: bool = True,
    ) -> None:
        console = console or stderr_console()
        self._above = above
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            *columns,
            TimeRemainingColumn(),
            console=console,
            disable=not (enabled and console.is_terminal),
            transient=True,
            refresh_per_second=10 if above is None else 4,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        if self._above is not None:
            yield self._above
        yield from super().get_renderables()


def stderr_console() -> Console:
    """Returns a console on standard error to which writing never fails."""
    # In a notebook rich would turn every line into a cell output of its own.
    return _SafeConsole(file=cast("IO[str]", SafeStderr()), force_jupyter=False)


def frames_column() -> ProgressColumn:
    """Returns the column that counts frames."""
    return TextColumn("{task.completed:.0f}/{task.total:.0f} frames")
