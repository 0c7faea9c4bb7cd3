"""What trackers in processes of their own say, and what a TraX client says to ours."""

from __future__ import annotations

import base64
import contextlib
import io
from collections.abc import Callable, Iterable
from unittest import mock

import numpy as np

from tests.fuzz.target import Target, choice
from trackers.box_validation import to_bounding_box
from trackers.errors import TrackerError, UserError
from trackers.external.protocols import remote
from trackers.external.protocols.json_lines import JsonLinesTracker
from trackers.external.protocols.remote import RemoteTracker
from trackers.external.protocols.trax import TraxTracker
from trackers.external.protocols.trax_messages import read_message, read_region, write_region
from trackers.processes.child_process import ChildProcess
from trackers.processes.limits import ProcessSpec
from trackers.processes.stderr_log import StderrLog
from trackers.provenance import Provenance
from trackers.serving.trax import serve
from trackers.still import Still

_FRAME = np.zeros((4, 5, 3), dtype=np.uint8)
_BOX = np.array([1.0, 1, 2, 2])


class _Script(ChildProcess):
    """A fake process whose output is given in advance."""

    def __init__(self, lines: list[bytes], pending: list[bytes]) -> None:
        self._lines = lines
        self._pending = pending

    def send(self, line: bytes, deadline: float) -> None:
        assert line.endswith(b"\n")

    def line(self, deadline: float, wanted: Callable[[bytes], bool] = lambda line: True) -> bytes:
        while self._lines:
            line = self._lines.pop(0)
            if wanted(line):
                return line
        raise TrackerError("the tracker's process ended")

    def pending(self) -> tuple[list[bytes], int]:
        lines, self._pending = self._pending, []
        return lines, 0

    def close(self, grace: float = 0.0) -> None:
        pass

    @property
    def alive(self) -> bool:
        return True


def _converse(make: Callable[[], RemoteTracker], data: bytes) -> None:
    """Initializes a tracker and updates it twice; the bytes are all of its output."""
    number, rest = choice(data)
    output, _, pending = rest.partition(b"\0")

    def child(process: ProcessSpec, log: StderrLog) -> _Script:
        return _Script(output.split(b"\n"), pending.split(b"\n") if pending and number & 1 else [])

    with mock.patch.object(remote, "ChildProcess", child):
        tracker = make()
        try:
            tracker.init(_FRAME, _BOX)
            for _ in range(2):
                box = to_bounding_box(tracker.update(_FRAME))
                assert np.isfinite(box).all() or np.isnan(box).all()
                assert tracker.own_seconds is not None
                assert tracker.own_seconds >= 0
        finally:
            tracker.dispose()


def _process() -> RemoteTracker:
    return JsonLinesTracker(ProcessSpec(["tracker"]), Provenance())


def _trax() -> RemoteTracker:
    return TraxTracker(ProcessSpec(["tracker"]), Provenance(), {"key": "value"})


def _check_line(data: bytes) -> None:
    message = read_message(data)
    if message is None:
        return
    again = read_message(bytes(message).rstrip(b"\n"))
    # Bytes that are no UTF-8 may have become some when a backslash between them went.
    assert again is not None
    assert bytes(again) == bytes(message)
    for argument in message.arguments:
        with contextlib.suppress(ValueError):
            region = read_region(argument)
            assert len(region) >= 4
            assert len(region) % 2 == 0
            np.testing.assert_allclose(read_region(write_region(region)), region, rtol=1e-9)


def _check_server(data: bytes) -> None:
    answers = io.BytesIO()
    with contextlib.redirect_stderr(io.StringIO()):
        status = serve(Still(), "still", io.BytesIO(data.replace(b"file:", b"image:")), answers)
    assert status in (0, 1)
    *messages, end = answers.getvalue().split(b"\n")
    assert end == b""
    names = [message.name for message in map(read_message, messages) if message]
    assert len(names) == len(messages)
    assert names[0] == "hello"
    assert set(names[1:]) <= {"state", "quit"}
    assert ("quit" in names) == (status == 1)


