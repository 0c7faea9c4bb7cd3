"""Frames that lie on disk as one image file each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from benchmarks.datasets.sequence import Frames, SequenceError
from trackers.errors import UserError
from trackers.images import IMAGE_SUFFIXES, load_image, stored_upright
from trackers.regular_files import read_regular
from trackers.tracker import Frame

_LARGEST_IMAGE = 1 << 30
"""Bytes."""


class ImageFiles(Frames):
    """A sequence of image files, decoded by Pillow, which tells a truncated file from a whole one.

    Args:
        paths: one file per frame, in order.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)

    def __len__(self) -> int:
        return len(self.paths)

    def encoded(self, index: int) -> bytes | None:
        try:
            return read_regular(self.paths[index], _LARGEST_IMAGE)
        except OSError:  # what is wrong is said when it is to be decoded
            return None

    def path(self, index: int) -> Path | None:
        path = self.paths[index]
        given = path.suffix.lower() in (".jpg", ".jpeg", ".png") and stored_upright(path)
        return path.absolute() if given else None

    def __getitem__(self, index: int) -> Frame:
        try:
            return load_image(self.paths[index])
        except UserError as error:
            raise SequenceError(str(error)) from None

    def fingerprint(self) -> str:
        """Digest of every file's name, and of the sizes of up to 16 of them, evenly spread.

        Asking a network file system for the size of each of LaSOT's 685,360 frames would take minutes.

        Raises:
            SequenceError: one of them cannot be found: a link to nowhere.
        """
        digest = hashlib.sha256("\n".join(path.name for path in self.paths).encode(errors="surrogateescape"))
        for path in self.paths[:: max(1, len(self.paths) // 16)]:
            try:
                digest.update(f"\n{path.stat().st_size}".encode())
            except OSError as error:
                raise SequenceError(f"{path}: {error.strerror}") from None
        return digest.hexdigest()


def numbered_images(folder: Path, first: int, last: int) -> ImageFiles:
    """Finds the images whose names are the numbers `first` to `last`, with any number of leading zeros.

    Raises:
        SequenceError: the folder or one of the images is missing.
    """
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise SequenceError(f"{folder}: {error.strerror}; no frames there") from None
    found = {
        int(path.stem): path
        for path in files
        if path.suffix.lower() in IMAGE_SUFFIXES and path.stem.isascii() and path.stem.isdigit()
    }
    missing = [number for number in range(first, last + 1) if number not in found]
    if missing:
        raise SequenceError(
            f"{folder}: {len(missing)} of {last - first + 1} frames are missing, first number {missing[0]}; "
            "take the sequence from the data set again"
        )
    return ImageFiles([found[number] for number in range(first, last + 1)])
