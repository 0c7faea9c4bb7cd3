"""TraX: messages, our client and server, and trackers that violate the protocol."""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from processes import until

from benchmarks.cli.main import main
from benchmarks.store import RunFolder, read_run
from trackers import TrackerSpec, UserError
from trackers.box_validation import to_bounding_box
from trackers.errors import InvalidPrediction, TrackerError, TrackerTimeout
from trackers.external.protocols.remote import RemoteTracker
from trackers.external.protocols.trax_messages import Message, read_message, read_region, write_region
from trackers.processes.limits import ProcessLimits
from trackers.serving.trax import initial_box, read_uri
from trackers.serving.trax import main as serve

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1)
SERVER = f"trax:{sys.executable} -m trackers.serving.trax"

# A tracker that writes the lines it is given. "-" waits for a message; "!" tells the test that the lines
# before it are written.
SCRIPT = """
import sys
from pathlib import Path
for line in Path(sys.argv[1]).read_text().splitlines():
    if line == "-":
        with open(sys.argv[1] + ".seen", "a") as seen: seen.write(sys.stdin.readline())
    elif line == "!": Path(sys.argv[1] + ".said").touch()
    else: print(line, flush=True)
if "stay" in sys.argv: sys.stdin.read()
"""
HELLO = '@@TRAX:hello "trax.version=3" "trax.region=rectangle;" "trax.image=path;" '
FRAME = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
BOX = np.array([1.0, 2, 3.5, 4])


@given(
    st.sampled_from(["hello", "initialize", "frame", "state", "quit"]),
    st.lists(WORDS.filter(lambda word: "=" not in word)),
    st.dictionaries(st.from_regex(r"[\w.]{1,64}", fullmatch=True).filter(str.isascii), WORDS | st.just("")),
)
def test_message_round_trip(name: str, arguments: list[str], properties: dict[str, str]) -> None:
    message = Message(name, tuple(arguments), properties)
    assert bytes(message).count(b"\n") == 1
    assert read_message(bytes(message).removesuffix(b"\n")) == message


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"@@TRAX:quit", Message("quit")),
        (b"@@TRAX:status 1,2,3,4 time=5", Message("state", ("1,2,3,4",), {"time": "5"})),
        (b'@@TRAX:frame "image:1;1;rgb;AAA="', Message("frame", ("image:1;1;rgb;AAA=",))),
        (b"@@TRAX:dance", None),
        (b" @@TRAX:quit", None),
        (b"\xff\xfe", None),
    ],
)
def test_other_lines_are_not_messages(line: bytes, expected: Message | None) -> None:
    assert read_message(line) == expected


def test_regions_are_read_and_written() -> None:
    np.testing.assert_array_equal(read_region(write_region(BOX)), BOX)
    assert len(read_region("1,2,3,4,5,6")) == 6
    for wrong in ("1", "1,2,3", "1,2,3,4,5", "mask:0,0,1,1,0,1", "a,b,c,d", ""):
        with pytest.raises(ValueError, match=r"could not convert|neither"):
            read_region(wrong)
    np.testing.assert_array_equal(initial_box("1,2,3,4"), [1, 2, 3, 4])
    np.testing.assert_allclose(initial_box("10,20,40,20,40,60,10,60"), [9.5, 19.5, 31, 41])
    np.testing.assert_array_equal(initial_box("0,0,4,1,2,5"), [0, 0, 4, 5])


def test_images_are_read_in_every_form(tmp_path: Path) -> None:
    path = tmp_path / "a b.png"
    Image.fromarray(FRAME).save(path)
    content = io.BytesIO()
    Image.fromarray(FRAME).save(content, "png")
    pixels = base64.b64encode(FRAME.tobytes()).decode()
    for uri in (
        f"file://{path}",
        f"file:{path}",
        str(path),
        f"image:8;6;rgb;{pixels}",
        f"data:image/png;{base64.b64encode(content.getvalue()).decode()}",
    ):
        np.testing.assert_array_equal(read_uri(uri), FRAME)
    gray = base64.b64encode(FRAME[:, :, 0].tobytes()).decode()
    np.testing.assert_array_equal(read_uri(f"image:8;6;gray8;{gray}"), np.repeat(FRAME[:, :, :1], 3, axis=2))
    for wrong in ("http://x/y.jpg", f"image:8;6;gray16;{gray}"):
        with pytest.raises(UserError, match="cannot be read"):
            read_uri(wrong)


