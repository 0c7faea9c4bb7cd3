"""Encoding of frames to a video file: MP4, or GIF for pages that do not show videos.

MP4 files are H.264, which all browsers play, if there is an `ffmpeg`: on the PATH, or from the package
imageio-ffmpeg. Without it they are OpenCV's MPEG-4, which players such as VLC and mpv open.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from trackers.atomic import make_folder
from trackers.errors import UserError
from trackers.tracker import Frame


def check_writable(path: Path) -> None:
    """Checks that `write_video` supports a path, before any work is done.

    Raises:
        UserError: its suffix is not supported, or it is a folder.
    """
    if path.suffix.lower() not in _WRITERS:
        raise UserError(f"a video is written to a file that ends in {' or '.join(_WRITERS)}, not to '{path}'")
    if path.is_dir():
        raise UserError(f"{path} is a folder; name a file")


def write_video(path: Path, frames: Iterable[Frame], fps: float) -> int:
    """Encodes frames as they come, to a file that appears under its name only when it is complete.

    Args:
        path: a path that ends in .mp4 or .gif.
        frames: RGB, uint8, shape (H, W, 3), all of the same size. A frame may be reused as soon as the next
            one is requested.
        fps: frames per second; a GIF rounds a frame's time to hundredths of a second.

    Returns:
        The number of frames.

    Raises:
        UserError: as `check_writable`, there is no frame, or the encoder fails.
        OSError: the file cannot be written.
    """
    check_writable(path)
    images = iter(frames)
    first = next(images, None)
    if first is None:
        raise UserError(f"there is no frame to write to {path}")
    counted = _Counted(itertools.chain([first], images))
    with _replacing(path) as temporary:
        _WRITERS[path.suffix.lower()](temporary, first.shape[:2], counted, fps)
    return counted.count


class _Counted(Iterator[Frame]):
    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames
        self.count = 0

    def __next__(self) -> Frame:
        frame = next(self._frames)
        self.count += 1
        return frame


@contextmanager
def _replacing(path: Path) -> Generator[Path, None, None]:
    """Yields a temporary path beside `path`; it replaces `path` at the end, or is removed after an error."""
    # An absolute path with a plain name: encoders take text before a colon for a protocol.
    parent = path.parent.absolute()
    make_folder(parent)
    with tempfile.TemporaryDirectory(prefix=".video-", dir=parent) as folder:
        temporary = Path(folder) / f"video{path.suffix.lower()}"
        yield temporary
        temporary.replace(path)


def ffmpeg() -> str | None:
    """Returns the path of an `ffmpeg`, or None."""
    if found := shutil.which("ffmpeg"):
        return found
    if find_spec("imageio_ffmpeg") is None:
        return None
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:  # the package has no program for this machine
        return None


def _write_mp4(path: Path, shape: tuple[int, int], frames: Iterator[Frame], fps: float) -> None:
    height, width = (size + size % 2 for size in shape)
    write = _pipe if ffmpeg() else _write_mpeg4
    write(path, (height, width), map(_even, frames), fps)


def _even(frame: Frame) -> Frame:
    """Returns a frame with even numbers of rows and columns, as MP4 requires, by repeating the last ones."""
    bottom, right = (size % 2 for size in frame.shape[:2])
    if not (bottom or right):
        return frame
    even: Frame = cv2.copyMakeBorder(frame, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    return even


def _pipe(path: Path, shape: tuple[int, int], frames: Iterator[Frame], fps: float) -> None:
    """Encodes H.264 by ffmpeg, in a separate process, while the next frame is drawn."""
    program = ffmpeg()
    assert program
    height, width = shape
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{fps:.6g}", "-i", "-"]
    # Browsers play only 4:2:0. The color matrix is explicit, because players would guess it from the size.
    # faststart lets a page play the video before it is loaded completely.
    matrix = "scale=out_color_matrix=bt709:out_range=tv"
    coded = ["-vf", matrix, "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p"]
    tags = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    command = [program, "-v", "error", "-y", *raw, *coded, *tags, "-movflags", "+faststart", str(path)]
    with tempfile.TemporaryFile() as messages:
        # In a new session, so that Ctrl-C does not reach ffmpeg, and this process can finish the file.
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=messages, stderr=messages, start_new_session=True
        )
        assert process.stdin
        try:
            for frame in frames:
                process.stdin.write(np.ascontiguousarray(frame).data)
            process.stdin.close()
            status = process.wait()
        except BrokenPipeError:
            status = process.wait() or 1
        finally:
            process.kill()
            process.wait()
            with suppress(BrokenPipeError):
                process.stdin.close()
        if status:
            messages.seek(0)
            lines = messages.read().decode(errors="replace").strip().splitlines()
            raise UserError(f"{program} cannot write the video: {lines[-1] if lines else f'status {status}'}")


def _write_mpeg4(path: Path, shape: tuple[int, int], frames: Iterator[Frame], fps: float) -> None:
    """Encodes MPEG-4 part 2 by OpenCV."""
    height, width = shape
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
    try:
        if not writer.isOpened():
            raise UserError(
                f"OpenCV cannot write an MP4 of {width} x {height} pixels here; install imageio-ffmpeg, or "
                "name a .gif"
            )
        for frame in frames:
            writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    finally:
        writer.release()


def _write_gif(path: Path, shape: tuple[int, int], frames: Iterator[Frame], fps: float) -> None:  # noqa: ARG001
    still = map(Image.fromarray, _without_flicker(frames))
    early = list(itertools.islice(still, _GIF_SAMPLE))
    # One palette and no dithering, so that unchanged pixels take no space.
    palette = _palette(early)
    images = (
        image.quantize(palette=palette, dither=Image.Dither.NONE) for image in itertools.chain(early, still)
    )
    hundredths = max(2, round(100 / fps))  # browsers slow down faster GIFs
    next(images).save(
        path, "GIF", save_all=True, append_images=images, duration=10 * hundredths, loop=0, optimize=True
    )


_FLICKER = 20
"""A pixel that changes by no more than this in each channel, 0 to 255, is not updated."""


def _without_flicker(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Yields copies of frames in which pixels that change only by noise stay as they were."""
    shown = next(frames).copy()
    yield shown
    for frame in frames:
        changed = cv2.absdiff(frame, shown).max(axis=2, keepdims=True) > _FLICKER
        shown = np.where(changed, frame, shown)
        yield shown


_GIF_SAMPLE = 64
"""Number of frames at the beginning that determine the palette."""


def _palette(images: list[Image.Image]) -> Image.Image:
    """Returns an image with the best 255 colors for eight of the images, evenly spaced."""
    chosen = images[:: max(1, len(images) // 8)]
    width, height = chosen[0].size
    sheet = Image.new("RGB", (width, height * len(chosen)))
    for row, image in enumerate(chosen):
        sheet.paste(image, (0, row * height))
    # The 256th color means "unchanged".
    return sheet.quantize(255, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


_Writer = Callable[[Path, tuple[int, int], Iterator[Frame], float], None]
_WRITERS: dict[str, _Writer] = {".mp4": _write_mp4, ".gif": _write_gif}
