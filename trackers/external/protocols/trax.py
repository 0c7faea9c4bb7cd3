"""Trackers that speak TraX, the protocol of VOT's toolkit, as ours: `--tracker "trax:COMMAND"`.

The tracker's time is what vot-toolkit takes it to be, from the request to the answer, with its own decoding
of the image; a tracker that sends `sotbench.seconds` along is believed. Where the data set has a JPEG or PNG
file of the frame its path is handed over, as vot-toolkit does, and elsewhere that of a PPM file in memory.
"""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from trackers.errors import InvalidPrediction, RemoteTrackerError, UserError
from trackers.external.protocols.remote import RemoteTracker
from trackers.external.protocols.trax_messages import Message, read_message, read_region, write_region
from trackers.processes.child_process import LONGEST_LINE, ChildProcess
from trackers.processes.limits import ProcessLimits
from trackers.processes.stderr_log import quote_excerpt
from trackers.provenance import Provenance
from trackers.regions import box_corners
from trackers.tracker import Boxes, Frame

SECONDS = "sotbench.seconds"
"""The named argument by which a tracker tells its own seconds."""


class TraxTracker(RemoteTracker):
    """A TraX server that is a child of this process, spoken to over its standard input and output.

    Args:
        command, provenance, limits, log, environment: as for `RemoteTracker`.
        properties: named arguments for each initialisation.
        restart: whether it has to be started for each initialisation.
    """

    def __init__(
        self,
        command: Sequence[str],
        provenance: Provenance,
        limits: ProcessLimits,
        log: Path | None,
        environment: Mapping[str, str],
        properties: Mapping[str, str],
        restart: bool = False,
    ) -> None:
        # TRAX is what vot.py looks for.
        super().__init__(command, provenance, limits, log, {**environment, "TRAX": "1"})
        self._properties = properties
        self._restart = restart
        self._hello: Mapping[str, str] = {}
        self._targets = 0

    def init(self, frame: Frame, box: Boxes) -> None:
        # What has VOT's wrapper around it can be initialised once.
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
            taken = ", ".join(self._regions)
            raise UserError(f"the tracker takes regions as {taken}; rectangles and polygons can be given")
        channels = _listed(self._hello.get("trax.channels", "color"), ",;")
        if channels != ["color"]:
            raise UserError(f"the tracker needs the channels {', '.join(channels)}; there is color alone")

    def _begin(self, frame: Frame, box: Boxes) -> None:
        region = write_region(box if "rectangle" in self._regions else box_corners(np.asarray(box)))
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
        return self._exchange(bytes(Message("frame", (self._image(frame),))))

    def _exchange(self, request: bytes) -> Boxes:
        line = self._ask(request, self._is_message)
        message = read_message(line)
        assert message
        if message.name == "quit":
            reason = quote_excerpt(message.properties.get("trax.reason", ""), 500)[1:-1]
            raise RemoteTrackerError(f"the tracker quit{': ' if reason else ''}{reason}")
        if message.name != "state" or len(message.arguments) != 1:
            raise InvalidPrediction(f"the tracker wrote {quote_excerpt(line)} where a state belongs")
        try:
            region = _state(message.arguments[0])
        except ValueError:
            raise InvalidPrediction(
                f"the tracker's region {quote_excerpt(message.arguments[0])} is no rectangle and no polygon"
            ) from None
        if claim := message.properties.get(SECONDS):
            try:
                self._claim(float(claim))
            except ValueError:
                raise InvalidPrediction(f"the tracker gave {quote_excerpt(claim)} as its seconds") from None
        return region

    def _is_message(self, line: bytes) -> bool:
        """Whether a line is the protocol's; what else a tracker prints belongs to the log."""
        if read_message(line) is not None:
            return True
        self._log.add(line + b"\n")
        return False

    def _unasked(self, lines: list[bytes], rest: int) -> None:
        messages = [line for line in lines if self._is_message(line)]
        if messages:
            raise InvalidPrediction(f"the tracker wrote {quote_excerpt(messages[0])} without being asked")
        if rest > LONGEST_LINE:
            raise InvalidPrediction(f"the tracker wrote a line of more than {LONGEST_LINE} bytes")

    @property
    def _version(self) -> int:
        number = self._hello.get("trax.version", "1")
        # Python refuses to read numbers of thousands of digits, in its own words.
        return int(number) if number.isdecimal() and len(number) <= 9 else 1

    @property
    def _regions(self) -> list[str]:
        return _listed(self._hello.get("trax.region", "rectangle")) or ["rectangle"]

    def _image(self, frame: Frame) -> str:
        """A frame in the first form that the tracker takes."""
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
        raise RemoteTrackerError(f"the tracker takes images as {forms}; path, memory and buffer can be given")


def _state(text: str) -> Boxes:
    """A tracker's region: a box, shape (4,); corners, shape (n, 2); NaN, shape (4,), for a special region.

    Special regions are codes. A tracker that has one in place of a box has no target.

    Raises:
        ValueError: it is none of these.
    """
    if re.fullmatch(r"\s*-?\d{1,4}\s*", text):
        return np.full(4, np.nan)
    region = read_region(text)
    return region if len(region) == 4 else region.reshape(-1, 2)


def _encoded(source: Path | None, frame: Frame) -> tuple[str, bytes]:
    """A frame as JPEG or PNG: the data set's own file where there is one."""
    if source is not None:
        return "png" if source.suffix.lower() == ".png" else "jpeg", source.read_bytes()
    data = io.BytesIO()
    Image.fromarray(frame).save(data, "png", compress_level=1)
    return "png", data.getvalue()


def _listed(text: str, separators: str = ";") -> list[str]:
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    return [word.strip() for word in text.split(separators[0]) if word.strip()]
