"""Frames from video files, cameras and folders of images."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from trackers.errors import UserError
from trackers.video.encoding import ffmpeg
from trackers.video.frame_source import open_frame_source


def gray(level: int, width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height, width, 3), level, dtype=np.uint8)


def clip(path: Path, frames: int = 6, fps: float = 10) -> Path:
    """Writes a video in which frame k is gray of level 40 k, and the first is red."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (64, 48))
    for k in range(frames):
        image = gray(40 * k)
        if k == 0:
            image[:] = (0, 0, 255)  # BGR
        writer.write(image)
    writer.release()
    return path


def test_video_file_gives_rgb_frames(tmp_path):
    frame_source = open_frame_source(str(clip(tmp_path / "clip.mp4")))
    assert (frame_source.name, frame_source.fps, frame_source.length) == ("clip", 10, 6)
    frames = list(frame_source)
    assert len(frames) == 6
    assert frames[0][24, 32] == pytest.approx([255, 0, 0], abs=8)
    assert [frame.mean() for frame in frames[1:]] == pytest.approx([40, 80, 120, 160, 200], abs=4)
    assert all(frame.dtype == np.uint8 and frame.shape == (48, 64, 3) for frame in frames)


@pytest.mark.parametrize("matrix", ["bt709", "smpte170m"])
def test_color_matrix_of_the_file_is_used(matrix, tmp_path):
    if ffmpeg() is None:
        pytest.skip("needs ffmpeg (pip install imageio-ffmpeg)")
    # OpenCV before 4.13 decodes both with the second matrix: green 177 instead of 158.
    path = tmp_path / "a.mp4"
    still = ["-f", "lavfi", "-i", "color=0x009e73:64x48:r=10:d=0.5,format=rgb24"]
    coded = ["-vf", f"scale=out_color_matrix={matrix}:out_range=tv", "-c:v", "libx264", "-pix_fmt", "yuv420p"]
    subprocess.run([ffmpeg(), "-v", "error", *still, *coded, "-colorspace", matrix, str(path)], check=True)
    for frame in open_frame_source(str(path)):
        assert frame[24, 32] == pytest.approx([0, 158, 115], abs=4)


@pytest.mark.parametrize("name", ["%03d.mp4", "ü 'x' \"y\".mp4", "-i.mp4", "0", "a:b.mp4"])
def test_hostile_names_are_opened(name, tmp_path, monkeypatch):
    clip(tmp_path / "clip.mp4").rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(list(open_frame_source(name))) == 6


def test_folder_images_are_sorted_by_number(tmp_path):
    for k in (10, 9, 1):
        Image.fromarray(gray(k * 10)).save(tmp_path / f"frame {k}.png")
    (tmp_path / "notes.txt").write_text("no image")
    frame_source = open_frame_source(str(tmp_path))
    assert frame_source.length == 3
    assert frame_source.name == tmp_path.name
    assert [frame[0, 0, 0] for frame in frame_source] == [10, 90, 100]


def test_change_of_image_size_is_refused(tmp_path):
    Image.fromarray(gray(10)).save(tmp_path / "1.png")
    Image.fromarray(gray(10, 50)).save(tmp_path / "2.png")
    frames = iter(open_frame_source(str(tmp_path)))
    next(frames)
    with pytest.raises(UserError, match=r"2\.png is 50 x 48 pixels, but the first image is 64 x 48"):
        next(frames)


def test_damaged_image_is_named(tmp_path):
    Image.fromarray(gray(10)).save(tmp_path / "1.png")
    (tmp_path / "2.png").write_bytes((tmp_path / "1.png").read_bytes()[:60])
    with pytest.raises(UserError, match=r"2\.png is damaged"):
        list(open_frame_source(str(tmp_path)))


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("absent.mp4", r"there is no file or folder absent\.mp4"),
        ("97", "there is no camera 97"),
        ("text.mp4", r"text\.mp4 is not a video that OpenCV can read"),
        ("cut.mp4", r"cut\.mp4 is not a video that OpenCV can read"),
        ("empty", "empty contains no images"),
        ("1.png", "is a single image; give the folder"),
    ],
)
def test_bad_input_is_one_sentence(source, sentence, tmp_path, monkeypatch, capfd):
    (tmp_path / "text.mp4").write_text("hello")
    (tmp_path / "cut.mp4").write_bytes(clip(tmp_path / "clip.mp4").read_bytes()[:500])
    (tmp_path / "empty").mkdir()
    Image.fromarray(gray(10)).save(tmp_path / "1.png")
    monkeypatch.chdir(tmp_path)
    capfd.readouterr()
    with pytest.raises(UserError, match=sentence):
        open_frame_source(source)
    assert capfd.readouterr() == ("", "")