def test_server_returns_same_boxes_as_tracker(squares, tmp_path: Path) -> None:
    common = ["--dataset", "squares", "--results", str(tmp_path)]
    assert main(["run", "--tracker", "ncc", *common]) == 0
    assert main(["run", "--tracker", f"{SERVER} --tracker ncc --set reach=1", "--name", "trax", *common]) == 0
    for name in squares.names():
        [ours], [theirs] = (
            read_run(tmp_path, "squares", tracker).trajectories[name] for tracker in ("ncc", "trax")
        )
        np.testing.assert_allclose(theirs.boxes, ours.boxes, rtol=1e-9)
    record = RunFolder(tmp_path, "squares", "trax", "ope").read_manifest().sequences["right"]
    assert 0 < record.transport < 0.1


def test_server_reports_user_errors_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    tracker = TrackerSpec(f"{SERVER} --tracker nccc", limits=ProcessLimits(start_timeout=20))
    with pytest.raises(UserError, match=r"ended with exit status 2; it wrote: .*did you mean 'ncc'"):
        tracker.build()
    with pytest.raises(SystemExit):
        serve(["--help"])
    assert "over TraX" in capsys.readouterr().out


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Callable[..., RemoteTracker]]:
    """Builds a tracker that writes the given lines."""
    (tmp_path / "script.py").write_text(SCRIPT)
    made: list[RemoteTracker] = []

    def build(*lines: str, stay: bool = True, **options) -> RemoteTracker:
        (tmp_path / "lines").write_text("\n".join(lines))
        command = f"trax:{sys.executable} {tmp_path}/script.py {tmp_path}/lines {'stay' * stay}"
        tracker = TrackerSpec(command, **options).build(tmp_path / "tracker.log")
        assert isinstance(tracker, RemoteTracker)
        made.append(tracker)
        return tracker

    yield build
    for tracker in made:
        tracker.dispose()


def test_version_3_logs_other_output(script, tmp_path: Path) -> None:
    state = "@@TRAX:state 5,6,7,8 sotbench.seconds=0.000001"
    tracker = script("loading", HELLO, "-", "note", "@@TRAX:state 1,2,3,4", "-", "note", state,
                     settings={"mode": "slow"})  # fmt: skip
    tracker.source = Path("/data/1.jpg")
    tracker.init(FRAME, BOX)
    tracker.source = None
    np.testing.assert_array_equal(tracker.update(FRAME), [5, 6, 7, 8])
    assert tracker.own_seconds == 0.000001
    seen = (tmp_path / "lines.seen").read_text().splitlines()
    assert seen[0] == '@@TRAX:initialize "file:///data/1.jpg" "1,2,3.5,4" "mode=slow"'
    assert seen[1].startswith('@@TRAX:frame "file:///dev/shm/sotbench-')
    tracker.dispose()
    assert (tmp_path / "tracker.log").read_text().splitlines()[1:] == ["loading", "note", "note"]


def test_version_4_with_polygons_and_pixels(script, tmp_path: Path) -> None:
    hello = '@@TRAX:hello "trax.version=4" "trax.region=polygon;" "trax.image=memory;"'
    state = "@@TRAX:state 1,9,4,2,7,5"
    tracker = script(hello, "-", "-", state, "-", state, "-", "-", "-", state)
    tracker.init(FRAME, BOX)
    np.testing.assert_array_equal(to_bounding_box(tracker.update(FRAME)), [1, 2, 6, 7])
    tracker.init(FRAME, BOX)
    seen = (tmp_path / "lines.seen").read_text().splitlines()
    initialize = '@@TRAX:initialize "1,2,4.5,2,4.5,6,1,6"'
    frame = f'@@TRAX:frame "image:8;6;rgb;{base64.b64encode(FRAME.tobytes()).decode()}"'
    assert seen == [initialize, frame, frame, "@@TRAX:initialize", initialize, frame]


def test_special_region_means_absent_target(script) -> None:
    tracker = script(HELLO, "-", "@@TRAX:state 1,2,3,4", "-", "@@TRAX:state 0", "-", "@@TRAX:state 5,6,7,8")
    tracker.init(FRAME, BOX)
    assert np.isnan(to_bounding_box(tracker.update(FRAME))).all()
    np.testing.assert_array_equal(to_bounding_box(tracker.update(FRAME)), [5, 6, 7, 8])


