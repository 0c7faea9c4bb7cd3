"""What a file of weights is by its first bytes, and a sentence on each that is plainly none."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Literal, TypeAlias

from trackers.errors import UserError, quote_excerpt
from trackers.regular_files import LARGEST_WEIGHTS, open_regular

Content: TypeAlias = Literal["zip", "pickle", "safetensors", "other"]
"""A zip archive or a pickle, as PyTorch writes them, a .safetensors file, or anything else."""

_HEAD = 512
_TENSORFLOW = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")


def check_weights_file(path: Path) -> Content:
    """Returns what a file of weights begins with; reads its first bytes only.

    Raises:
        UserError: the file is missing, cannot be read, is a folder, is empty, is text, or is one of the files
            of a TensorFlow checkpoint.
    """
    prefix = Path(_TENSORFLOW.sub("", str(path)))
    if prefix != path or (not path.exists() and Path(f"{path}.index").is_file()):
        command = shlex.join(["sotbench", "convert", str(prefix), "gradnet.safetensors"])
        raise UserError(f"{path} belongs to a TensorFlow checkpoint; convert that with `{command}`")
    try:
        with open_regular(path, LARGEST_WEIGHTS) as file:
            head = file.read(_HEAD)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise UserError(f"there is no weights file {path}; check the path") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder; give the weights file in it") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); give another weights file") from None
    if not head:
        raise UserError(f"{path} is empty; fetch it again")
    _refuse_text(path, head)
    if head.startswith(b"PK"):
        return "zip"
    if head[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        return "pickle"
    return "safetensors" if head[8:9] == b"{" else "other"


def _refuse_text(path: Path, head: bytes) -> None:
    """Raises a `UserError` if a file begins with nothing but text: a web page, a pointer, a list."""
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if len(head) < _HEAD or error.start < _HEAD - 3:
            return
        text = head[: error.start].decode()  # the end has cut a character
    if not all(char.isprintable() or char.isspace() for char in text):
        return
    if text.startswith("version https://git-lfs"):
        raise UserError(f"{path} is a pointer of Git LFS, not the weights; fetch them with `git lfs pull`")
    if text.lstrip()[:5].lower() in ("<!doc", "<html"):
        raise UserError(f"{path} is a web page, not weights; download the file itself")
    begins = quote_excerpt(text, 30)
    raise UserError(f"{path} is a text file that begins with {begins}, not weights; fetch it again")
