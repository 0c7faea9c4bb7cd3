"""What a person sees while a run is going on."""

from __future__ import annotations

import time
from collections.abc import Iterable
from types import TracebackType
from typing import IO, Any, Self, cast

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from benchmarks.store import SequenceRecord
from trackers.commands import SafeStderr
from trackers.errors import printable


class RunProgress:
    """A bar with frames per second and time left on a terminal; plain lines, one per sequence, elsewhere.

    Args:
        sequences: how many sequences will run.
        frames: how many frames they have together.
        console: where to write; standard error by default.
        above: what a terminal shows above the bar, drawn anew as often as the bar.
    """

    def __init__(
        self,
        sequences: int,
        frames: int,
        console: Console | None = None,
        above: RenderableType | None = None,
    ) -> None:
        self._console = console or _Console(file=cast("IO[str]", SafeStderr()))
        self._sequences = sequences
        self._frames = frames
        self._ended = 0
        self._done = 0.0
        self._left: dict[str, float] = {}  # frames to do, of each sequence that is under way
        self._bar = _Bar(
            above,
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} frames"),
            _FramesPerSecond(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal or not sequences,
            transient=True,
            refresh_per_second=10 if above is None else 4,
        )
        self._task = self._bar.add_task("", total=frames)
        self._began = time.monotonic()

    def start(self, sequence: str, frames: int) -> None:
        """A sequence of `frames` frames begins, perhaps for a second time; others may be under way."""
        if sequence in self._left:
            self.advance(sequence, self._left[sequence] - frames)
        self._left[sequence] = frames
        self._describe()

    def advance(self, sequence: str, frames: float) -> None:
        """So many frames are done: a part of one where a sequence is run several times."""
        self._left[sequence] -= frames
        self._done += frames
        self._bar.advance(self._task, frames)

    def end(self, sequence: str, record: SequenceRecord, speed: float | None) -> None:
        """A sequence is over; `speed` is the tracker's, in updates per second, where there were any."""
        self._ended += 1
        self.advance(sequence, self._left[sequence])  # one that failed has passed as well
        del self._left[sequence]
        self._describe()
        if record.status != "ok":
            self.note(sequence, record)
        elif not self._console.is_terminal:
            fps = f", {speed:.1f} FPS" if speed else ""
            per_frame = (time.monotonic() - self._began) / self._done
            left = per_frame * (self._frames - self._done)
            place = f"[{self._ended}/{self._sequences}]"
            self.say(f"{place} {sequence}: {record.frames} frames{fps}, {left:.0f} s left")

    def note(self, sequence: str, record: SequenceRecord) -> None:
        """Says what became of a sequence that is not ok."""
        self.say(f"{sequence} {record.status}: {record.message}")

    def say(self, line: str) -> None:
        """Something that a person should know."""
        self._console.print(printable(line), markup=False, highlight=False, soft_wrap=True)

    def _describe(self) -> None:
        names = list(self._left)
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            place = f"[{self._ended + 1}/{self._sequences}]"
            self._bar.update(self._task, description=escape(printable(f"{place} {names[0]}{more}")))

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


class _Console(Console):
    """A console of which nothing ends the run: rich itself would end the process where a pipe is closed."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


class _Bar(Progress):
    """A bar with something above it."""

    def __init__(self, above: RenderableType | None, *columns: ProgressColumn, **settings: Any) -> None:
        self._above = above
        super().__init__(*columns, **settings)

    def get_renderables(self) -> Iterable[RenderableType]:
        if self._above is not None:
            yield self._above
        yield from super().get_renderables()


class _FramesPerSecond(ProgressColumn):
    """Frames per second of the whole loop, decoding included."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} frames/s" if task.speed else "")
