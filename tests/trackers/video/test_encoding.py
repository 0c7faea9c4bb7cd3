"""Videos are written and read back, independently, by OpenCV and Pillow."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from trackers.errors import UserError
from trackers.video import encoding
from trackers.video.encoding import check_writable, ffmpeg, write_video

COLORS = [(213, 94, 0), (0, 114, 178), (0, 158, 115), (255, 255, 255), (20, 20, 20)]


def pictures(width: int = 64, height: int = 48):
    """Yields frames of one color each, in the same array."""
    image = np.empty((height, width, 3), dtype=np.uint8)
    for color in COLORS:
        image[:] = color
        yield image


def frames_of(path: Path) -> tuple[list[np.ndarray], float]:
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (read := capture.read())[0]:
        frames.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
    fps = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return frames, fps


@pytest.fixture(params=["ffmpeg", "opencv"])
def encoder(request, monkeypatch) -> str:
    if request.param == "opencv":
        monkeypatch.setattr(encoding, "ffmpeg", lambda: None)
    elif ffmpeg() is None:
        pytest.skip("needs ffmpeg (pip install imageio-ffmpeg)")
    return request.param


@pytest.mark.parametrize("size", [(64, 48), (65, 47)])
def test_mp4_round_trip(encoder, size, tmp_path):
    path = tmp_path / "new folder" / "a.mp4"
    assert write_video(path, pictures(*size), 12.5) == len(COLORS)
    frames, fps = frames_of(path)
    assert fps == pytest.approx(12.5)
    assert len(frames) == len(COLORS)
    for frame, color in zip(frames, COLORS, strict=True):
        assert frame.shape == (48, size[0] + size[0] % 2, 3)
        assert np.abs(frame[:47, :64].astype(int) - color).max() <= 12
    assert [p.name for p in path.parent.iterdir()] == ["a.mp4"]


def test_ffmpeg_mp4_plays_in_browsers(tmp_path):
    if ffmpeg() is None:
        pytest.skip("needs ffmpeg (pip install imageio-ffmpeg)")
    path = tmp_path / "a.mp4"
    write_video(path, pictures(), 25)
    content = path.read_bytes()
    assert b"avc1" in content
    assert content.index(b"moov") < content.index(b"mdat")
    told = subprocess.run([ffmpeg(), "-i", str(path)], capture_output=True, text=True, check=False).stderr
    assert "yuv420p(tv, bt709" in told


def test_gif_round_trip(tmp_path):
    path = tmp_path / "a.GIF"
    assert write_video(path, pictures(65, 47), 25) == len(COLORS)
    with Image.open(path) as image:
        assert (image.n_frames, image.size, image.info["loop"]) == (len(COLORS), (65, 47), 0)
        for number, color in enumerate(COLORS):
            image.seek(number)
            assert image.info["duration"] == 40
            assert np.abs(np.asarray(image.convert("RGB")).astype(int) - color).max() <= 6


def test_gif_keeps_moving_box_and_drops_flicker(tmp_path):
    rng = np.random.default_rng(0)
    ground = rng.integers(60, 180, (40, 100, 3))
    boxes = [range(4 + 8 * k, 14 + 8 * k) for k in range(10)]
    frames = []
    for box in boxes:
        frame = (ground + rng.integers(-8, 9, ground.shape)).astype(np.uint8)
        frame[10:20, box.start : box.stop] = (213, 94, 0)
        frames.append(frame)
    path = tmp_path / "a.gif"
    write_video(path, iter(frames), 10)
    with Image.open(path) as image:
        for number, box in enumerate(boxes):
            image.seek(number)
            shown = np.asarray(image.convert("RGB")).astype(int)
            assert np.abs(shown[10:20, box.start : box.stop] - (213, 94, 0)).max() < 30
            assert np.abs(shown - frames[number].astype(int)).mean() < 20
    Image.fromarray(frames[0]).quantize(256).save(tmp_path / "one.gif")
    assert path.stat().st_size < 2.5 * (tmp_path / "one.gif").stat().st_size


def test_long_gif_is_complete(tmp_path):
    frames = [np.full((8, 8, 3), 3 * k, dtype=np.uint8) for k in range(80)]
    assert write_video(tmp_path / "a.gif", frames, 50) == 80
    with Image.open(tmp_path / "a.gif") as image:
        total = 0
        for number in range(image.n_frames):
            image.seek(number)
            total += image.info["duration"]
    assert total == 80 * 20  # equal frames are joined, and keep their total time


@pytest.mark.parametrize("name", ["a.avi", "a", "mp4", "a.mp4.txt"])
def test_other_suffixes_are_refused(name, tmp_path):
    with pytest.raises(UserError, match=r"ends in \.mp4 or \.gif"):
        write_video(tmp_path / name, pictures(), 25)


def test_folder_is_refused(tmp_path):
    (tmp_path / "a.mp4").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        check_writable(tmp_path / "a.mp4")


@pytest.mark.parametrize("name", ["a.mp4", "a.gif"])
def test_empty_video_is_refused(name, tmp_path):
    with pytest.raises(UserError, match="no frame"):
        write_video(tmp_path / name, [], 25)


@pytest.mark.parametrize("name", ["a.mp4", "a.gif"])
def test_interrupted_writing_keeps_existing_file(name, tmp_path):
    def breaking():
        yield from pictures()
        raise KeyboardInterrupt

    path = tmp_path / name
    path.write_text("earlier")
    with pytest.raises(KeyboardInterrupt):
        write_video(path, breaking(), 25)
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_failing_encoder_is_one_sentence(tmp_path, monkeypatch):
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho first >&2\necho 'Unknown encoder' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    many = (picture for _ in range(400) for picture in pictures(640, 480))
    with pytest.raises(UserError, match=r"ffmpeg cannot write the video: Unknown encoder$"):
        write_video(tmp_path / "a.mp4", many, 25)
    assert list(tmp_path.iterdir()) == [program]


@pytest.mark.parametrize("name", ["ü 'quoted' \"x\" %03d <b>.mp4", "-i.mp4", "a:b.mp4", "naïve .gif"])
def test_hostile_file_names_are_written(encoder, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert write_video(Path(name), pictures(), 25) == len(COLORS)
    assert [path.name for path in tmp_path.iterdir()] == [name]
