"""`python -m trackers.serving.trax --tracker NAME`: one of our trackers as a TraX server.

vot-toolkit drives it with these lines in `trackers.ini` (it runs in a folder of its own: paths in the command
are absolute):

    [siamfc]
    label = siamfc
    protocol = trax
    command = python -m trackers.serving.trax --tracker siamfc --weights /path/to/weights.pth

Version 3 of the protocol, rectangles and polygons. A polygon of four corners becomes an upright box by VOT's
own rule, as in our data sets.
"""

from __future__ import annotations

import base64
import io
import os
import sys
import time
from collections.abc import Sequence
from typing import IO

import numpy as np

from trackers.box_validation import prediction_array, validate_region
from trackers.commands import Parser, add_tracker_options, catch_user_errors, tracker_spec
from trackers.errors import UserError, describe_error, format_traceback
from trackers.external.protocols.frame_files import read_ppm
from trackers.external.protocols.trax import SECONDS
from trackers.external.protocols.trax_messages import Message, read_message, read_region, write_region
from trackers.images import read_image
from trackers.processes.forks import exit_if_forked
from trackers.regions import axis_aligned_boxes, bounding_box
from trackers.serving.streams import redirect_stdio
from trackers.tracker import Boxes, Frame, Tracker, tracker_seconds

VERSION = 3


def _command(words: Sequence[str] | None) -> int:
    parser = Parser(
        prog="python -m trackers.serving.trax",
        description="Serves a tracker over TraX, on standard input and output.",
    )
    add_tracker_options(parser)
    arguments = parser.parse_args(words)
    spec = tracker_spec(arguments)
    requests, answers = redirect_stdio()
    tracker = spec.build()
    return serve(tracker, spec.label, requests, answers)


main = catch_user_errors(_command)


def serve(tracker: Tracker, name: str, requests: IO[bytes], answers: IO[bytes]) -> int:
    """Answers until the client quits, or its messages end, or the tracker fails.

    Returns:
        The exit status: 0, or 1 after a failure, which the client was told.
    """
    formats = {"trax.region": "rectangle;polygon;", "trax.image": "path;memory;buffer;"}
    about = {"trax.version": str(VERSION), "trax.name": name, "trax.channels": "color;", **formats}
    _say(answers, Message("hello", (), about))
    main_pid = os.getpid()
    for line in requests:
        request = read_message(line.rstrip(b"\r\n"))
        if request is None:
            continue
        if request.name == "quit":
            return 0
        try:
            _say(answers, _answer(tracker, request))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever it was, the client shall hear of it
            print(format_traceback(error), file=sys.stderr)
            _say(answers, Message("quit", (), {"trax.reason": describe_error(error)}))
            return 1
        finally:
            exit_if_forked(main_pid)
    return 0


def _answer(tracker: Tracker, request: Message) -> Message:
    if request.name == "initialize" and len(request.arguments) == 2:
        box = initial_box(request.arguments[1])
    elif request.name != "frame" or len(request.arguments) != 1:
        raise UserError(
            f"the message '{request.name}' with {len(request.arguments)} arguments has no place here"
        )
    frame = read_uri(request.arguments[0])
    tracker.synchronize()
    begin = time.perf_counter()
    if request.name == "initialize":
        tracker.init(frame, box.copy())
    else:
        answer = prediction_array(tracker.update(frame))
    tracker.synchronize()
    elapsed = time.perf_counter() - begin
    seconds = tracker_seconds(tracker, elapsed)
    if request.name == "frame":
        box = validate_region(answer, frame.shape[:2])
        if np.isnan(box).all():  # the target is absent; a client takes rectangles and polygons only
            box = np.zeros(4)
    return Message("state", (write_region(box),), {SECONDS: f"{seconds:.9f}"})


def initial_box(region: str) -> Boxes:
    """The upright box, shape (4,), with which a tracker is started for a region."""
    numbers = read_region(region)
    return axis_aligned_boxes(numbers) if len(numbers) == 8 else bounding_box(numbers)


def read_uri(uri: str) -> Frame:
    """Reads an image that a message brings: by path, as pixels, or as a JPEG or PNG file's content.

    Raises:
        UserError: it is in another form.
        OSError: a file is missing or damaged.
    """
    kind, _, rest = uri.partition(":")
    if kind == "file" or not rest:
        path = rest.removeprefix("//") if rest else uri
        return read_ppm(path) if path.endswith(".ppm") else read_image(path)
    if kind == "image":
        width, height, form, pixels = rest.split(";", 3)
        levels = np.frombuffer(base64.b64decode(pixels), np.uint8)
        if form == "rgb":
            return levels.reshape(int(height), int(width), 3).copy()
        if form == "gray8":
            return np.repeat(levels.reshape(int(height), int(width), 1), 3, axis=2)
        raise UserError(f"images as '{form}' cannot be read; rgb and gray8 can")
    if kind == "data":
        content = rest.partition(";")[2].removeprefix("base64,").removeprefix("base64;")
        return read_image(io.BytesIO(base64.b64decode(content)))
    raise UserError(f"images from '{kind}:' cannot be read; file, image and data can")


def _say(answers: IO[bytes], message: Message) -> None:
    answers.write(bytes(message))
    answers.flush()


if __name__ == "__main__":
    sys.exit(main(None))
