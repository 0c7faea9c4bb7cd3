"""What lies beside ground truth in a folder of one's own: when the target is absent, and attributes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.box_text import MAX_TEXT_BYTES
from benchmarks.datasets.disk_dataset import expect_rows, read_flags
from benchmarks.datasets.sequence import SequenceError
from trackers.regular_files import may_exist, read_regular

_COVER = "cover.label"
"""GOT-10k's: how much of the target is to be seen, from 0 to 8."""
_ABSENT = ("absence.label", "absent.txt", "absent.label")
_HIDDEN = ("full_occlusion.txt", "out_of_view.txt")
ATTRIBUTES = "attributes.txt"


def read_absent(truth: Path, name: str, rows: int) -> NDArray[np.bool_] | None:
    """The frames in which the target is not to be seen, shape (rows,); None where no file says it.

    The toolkit of GOT-10k goes by `cover.label`, which is preferred. LaSOT's two files mark what is hidden
    or out of the image. Where ground truth lies apart from the frames, `absent/<sequence>.txt` may lie beside
    it.

    Raises:
        SequenceError: a file is damaged, or has another number of rows.
    """
    folder = truth.parent
    if may_exist(path := folder / _COVER):
        return _checked(path, _read_cover(path) == 0, rows)
    if truth.stem != name:
        for other in _ABSENT:
            if may_exist(path := folder / other):
                return _checked(path, read_flags(path), rows)
        hidden = [folder / other for other in _HIDDEN if may_exist(folder / other)]
        if hidden:
            absent = np.zeros(rows, dtype=bool)
            for path in hidden:
                absent |= _checked(path, read_flags(path), rows)
            return absent
    for path in (folder / f"{name}_absent.txt", folder / "absent" / f"{name}.txt"):
        if may_exist(path):
            return _checked(path, read_flags(path), rows)
    return None


def read_attributes(folder: Path) -> tuple[str, ...]:
    """The words of `attributes.txt`, if it is there.

    Raises:
        SequenceError: it cannot be read.
    """
    path = folder / ATTRIBUTES
    return tuple(dict.fromkeys(_words(path))) if may_exist(path) else ()


def _words(path: Path) -> list[str]:
    try:
        text = read_regular(path, MAX_TEXT_BYTES).decode(errors="replace")
    except OSError as error:
        raise SequenceError(f"{path}: {error.strerror}") from None
    return text.replace(",", " ").split()


def _read_cover(path: Path) -> NDArray[np.int64]:
    words = _words(path)
    if other := [word for word in words if not (word.isascii() and word.isdigit() and len(word) < 3)]:
        raise SequenceError(f"{path} has {other[0][:40]!r} where a number from 0 to 8 is expected")
    return np.array([int(word) for word in words], dtype=np.int64)


def _checked(path: Path, flags: NDArray[np.bool_], rows: int) -> NDArray[np.bool_]:
    if len(flags) != rows:
        expect_rows(path, len(flags), rows)
    return flags