def test_image_is_sent_as_file_content(script, tmp_path: Path) -> None:
    state = "@@TRAX:state 1,2,3,4"
    tracker = script('@@TRAX:hello "trax.image=buffer;"', "-", state, "-", state)
    path = tmp_path / "x.jpg"
    Image.fromarray(FRAME).save(path)
    tracker.source = path
    tracker.init(FRAME, BOX)
    tracker.source = None
    tracker.update(FRAME)
    jpeg, png = (read_message(line) for line in (tmp_path / "lines.seen").read_bytes().splitlines())
    assert jpeg.arguments[0] == "data:image/jpeg;" + base64.b64encode(path.read_bytes()).decode()
    np.testing.assert_array_equal(read_uri(png.arguments[0]), FRAME)


def test_vot_py_trackers_restart_for_each_target(script) -> None:
    tracker = script(HELLO + '"vot=1"', "-", "@@TRAX:state 1,2,3,4")
    pids = []
    for _ in range(2):
        tracker.init(FRAME, BOX)
        pids.append(tracker._child.pid)
    assert pids[0] != pids[1]


@pytest.mark.parametrize(
    ("lines", "error", "message"),
    [
        (["@@TRAX:quit trax.reason=tired"], TrackerError, "the tracker quit: tired"),
        (["@@TRAX:state 1,2,3"], InvalidPrediction, "'1,2,3' is neither a rectangle nor a polygon"),
        (["@@TRAX:state mask:0,0,1,1,0,1"], InvalidPrediction, "is neither a rectangle nor a polygon"),
        (["@@TRAX:state 1,2"], InvalidPrediction, "is neither a rectangle"),
        (["@@TRAX:state"], InvalidPrediction, "where a state belongs"),
        (["@@TRAX:hello"], InvalidPrediction, "where a state belongs"),
        (["@@TRAX:state 1,2,3,4 sotbench.seconds=1e9"], InvalidPrediction, "claims 1e\\+09 seconds"),
        (["@@TRAX:state 1,2,3,4 sotbench.seconds=soon"], InvalidPrediction, "gave 'soon' as its seconds"),
        (["x" * 2_000_000], InvalidPrediction, "a line of more than 1048576 bytes"),
        (["x" * 70] * 20_000, InvalidPrediction, "more than 1048576 bytes that are no answer"),
    ],
)
def test_protocol_violations_are_errors(
    script, lines: list[str], error: type[Exception], message: str
) -> None:
    tracker = script(HELLO, "-", "@@TRAX:state 1,2,3,4", "-", *lines)
    tracker.init(FRAME, BOX)
    with pytest.raises(error, match=message):
        tracker.update(FRAME)


def test_other_output_does_not_prevent_timeout(script) -> None:
    tracker = script(HELLO, "-", "@@TRAX:state 1,2,3,4", "-", "just talk")
    tracker.init(FRAME, BOX)
    # Only now: initialization may take longer on a busy machine.
    tracker.process = replace(tracker.process, limits=ProcessLimits(frame_timeout=0.5))
    with pytest.raises(TrackerTimeout, match=r"did not answer within 0.5 s \(--frame-timeout\)"):
        tracker.update(FRAME)


def test_unrequested_reply_is_refused(script, tmp_path: Path) -> None:
    tracker = script(HELLO, "-", "@@TRAX:state 1,2,3,4", "@@TRAX:state 1,2,3,4", "!", "-", "-")
    tracker.init(FRAME, BOX)
    assert until((tmp_path / "lines.said").exists)
    with pytest.raises(InvalidPrediction, match="without being asked"):
        tracker.update(FRAME)


@pytest.mark.parametrize(
    ("hello", "message"),
    [
        ("@@TRAX:state 1,2,3,4", "its first message is 'state', not 'hello'"),
        ('@@TRAX:hello "trax.region=mask;"', "takes regions as mask; rectangles and polygons can be given"),
        (
            '@@TRAX:hello "trax.channels=color,depth"',
            "needs the channels color, depth; only color is available",
        ),
    ],
)
def test_unsupported_trackers_are_refused(script, hello: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        script(hello)
