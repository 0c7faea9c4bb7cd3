"""The progress of a run in the terminal."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import ProgressColumn, Task
from rich.text import Text

from benchmarks.store import SequenceRecord
from trackers.errors import printable
from trackers.progress import ProgressBar, frames_column, stderr_console
from trackers.wording import counted


class RunProgress:
    """Shows a bar with frames per second and time left on a terminal; elsewhere prints a line per sequence.

    Args:
        sequences: number of sequences to run.
        frames: their total number of frames.
        console: where to write; standard error by default.
        above: drawn above the bar on a terminal, as often as the bar.
    """

    def __init__(
        self,
        sequences: int,
        frames: int,
        console: Console | None = None,
        above: RenderableType | None = None,
    ) -> None:
        self._console = console or stderr_console()
        self._sequences = sequences
        self._frames = frames
        self._ended = 0
        self._done = 0.0
        self._left: dict[str, float] = {}  # frames left of each running sequence
        self._bar = ProgressBar(
            frames_column(),
            _FramesPerSecond(),
            console=self._console,
            above=above,
            enabled=sequences > 0,
        )
        self._task = self._bar.add_task("", total=frames)
        self._began = time.monotonic()

    def start(self, sequence: str, frames: int) -> None:
        """A sequence of `frames` frames starts, perhaps for the second time; others may be running."""
        if sequence in self._left:
            self.advance(sequence, self._left[sequence] - frames)
        self._left[sequence] = frames
        self._describe()

    def advance(self, sequence: str, frames: float) -> None:
        """`frames` more frames are done; a fraction if a sequence is run several times."""
        self._left[sequence] -= frames
        self._done += frames
        self._bar.advance(self._task, frames)

    def end(self, sequence: str, record: SequenceRecord, speed: float | None) -> None:
        """A sequence is over; `speed` is the tracker's in updates per second, if it made any."""
        self._ended += 1
        self.advance(
            sequence, self._left[sequence]
        )  # counts the remaining frames of a failed sequence as done
        del self._left[sequence]
        self._describe()
        if record.status != "ok":
            self.log_failure(sequence, record)
        elif not self._console.is_terminal:
            fps = f", {speed:.1f} FPS" if speed else ""
            per_frame = (time.monotonic() - self._began) / self._done
            left = per_frame * (self._frames - self._done)
            place = f"[{self._ended}/{self._sequences}]"
            self.log(f"{place} {sequence}: {counted(record.frames, 'frame')}{fps}, {left:.0f} s left")

    def log_failure(self, sequence: str, record: SequenceRecord) -> None:
        """Prints the status and message of a sequence that is not ok."""
        self.log(f"{sequence} {record.status}: {record.message}")

    def log(self, line: str) -> None:
        """Prints a message to the user."""
        self._console.print(printable(line), markup=False, highlight=False, soft_wrap=True)

    def _describe(self) -> None:
        names = list(self._left)
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            place = f"[{self._ended + 1}/{self._sequences}]"
            self._bar.update(self._task, description=printable(f"{place} {names[0]}{more}"))

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


class _FramesPerSecond(ProgressColumn):
    """Frames per second of the whole loop, decoding included."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} frames/s" if task.speed else "")
