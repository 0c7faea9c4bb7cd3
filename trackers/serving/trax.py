"""`python -m trackers.serving.trax --tracker NAME`: serves one of our trackers over TraX.

vot-toolkit runs it by these lines in `trackers.ini` (in a folder of its own, so paths must be absolute):

    [siamfc]
    label = siamfc
    protocol = trax
    command = python -m trackers.serving.trax --tracker siamfc --weights /path/to/weights.pth

It speaks version 3 of the protocol, with rectangles and polygons. A polygon of four corners is converted to
an axis-aligned box by VOT's rule, as in our data sets.
"""

from __future__ import annotations

import base64
import io
import os
import sys
from collections.abc import Sequence
from typing import IO

import numpy as np

from trackers.box_validation import validate_region
from trackers.commands import Parser, add_tracker_options, catch_user_errors, tracker_spec
from trackers.errors import UserError, describe_error, format_traceback
from trackers.external.protocols.frame_files import read_ppm
from trackers.external.protocols.trax_messages import (
    CONFIDENCE,
    SECONDS,
    Message,
    read_message,
    read_region,
    write_region,
)
from trackers.images import read_image
from trackers.processes.process_tree import exit_if_forked
from trackers.regions import axis_aligned_boxes, bounding_box
from trackers.serving.session import redirect_stdio, send
from trackers.timing import timed_call
from trackers.tracker import Boxes, Frame, Tracker
from trackers.wording import counted

VERSION = 3


def _command(words: Sequence[str] | None) -> int:
    parser = Parser(
        prog="python -m trackers.serving.trax",
        description="Serve a tracker over TraX, on standard input and output.",
    )
    add_tracker_options(parser)
    arguments = parser.parse_args(words)
    spec = tracker_spec(arguments)
    requests, replies = redirect_stdio()
    tracker = spec.build()
    return serve(tracker, spec.label, requests, replies)


main = catch_user_errors(_command)


def serve(tracker: Tracker, name: str, requests: IO[bytes], replies: IO[bytes]) -> int:
    """Replies to requests until the client quits or closes the stream, or the tracker fails.

    Returns:
        The exit status: 0, or 1 after a failure, which the client was told.
    """
    formats = {"trax.region": "rectangle;polygon;", "trax.image": "path;memory;buffer;"}
    about = {"trax.version": str(VERSION), "trax.name": name, "trax.channels": "color;", **formats}
    send(replies, bytes(Message("hello", (), about)))
    main_pid = os.getpid()
    for line in requests:
        request = read_message(line.rstrip(b"\r\n"))
        if request is None:
            continue
        if request.name == "quit":
            return 0
        try:
            send(replies, bytes(_reply(tracker, request)))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # the client is told of any failure
            print(format_traceback(error), file=sys.stderr)
            send(replies, bytes(Message("quit", (), {"trax.reason": describe_error(error)})))
            return 1
        finally:
            exit_if_forked(main_pid)
    return 0


def _reply(tracker: Tracker, request: Message) -> Message:
    box = None
    if request.name == "initialize" and len(request.arguments) == 2:
        box = initial_box(request.arguments[1])
    elif request.name != "frame" or len(request.arguments) != 1:
        raise UserError(
            f"the message '{request.name}' with {counted(len(request.arguments), 'argument')} is not allowed "
            "here"
        )
    frame = read_uri(request.arguments[0])
    call = timed_call(tracker, frame, box)
    region = box if box is not None else validate_region(call.prediction, frame.shape[:2])
    if box is None and np.isnan(region).all():
        region = np.zeros(4)  # an absent target: clients accept only rectangles and polygons
    properties = {SECONDS: f"{call.seconds:.9f}"}
    if call.confidence is not None:
        properties[CONFIDENCE] = repr(call.confidence)
    return Message("state", (write_region(region),), properties)


def initial_box(region: str) -> Boxes:
    """Returns the axis-aligned box, shape (4,), on which a tracker is initialized for a region."""
    numbers = read_region(region)
    return axis_aligned_boxes(numbers) if len(numbers) == 8 else bounding_box(numbers)


def read_uri(uri: str) -> Frame:
    """Reads the image of a message: a path, pixels, or the content of a JPEG or PNG file.

    Raises:
        UserError: the image is in another form.
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
        raise UserError(f"images as '{form}' cannot be read; send rgb or gray8")
    if kind == "data":
        content = rest.partition(";")[2].removeprefix("base64,").removeprefix("base64;")
        return read_image(io.BytesIO(base64.b64decode(content)))
    raise UserError(f"images from '{kind}:' cannot be read; send file, image or data")


if __name__ == "__main__":
    sys.exit(main(None))
