"""The demo on generated videos and folders; its output is read back by OpenCV."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from trackers.demo import main
from trackers.ncc import NCC
from trackers.tracker import Tracker
from trackers.video import window
from trackers.video.drawing import TRACKER_COLOR

ROOT = Path(__file__).parents[2]
BOX = (10.0, 8.0, 24.0, 20.0)


def scene(count: int = 12) -> list[np.ndarray]:
    """A noisy square that moves right by 3 pixels per frame over dark noise."""
    rng = np.random.default_rng(1)
    ground = rng.integers(0, 70, (96, 128, 3), dtype=np.uint8)
    target = rng.integers(120, 256, (20, 24, 3), dtype=np.uint8)
    frames = []
    for k in range(count):
        frame = ground.copy()
        x = 10 + 3 * (k % 30)
        frame[8:28, x : x + 24] = target
        frames.append(frame)
    return frames


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "images"
    path.mkdir()
    for number, frame in enumerate(scene()):
        Image.fromarray(frame).save(path / f"{number}.png")
    return path


@pytest.fixture
def clip(tmp_path) -> Path:
    path = tmp_path / "my clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (128, 96))
    for frame in scene():
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


@pytest.fixture(autouse=True)
def no_screen(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(window, "has_screen", lambda: False)
    monkeypatch.chdir(tmp_path)


def demo(source: Path | str, *more: str, box: str | None = "10,8,24,20", tracker: str = "ncc") -> int:
    given = [] if box is None else [f"--box={box}"]
    return main(["--video", str(source), "--tracker", tracker, *given, *more])


def read(path: Path) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (seen := capture.read())[0]:
        frames.append(cv2.cvtColor(seen[1], cv2.COLOR_BGR2RGB))
    return frames


def boxes_in(path: Path) -> np.ndarray:
    return np.loadtxt(path, delimiter=",", ndmin=2)


def test_demo_writes_the_boxes_of_the_tracker(folder, tmp_path, capsys):
    assert demo(folder, "--boxes", "new/boxes.txt") == 0
    tracker = NCC()
    tracker.init(scene()[0], np.array(BOX))
    expected = [np.array(BOX), *(tracker.update(frame) for frame in scene()[1:])]
    assert np.array_equal(boxes_in(tmp_path / "new" / "boxes.txt"), expected)
    assert expected[-1][0] == 10 + 3 * 11
    said = capsys.readouterr()
    assert said.out.splitlines() == [str(Path("new", "boxes.txt"))]
    assert re.fullmatch(r"12 frames, [\d.]+ FPS \(updates only, without decoding and drawing\)\n", said.err)
    assert not (tmp_path / "demo.mp4").exists()


def test_demo_draws_boxes_on_a_video(clip, tmp_path):
    assert demo(clip, "--out", "tracked.mp4") == 0
    frames = read(tmp_path / "tracked.mp4")
    assert len(frames) == 12
    for number, frame in enumerate(frames):
        assert frame.shape == (96, 128, 3)
        x = 10 + 3 * number
        border = frame[27:29, x + 6 : x + 18].reshape(-1, 3).mean(axis=0)
        assert border == pytest.approx(TRACKER_COLOR, abs=50)


def test_demo_writes_gif(folder, tmp_path):
    assert demo(folder, "--out", "tracked.gif") == 0
    with Image.open(tmp_path / "tracked.gif") as image:
        assert (image.size, image.n_frames) == ((128, 96), 12)


def test_default_video_without_screen(folder, tmp_path, capsys):
    assert demo(folder) == 0
    assert capsys.readouterr().out == "demo.mp4\n"
    assert len(read(tmp_path / "demo.mp4")) == 12


def test_demo_takes_settings(folder, tmp_path):
    assert demo(folder, "--boxes", "b.txt", "--set", "reach=0.01") == 0
    assert boxes_in(tmp_path / "b.txt")[-1, 0] < 30


def test_demo_isolates_tracker(folder, tmp_path):
    assert demo(folder, "--boxes", "a.txt", "--isolate") == 0
    assert demo(folder, "--boxes", "b.txt") == 0
    assert np.array_equal(boxes_in(tmp_path / "a.txt"), boxes_in(tmp_path / "b.txt"))


@pytest.mark.parametrize(
    ("source", "box", "more", "sentence"),
    [
        ("absent.mp4", "1,1,5,5", (), r"there is no file or folder absent\.mp4"),
        ("97", "1,1,5,5", (), "there is no camera 97"),
        ("images", "128,1,5,5", (), "box 128,1,5,5 lies outside the first frame, which is 128 x 96 pixels"),
        ("images", "-9,1,5,5", (), "lies outside"),
        ("images", None, (), r"there is no window .* give --box X,Y,W,H"),
        ("images", "1,1,5,5", ("--out", "a.avi"), r"ends in \.mp4 or \.gif, not to 'a\.avi'"),
        ("images", "1,1,5,5", ("--set", "reech=1"), r"no setting 'reech'"),
        ("images", "1,1,5,5", ("--out", "images/0.png/a.mp4"), "0.png"),
    ],
)
def test_bad_input_is_one_sentence(folder, source, box, more, sentence, capfd):
    assert demo(source, *more, box=box) == 2
    said = capfd.readouterr()
    assert re.search(sentence, said.err)
    assert said.err.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in said.err


@pytest.mark.parametrize("box", ["1,2,3", "1,2,3,4,5", "a,b,c,d", "1,1,0,5", "1,1,5,-5", "nan,1,5,5", ""])
def test_invalid_box_is_refused(box, folder, capsys):
    with pytest.raises(SystemExit) as status:
        demo(folder, box=box)
    assert status.value.code == 2
    error = capsys.readouterr().err
    assert "give x,y,w,h as four numbers" in error
    assert error.count("\n") == 1


class Failing(Tracker):
    """Repeats the first box, and fails in the fifth frame."""

    def __init__(self, how: str = "error") -> None:
        self.how = how

    def init(self, frame, box):
        self.box, self.number = box, 0

    def update(self, frame):
        self.number += 1
        if self.number == 4:
            if self.how == "error":
                raise ValueError("lost")
            if self.how == "nan":
                return np.array([np.nan, 1, 1, 1])
            os.kill(os.getpid(), signal.SIGINT)
        return self.box


@pytest.mark.parametrize(
    ("how", "sentence"), [("error", "at frame 4: ValueError: lost"), ("nan", "at frame 4: InvalidPrediction")]
)
def test_failing_tracker_keeps_earlier_output(folder, tmp_path, capsys, how, sentence):
    more = ("--set", f"how={how}", "--out", "a.mp4", "--boxes", "a.txt")
    assert demo(folder, *more, tracker=f"{__file__}:Failing") == 2
    assert sentence in capsys.readouterr().err
    assert len(boxes_in(tmp_path / "a.txt")) == len(read(tmp_path / "a.mp4")) == 4


def test_ctrl_c_keeps_earlier_output(folder, tmp_path, capsys):
    more = ("--set", "how=interrupt", "--out", "a.mp4", "--boxes", "a.txt")
    assert demo(folder, *more, tracker=f"{__file__}:Failing") == 0
    assert len(boxes_in(tmp_path / "a.txt")) == len(read(tmp_path / "a.mp4")) == 5
    assert "damaged" not in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_tracker_failing_at_once_leaves_no_file(folder, tmp_path, capsys):
    (tmp_path / "never.py").write_text(
        "from trackers import Tracker\n"
        "class Never(Tracker):\n"
        "    def init(self, frame, box): raise RuntimeError('no')\n"
        "    def update(self, frame): return None\n"
    )
    assert demo(folder, "--out", "b.mp4", tracker="never.py:Never") == 2
    assert "the tracker failed at frame 0: RuntimeError: no" in capsys.readouterr().err
    assert not (tmp_path / "b.mp4").exists()


def test_truncated_video_is_reported(tmp_path, capsys):
    whole = tmp_path / "whole.avi"
    writer = cv2.VideoWriter(str(whole), cv2.VideoWriter.fourcc(*"MJPG"), 10, (128, 96))
    for frame in scene(40):
        writer.write(frame)
    writer.release()
    content = whole.read_bytes()
    (tmp_path / "cut.avi").write_bytes(content[: len(content) // 2])
    assert demo("cut.avi", "--boxes", "a.txt") == 0
    said = capsys.readouterr().err
    followed = len(boxes_in(tmp_path / "a.txt"))
    assert 0 < followed < 40
    assert f"the file should have 40 frames; is it damaged after the {followed} that can be read?" in said


def test_damaged_frame_keeps_earlier_output(folder, tmp_path, capsys):
    (folder / "7.png").write_bytes(b"no image")
    assert demo(folder, "--boxes", "a.txt") == 2
    assert "7.png is not an image" in capsys.readouterr().err
    assert len(boxes_in(tmp_path / "a.txt")) == 7


class Screen:
    """A window in which a box is drawn, and which is closed after five frames."""

    titles: list[str] = []  # noqa: RUF012
    drawn: np.ndarray | None = np.array(BOX)

    def __init__(self, title: str) -> None:
        self.titles.append(title)
        self.shown = 0

    def choose(self, frame):
        return self.drawn

    def show(self, frame) -> bool:
        self.shown += 1
        return self.shown < 5

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def test_box_is_drawn_in_window_and_user_quits(clip, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(window, "has_screen", lambda: True)
    monkeypatch.setattr(window, "Window", Screen)
    assert demo(clip, "--boxes", "a.txt", "--out", "a.mp4", box=None) == 0
    assert len(boxes_in(tmp_path / "a.txt")) == len(read(tmp_path / "a.mp4")) == 5
    assert Screen.titles[-1] == "my clip - ncc"
    assert "damaged" not in capsys.readouterr().err
    monkeypatch.setattr(Screen, "drawn", None)
    assert demo(clip, box=None) == 2
    assert "no box was drawn" in capsys.readouterr().err
    assert demo(clip, "--no-window", box=None) == 2
    assert "there is no window" in capsys.readouterr().err


def test_help_loads_neither_torch_nor_opencv():
    code = (
        "import sys, contextlib\nfrom trackers.demo import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "print([name for name in ('torch', 'cv2', 'matplotlib') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.splitlines()[-1] == "[]"
