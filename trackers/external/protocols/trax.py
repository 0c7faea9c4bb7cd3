"""Trackers that speak TraX, the protocol of VOT's toolkit: `--tracker "trax:COMMAND"`.

As in vot-toolkit, the tracker's time runs from request to reply and includes its own decoding of the image,
unless the tracker reports `sotbench.seconds`. If the data set has a JPEG or PNG file of the frame, its path
is sent, as by vot-toolkit; otherwise the path of a PPM file in shared memory.
"""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from trackers.box_validation import to_confidence
from trackers.errors import InvalidPrediction, TrackerError, UserError, quote_excerpt
from trackers.external.protocols.remote import RemoteTracker
from trackers.external.protocols.trax_messages import (
    CONFIDENCE,
    SECONDS,
    Message,
    read_message,
    read_region,
    write_region,
)
from trackers.processes.child_process import MAX_LINE_BYTES, ChildProcess
from trackers.processes.limits import ProcessSpec
from trackers.provenance import Provenance
from trackers.regions import box_corners
from trackers.tracker import Boxes, Frame


class TraxTracker(RemoteTracker):
    """A TraX server that runs as a child process, connected by its standard input and output.

    Args:
        process, provenance: as for `RemoteTracker`.
        properties: named arguments sent with each initialization.
        restart: whether the process has to be restarted for each initialization.
    """

    def __init__(
        self,
        process: ProcessSpec,
        provenance: Provenance,
        properties: Mapping[str, str],
        restart: bool = False,
    ) -> None:
        # vot.py looks for the variable TRAX.
        super().__init__(replace(process, environment={**process.environment, "TRAX": "1"}), provenance)
        self._properties = properties
        self._restart = restart
        self._hello: Mapping[str, str] = {}
        self._targets = 0

    def init(self, frame: Frame, box: Boxes) -> None:
        # Trackers wrapped by VOT's vot.py can be initialized only once.
        if self._targets and (self._restart or "vot" in self._hello):
            self.close()
        super().init(frame, box)

    def _greet(self, child: ChildProcess, deadline: float) -> None:
        message = read_message(child.line(deadline, self._is_message))
        assert message
        if message.name != "hello":
            raise InvalidPrediction(f"its first message is '{message.name}', not 'hello'")
        self._hello = message.properties
        self._targets = 0
        if not set(self._regions) & {"rectangle", "polygon"}:
            accepted = ", ".join(self._regions)
            raise UserError(f"the tracker takes regions as {accepted}; rectangles and polygons can be given")
        channels = _listed(self._hello.get("trax.channels", "color"), ",;")
        if channels != ["color"]:
            raise UserError(f"the tracker needs the channels {', '.join(channels)}; only color is available")

    def _begin(self, frame: Frame, box: Boxes) -> None:
        region = write_region(box if "rectangle" in self._regions else box_corners(box))
        image = self._image(frame)
        if self._version < 4:
            messages = [Message("initialize", (image, region), self._properties)]
        else:
            messages = [Message("initialize", (region,), self._properties), Message("frame", (image,))]
            if self._targets:
                messages.insert(0, Message("initialize"))
        self._targets = 1
        self._exchange(b"".join(map(bytes, messages)))

    def _follow(self, frame: Frame) -> object:
        region, confidence = self._exchange(bytes(Message("frame", (self._image(frame),))))
        return region if confidence is None else (region, confidence)

    def _exchange(self, request: bytes) -> tuple[Boxes, float | None]:
        """Sends a request; returns the region in the reply, and the confidence if there is one."""
        line = self._ask(request, self._is_message)
        message = read_message(line)
        assert message
        if message.name == "quit":
            reason = quote_excerpt(message.properties.get("trax.reason", ""), 500)[1:-1]
            raise TrackerError(f"the tracker quit{': ' if reason else ''}{reason}")
        if message.name != "state" or len(message.arguments) != 1:
            raise InvalidPrediction(f"the tracker wrote {quote_excerpt(line)} where a state belongs")
        try:
            region = _state(message.arguments[0])
        except ValueError:
            raise InvalidPrediction(
                f"the tracker's region {quote_excerpt(message.arguments[0])} is neither a rectangle nor a "
                "polygon"
            ) from None
        if claim := message.properties.get(SECONDS):
            try:
                self._report_seconds(float(claim))
            except ValueError:
                raise InvalidPrediction(f"the tracker gave {quote_excerpt(claim)} as its seconds") from None
        return region, to_confidence(message.properties.get(CONFIDENCE))

    def _is_message(self, line: bytes) -> bool:
        """Returns whether a line is a message; other lines are added to the log."""
        if read_message(line) is not None:
            return True
        self._log.add(line + b"\n")
        return False

    def _check_unasked(self, lines: list[bytes], rest: int) -> None:
        messages = [line for line in lines if self._is_message(line)]
        if messages:
            super()._check_unasked(messages, 0)
        if rest > MAX_LINE_BYTES:
            raise InvalidPrediction(f"the tracker wrote a line of more than {MAX_LINE_BYTES} bytes")

    @property
    def _version(self) -> int:
        number = self._hello.get("trax.version", "1")
        # int() raises an error of its own for numbers with thousands of digits.
        return int(number) if number.isdecimal() and len(number) <= 9 else 1

    @property
    def _regions(self) -> list[str]:
        return _listed(self._hello.get("trax.region", "rectangle")) or ["rectangle"]

    def _image(self, frame: Frame) -> str:
        """Returns a frame in the first of our forms that the tracker accepts."""
        forms = _listed(self._hello.get("trax.image", "path")) or ["path"]
        if "path" in forms:
            path = self.source or self.frames.put(frame)
            return f"file://{os.fspath(path)}"
        if "memory" in forms:
            height, width = frame.shape[:2]
            return f"image:{width};{height};rgb;{base64.b64encode(frame.tobytes()).decode()}"
        if "buffer" in forms or "data" in forms:
            kind, data = _encoded(self.source, frame)
            return f"data:image/{kind};{base64.b64encode(data).decode()}"
        raise TrackerError(f"the tracker takes images as {forms}; path, memory and buffer can be given")


def _state(text: str) -> Boxes:
    """Reads a tracker's region: a box, shape (4,), corners, shape (n, 2), or NaN, shape (4,), for a code.

    Special regions are written as codes. A tracker that sends one instead of a box has no target.

    Raises:
        ValueError: the text is none of these.
    """
    if re.fullmatch(r"\s*-?\d{1,4}\s*", text):
        return np.full(4, np.nan)
    region = read_region(text)
    return region if len(region) == 4 else region.reshape(-1, 2)


def _encoded(source: Path | None, frame: Frame) -> tuple[str, bytes]:
    """Returns a frame as JPEG or PNG: the data set's own file if there is one."""
    if source is not None:
        return "png" if source.suffix.lower() == ".png" else "jpeg", source.read_bytes()
    data = io.BytesIO()
    Image.fromarray(frame).save(data, "png", compress_level=1)
    return "png", data.getvalue()


def _listed(text: str, separators: str = ";") -> list[str]:
    """Splits text at separators, without empty words."""
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    return [word.strip() for word in text.split(separators[0]) if word.strip()]
