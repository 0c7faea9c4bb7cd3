"""`sotbench demo`: tracks a target in a video file, a camera's stream or a folder of images."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from trackers.atomic import make_folder
from trackers.commands import (
    Parser,
    add_isolation_options,
    add_tracker_options,
    catch_user_errors,
    tracker_spec,
)
from trackers.errors import UserError
from trackers.processes.supervisor import SupervisedCommand, needs_supervisor, run_supervised
from trackers.wording import counted

if TYPE_CHECKING:
    from trackers.tracker import Boxes, Frame, Tracker
    from trackers.video.tracking import TrackingResult
    from trackers.video.window import Window

_DEFAULT_OUT = Path("demo.mp4")


def parser() -> Parser:
    """The command's options."""
    options = Parser(
        prog="sotbench demo",
        description="Track a target in your own video. Without --box you draw it in the window. Space "
        "pauses and resumes; q or Ctrl-C ends, and the output so far is kept.",
        epilog="example: sotbench demo --video clip.mp4 --box 120,80,60,40 --out tracked.mp4",
    )
    add = options.add_argument
    add(
        "--video",
        required=True,
        metavar="V",
        help="a video file, a camera's number such as 0, or a folder of images",
    )
    add(
        "--box",
        type=_box,
        metavar="X,Y,W,H",
        help="the target in the first frame: left, top, width, height in pixels, 0-based; write --box=X,... "
        "if X is negative",
    )
    add(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"write the video, .mp4 or .gif (default without a window: {_DEFAULT_OUT})",
    )
    add("--boxes", type=Path, metavar="FILE", help="write the boxes, one line x,y,w,h per frame")
    add("--no-window", action="store_true", help="do not open a window, even if there is a screen")
    add_tracker_options(options, default="gradnet-lite")
    add_isolation_options(options)
    return options


def _box(text: str) -> Boxes:
    """Parses a box, for argparse."""
    import numpy as np

    from trackers.box_validation import to_bounding_box
    from trackers.errors import InvalidPrediction

    try:
        box = to_bounding_box(np.array([float(word) for word in text.replace(",", " ").split()]))
    except (ValueError, InvalidPrediction):
        box = np.zeros(4)
    if not (box[2:] > 0).all():
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a box; give x,y,w,h as four numbers, w and h above zero"
        )
    return box


@catch_user_errors
def _command(arguments: Sequence[str] | None) -> int:
    """Tracks the target, writes the video and the boxes, and reports the tracker's speed."""
    chosen = parser().parse_args(arguments)
    from trackers.video.encoding import check_writable, write_video
    from trackers.video.frame_source import open_frame_source
    from trackers.video.tracking import TrackingResult, track_frames, until_interrupted
    from trackers.video.window import Window, has_screen

    if chosen.out:
        check_writable(chosen.out)
    frame_source = open_frame_source(chosen.video)
    frames = iter(frame_source)
    first = next(frames)
    if chosen.box is not None:
        _check_inside(chosen.box, first)
    with ExitStack() as closing:
        window = None
        if not chosen.no_window and has_screen():
            window = closing.enter_context(Window(f"{frame_source.name} - {chosen.tracker}"))
        box = chosen.box if chosen.box is not None else _choose(window, first)
        tracker = tracker_spec(chosen).build()
        closing.callback(_end, tracker)
        result = TrackingResult()
        interrupted = closing.enter_context(until_interrupted())
        drawn = track_frames(tracker, itertools.chain([first], frames), box, result, interrupted)
        if window:
            drawn = _shown(drawn, window.show)
        out = chosen.out or (None if window or chosen.boxes else _DEFAULT_OUT)
        # If the tracker fails at the first frame, there is nothing to write.
        start = next(drawn, None)
        if out and start is not None:
            write_video(out, itertools.chain([start], drawn), frame_source.fps)
            print(out)
        else:
            for _ in drawn:
                pass
        ended_early = interrupted() or window is not None
    if chosen.boxes and result.boxes:
        _write_boxes(chosen.boxes, result.boxes)
        print(chosen.boxes)
    return _report(result, frame_source.length, ended_early)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the demo and returns its exit status, which is not 0 if the tracker ends the process."""
    if arguments is None and needs_supervisor():
        return run_supervised(
            "no output was written", "use --isolate to run the tracker in a separate process"
        )
    with SupervisedCommand():
        return _command(arguments)


def _check_inside(box: Boxes, frame: Frame) -> None:
    height, width = frame.shape[:2]
    x, y, w, h = box.tolist()
    if not (x < width and y < height and x + w > 0 and y + h > 0):
        raise UserError(
            f"box {x:g},{y:g},{w:g},{h:g} lies outside the first frame, which is {width} x {height} pixels"
        )


def _choose(window: Window | None, first: Frame) -> Boxes:
    if window is None:
        raise UserError("there is no window to draw the target's box in; give --box X,Y,W,H")
    if (box := window.choose(first)) is None:
        raise UserError("no box was drawn; draw one around the target and press Enter, or give --box X,Y,W,H")
    return box


def _shown(frames: Iterable[Frame], show: Callable[[Frame], bool]) -> Iterator[Frame]:
    """Shows each frame and yields it, until the user ends the demo."""
    for frame in frames:
        yield frame
        if not show(frame):
            return


def _end(tracker: Tracker) -> None:
    """Ends the tracker's process if it has one."""
    from trackers.external.protocols.remote import RemoteTracker

    if isinstance(tracker, RemoteTracker):
        tracker.dispose()


def _write_boxes(path: Path, boxes: Sequence[Boxes]) -> None:
    make_folder(path.parent)
    path.write_text("".join(",".join(map(repr, box.tolist())) + "\n" for box in boxes), encoding="utf-8")


def _report(result: TrackingResult, length: int | None, ended_early: bool) -> int:
    """Prints the number of frames and the speed on standard error, and returns the exit status."""
    count = len(result.boxes)
    speed = f", {result.fps:.1f} FPS (updates only, without decoding and drawing)" if result.fps else ""
    print(f"{counted(count, 'frame')}{speed}", file=sys.stderr)
    if result.error:
        raise result.error
    if length is not None and count < length and not ended_early:
        print(
            f"the file should have {counted(length, 'frame')}; is it damaged after the {count} that can "
            "be read?",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(None))
