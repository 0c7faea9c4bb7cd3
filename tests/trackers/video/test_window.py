"""The window, with OpenCV's window functions replaced: tests have no screen."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from trackers.video.window import Window, has_screen

FRAME = np.zeros((48, 64, 3), dtype=np.uint8)
FRAME[..., 0] = 200


class Screen:
    """A fake screen: what the user does and what the window shows."""

    def __init__(self) -> None:
        self.keys: list[int] = []
        self.open = True
        self.shown: list[np.ndarray] = []
        self.drawn = (0, 0, 0, 0)
        self.sizes: list[tuple[int, int]] = []


@pytest.fixture
def screen(monkeypatch) -> Screen:
    screen = Screen()
    monkeypatch.setattr(cv2, "namedWindow", lambda name, flags: None)
    monkeypatch.setattr(cv2, "setWindowTitle", lambda name, title: None)
    monkeypatch.setattr(cv2, "resizeWindow", lambda name, *size: screen.sizes.append(size))
    monkeypatch.setattr(cv2, "destroyAllWindows", lambda: setattr(screen, "open", False))
    monkeypatch.setattr(cv2, "imshow", lambda name, image: screen.shown.append(image))
    monkeypatch.setattr(cv2, "waitKey", lambda delay: screen.keys.pop(0) if screen.keys else -1)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda name, which: float(screen.open))
    monkeypatch.setattr(cv2, "selectROI", lambda name, image, cross, center: screen.drawn)
    return screen


def test_frames_are_shown_in_bgr(screen):
    with Window("any") as window:
        assert window.show(FRAME)
    assert screen.shown[0][0, 0].tolist() == [0, 0, 200]
    assert not screen.open


@pytest.mark.parametrize("key", [ord("q"), 27])
def test_quit_keys_end(screen, key):
    screen.keys = [-1, ord("x"), key]
    window = Window("any")
    assert [window.show(FRAME) for _ in range(3)] == [True, True, False]


def test_space_pauses_and_resumes(screen):
    screen.keys = [ord(" "), -1, -1, ord(" "), -1]
    window = Window("any")
    assert window.show(FRAME)
    assert len(screen.keys) == 1
    screen.keys = [ord(" "), -1, ord("q")]
    assert not window.show(FRAME)


def test_window_size_is_set_once(screen):
    window = Window("any")
    assert window.show(FRAME)
    assert window.show(FRAME[:20])
    assert screen.sizes == [(64, 48)]


def test_closed_window_ends(screen):
    window = Window("any")
    screen.open = False
    assert not window.show(FRAME)


def test_user_draws_box(screen):
    window = Window("any")
    assert window.choose(FRAME) is None
    screen.drawn = (3, 4, 20, 10)
    assert window.choose(FRAME).tolist() == [3, 4, 20, 10]


def test_no_display_variable_means_no_screen(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert not has_screen()


def test_unreachable_screen_is_no_screen(monkeypatch):
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", "localhost:4711")
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    assert not has_screen()