_HELLO = b'@@TRAX:hello "trax.version=3" "trax.region=rectangle;polygon;" "trax.image=path;memory;buffer;"\n'
_STATE = b'@@TRAX:state "1,2,3,4" "sotbench.seconds=0.0"\n'
_PIXELS = base64.b64encode(_FRAME.tobytes())
_TRAX_WORDS = (
    *(
        b"@@TRAX:",
        b"hello",
        b"initialize",
        b"frame",
        b"state",
        b"status",
        b"quit",
        b"trax.version=4",
        b"trax.reason=",
    ),
    *(
        b"trax.region=",
        b"rectangle",
        b"polygon",
        b"trax.image=",
        b"path",
        b"memory",
        b"buffer",
        b"trax.channels=",
    ),
    *(b"sotbench.seconds=", b"nan", b"inf", b"-1", b'\\"', b"\\n", b"\\", b'"', b"1,2,3,4", b"vot=1"),
)


def _server_seeds() -> Iterable[bytes]:
    image = b'"image:5;4;rgb;' + _PIXELS + b'"'
    begin = b"@@TRAX:initialize " + image + b' "1,2,3,4"\n'
    yield begin + b"@@TRAX:frame " + image + b"\n@@TRAX:quit\n"
    yield begin.replace(b"1,2,3,4", b"1,1,3,1,3,3,1,3")
    yield b'@@TRAX:frame "data:image/png;base64;iVBORw0KGgo="\n'


def _client_seeds() -> Iterable[bytes]:
    yield b"\0" + _HELLO + _STATE * 3
    yield b"\0" + _HELLO.replace(b"=3", b"=4").replace(b"path;", b"") + _STATE * 3
    yield b"\1" + _HELLO + _STATE * 3 + b"\0@@TRAX:state\n"
    yield b"\0" + _HELLO + _STATE + b"some words\n" + _STATE.replace(b"1,2,3,4", b"1,1,3,1,2,3")
    yield b"\0" + _HELLO + b'@@TRAX:quit "trax.reason=out of memory"\n'


def _json_seeds() -> Iterable[bytes]:
    ready = b'{"ready": 1, "device": "cpu", "files": ["a.py"], "weights": null, "deterministic": true}\n'
    answer = b'{"box": [1, 2, 3, 4], "seconds": 0.0}\n'
    yield b"\0" + ready + answer * 3
    yield b"\1" + ready + b"{}\n" + answer + b"\0words\n"
    yield b"\0" + ready + b"{}\n" + b'{"error": "ValueError: no", "traceback": "..."}\n'
    yield b'\0{"error": "no such weights"}\n'
    yield b"\0" + b"[" * 2000


TRAX_LINE = Target(
    "trax-line",
    _check_line,
    lambda: [_HELLO[:-1], _STATE[:-1], _server_seeds().__iter__().__next__()[:120]],
    _TRAX_WORDS,
)
TRAX_CLIENT = Target(
    "trax-client",
    lambda data: _converse(_trax, data),
    _client_seeds,
    _TRAX_WORDS,
    (UserError, TrackerError),
    longest=6000,
)
TRAX_SERVER = Target(
    "trax-server",
    _check_server,
    _server_seeds,
    (*_TRAX_WORDS, b"image:", b"data:image/png;base64;", b";rgb;", b";gray8;", _PIXELS),
    share=0.3,
)
JSON_CLIENT = Target(
    "json-client",
    lambda data: _converse(_process, data),
    _json_seeds,
    (
        *(
            b'"ready": 1',
            b'"box"',
            b'"seconds"',
            b'"error"',
            b'"traceback"',
            b'"device"',
            b'"files"',
            b'"weights"',
        ),
        *(
            b'"changed"',
            b'"deterministic"',
            b"cuda:0",
            b"[1, 2, 3, 4]",
            b"NaN",
            b"1e999",
            b"null",
            b"true",
            b"{}",
        ),
    ),
    (UserError, TrackerError),
    longest=4096,
)
