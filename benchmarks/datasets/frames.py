"""Frames stored on disk as one image file each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from benchmarks.datasets.sequence import Frames, SequenceError, as_sequence_error
from trackers.images import in_number_order, is_image, load_image, open_image, stored_upright
from trackers.regular_files import is_regular, read_regular
from trackers.tracker import Frame
from trackers.wording import agree, counted, counted_of

_MAX_IMAGE_BYTES = 1 << 30


class ImageFiles(Frames):
    """A sequence of image files, decoded by Pillow, which detects truncated files.

    Args:
        paths: one file per frame, in order.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)

    def __len__(self) -> int:
        return len(self.paths)

    def encoded(self, index: int) -> bytes | None:
        try:
            return read_regular(self.paths[index], _MAX_IMAGE_BYTES)
        except OSError:  # decoding the frame reports the error
            return None

    def path(self, index: int) -> Path | None:
        path = self.paths[index]
        readable = path.suffix.lower() in (".jpg", ".jpeg", ".png") and stored_upright(path)
        return path.absolute() if readable else None

    def __getitem__(self, index: int) -> Frame:
        with as_sequence_error():
            return load_image(self.paths[index])

    def fingerprint(self) -> str:
        """Returns a digest of all file names and of the sizes of up to 16 files, evenly spaced.

        Asking a network file system for the size of each of LaSOT's 685,360 frames would take minutes.

        Raises:
            SequenceError: a file is missing, such as the target of a broken link.
        """
        digest = hashlib.sha256("\n".join(path.name for path in self.paths).encode(errors="surrogateescape"))
        for path in self.paths[:: max(1, len(self.paths) // 16)]:
            with as_sequence_error():
                digest.update(f"\n{path.stat().st_size}".encode())
        return digest.hexdigest()


def read_image_size(path: Path) -> tuple[int, int] | None:
    """Returns width and height from an image file's header; None if it cannot be read."""
    try:
        if not is_regular(path):  # reading a pipe would block
            return None
        with open_image(path) as image:
            return image.size
    except Exception:  # Pillow raises almost anything on a damaged file; decoding it reports the error
        return None


def numbered_images(folder: Path, first: int, last: int, prefix: str = "") -> ImageFiles:
    """Finds the images whose names are the numbers `first` to `last`, with any number of leading zeros.

    Args:
        folder: the folder of the images.
        first: the first number.
        last: the last number, inclusive.
        prefix: what precedes the number in a name: `img` in `img000001.jpg`.

    Raises:
        SequenceError: the folder or one of the images is missing.
    """
    try:
        found = _by_number(folder, prefix)
    except OSError as error:
        raise SequenceError(f"{folder}: {error.strerror}; no frames there") from None
    missing = [number for number in range(first, last + 1) if number not in found]
    if missing:
        lacking = counted_of(len(missing), last - first + 1, "frame")
        raise SequenceError(
            f"{folder}: {lacking} {agree(len(missing), 'is', 'are')} missing, first number {missing[0]}; "
            "download the sequence again"
        )
    return ImageFiles([found[number] for number in range(first, last + 1)])


def sorted_images(folder: Path, count: int) -> ImageFiles:
    """Finds the images of a folder whose names follow no pattern, in the order of the numbers in them.

    Args:
        folder: the folder of the images.
        count: how many there must be.

    Raises:
        SequenceError: the folder is missing, or has another number of images.
    """
    try:
        paths = sorted(filter(is_image, folder.iterdir()), key=in_number_order)
    except OSError as error:
        raise SequenceError(f"{folder}: {error.strerror}; no frames there") from None
    if len(paths) != count:
        images = counted(len(paths), "image")
        raise SequenceError(f"{folder}: {images}, expected {count}; download the sequence again")
    return ImageFiles(paths)


def last_number(folder: Path, prefix: str = "") -> int | None:
    """Returns the greatest number among the names of a folder's images; None if there is none.

    Args:
        folder: the folder, which may be missing.
        prefix: as in `numbered_images`.
    """
    try:
        return max(_by_number(folder, prefix), default=None)
    except OSError:  # opening the frames reports the error
        return None


def _by_number(folder: Path, prefix: str) -> dict[int, Path]:
    """Returns the images of a folder whose names are a prefix and a number, by that number."""
    numbered = ((path, path.stem.removeprefix(prefix)) for path in sorted(folder.iterdir()) if is_image(path))
    return {int(number): path for path, number in numbered if number.isascii() and number.isdigit()}
