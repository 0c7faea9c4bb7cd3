"""`python -m trackers.demo`: follows a target in a video file, a camera or a folder of images."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from trackers.commands import (
    Parser,
    add_isolation_options,
    add_tracker_options,
    catch_user_errors,
    tracker_spec,
)
from trackers.errors import UserError
from trackers.processes.supervisor import SupervisedCommand, needs_supervisor, run_supervised

if TYPE_CHECKING:
    from trackers.tracker import Boxes, Frame, Tracker
    from trackers.video.tracking import TrackingResult
    from trackers.video.window import Window

_DEFAULT_OUT = Path("demo.mp4")


def parser() -> Parser:
    """The command's options."""
    options = Parser(
        prog="python -m trackers.demo",
        description="Follows a target in your own video. Without --box you draw it in the window; space "
        "holds and goes on, q or Ctrl-C ends, and what was made so far is kept.",
        epilog="example: python -m trackers.demo --video clip.mp4 --box 120,80,60,40 --out tracked.mp4",
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
        help="the target in the first frame: left, top, width, height in pixels, the first pixel's corner at "
        "0,0; write --box=X,... where X is negative",
    )
    add(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"write the video, .mp4 or .gif (default: {_DEFAULT_OUT} where there is no window)",
    )
    add("--boxes", type=Path, metavar="FILE", help="write the boxes, one line x,y,w,h per frame")
    add("--no-window", action="store_true", help="show nothing, even where there is a screen")
    add_tracker_options(options, default="gradnet-lite")
    add_isolation_options(options)
    return options


def _box(text: str) -> Boxes:
    """Reads a box, for argparse."""
    import numpy as np

    from trackers.box_validation import to_bounding_box
    from trackers.errors import InvalidPrediction

    try:
        box = to_bounding_box(np.array([float(word) for word in text.replace(",", " ").split()]))
    except (ValueError, InvalidPrediction):
        box = np.zeros(4)
    if not (box[2:] > 0).all():
        raise argparse.ArgumentTypeError(
            f"'{text}' is no box; give x,y,w,h as four numbers, w and h above zero"
        )
    return box


@catch_user_errors
def _command(arguments: Sequence[str] | None) -> int:
    """Follows the target, writes what was asked for, and says how fast the tracker was."""
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
        box = chosen.box if chosen.box is not None else _drawn(window, first)
        tracker = tracker_spec(chosen).build()
        closing.callback(_end, tracker)
        outcome = TrackingResult()
        ended = closing.enter_context(until_interrupted())
        shown = track_frames(tracker, itertools.chain([first], frames), box, outcome, ended)
        if window:
            shown = _watched(shown, window.show)
        out = chosen.out or (None if window or chosen.boxes else _DEFAULT_OUT)
        # A tracker that fails at the first frame leaves nothing to write.
        start = next(shown, None)
        if out and start is not None:
            write_video(out, itertools.chain([start], shown), frame_source.fps)
            print(out)
        else:
            for _ in shown:
                pass
        interrupted = ended()
    if chosen.boxes and outcome.boxes:
        _write_boxes(chosen.boxes, outcome.boxes)
        print(chosen.boxes)
    return _told(outcome, frame_source.length, interrupted or window is not None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the demo and returns its exit status; not 0 if the tracker has ended its process."""
    if arguments is None and needs_supervisor():
        return run_supervised(
            "what it was to write is not there", "with --isolate the tracker has a process of its own"
        )
    with SupervisedCommand():
        return _command(arguments)


def _check_inside(box: Boxes, frame: Frame) -> None:
    height, width = frame.shape[:2]
    x, y, w, h = box.tolist()
    if not (x < width and y < height and x + w > 0 and y + h > 0):
        raise UserError(
            f"box {x:g},{y:g},{w:g},{h:g} lies outside of the first frame, which is {width} x {height} pixels"
        )


def _drawn(window: Window | None, first: Frame) -> Boxes:
    if window is None:
        raise UserError("there is no window to draw the target's box in; give --box X,Y,W,H")
    if (box := window.choose(first)) is None:
        raise UserError("no box was drawn; draw one around the target and press Enter, or give --box X,Y,W,H")
    return box


def _watched(shown: Iterable[Frame], show: Callable[[Frame], bool]) -> Iterator[Frame]:
    """Passes on what is shown, until the user has had enough."""
    for frame in shown:
        yield frame
        if not show(frame):
            return


def _end(tracker: Tracker) -> None:
    """Ends a tracker's process, where it has one."""
    from trackers.external.protocols.remote import RemoteTracker

    if isinstance(tracker, RemoteTracker):
        tracker.dispose()


def _write_boxes(path: Path, boxes: Sequence[Boxes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(",".join(map(repr, box.tolist())) + "\n" for box in boxes), encoding="utf-8")


def _told(outcome: TrackingResult, length: int | None, ended_early: bool) -> int:
    """Says how it went on standard error, and returns the exit status."""
    followed = len(outcome.boxes)
    speed = f", {outcome.fps:.1f} FPS (updates alone, without decoding and drawing)" if outcome.fps else ""
    print(f"{followed} frames{speed}", file=sys.stderr)
    if outcome.error:
        raise outcome.error
    if length is not None and followed < length and not ended_early:
        print(
            f"the file promises {length} frames; is it damaged after the {followed} that can be read?",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(None))
