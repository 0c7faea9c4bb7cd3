"""Reads TensorFlow's checkpoints (format V2) with TensorFlow, in a process of its own.

    PREFIX.index                    for each variable its type, shape, place and checksum
    PREFIX.data-00000-of-00001      the variables' values, in one such file or more

TensorFlow is native code, which a damaged file may abort or make run for ever, and it fills standard error
with messages: `tensorflow_process.py` bears both, and hands back a listing and the values.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from trackers.errors import UserError, truncate
from trackers.siamese.tensorflow_index import is_sound

TIMEOUT = 600.0
"""Seconds; TensorFlow alone takes ten to load, and a hundred on a busy machine."""
LARGEST_INDEX = 1 << 24
LARGEST_VALUES = 1 << 28
"""Bytes of all values that are asked for; a Siamese tracker's take 20 million."""
_PROGRAM = Path(__file__).with_name("tensorflow_process.py")
_WILDCARDS = "*?[]\\"


@dataclass(frozen=True)
class Checkpoint:
    """The variables of a checkpoint.

    Attributes:
        index: the .index file, for messages.
        types: TensorFlow's name of each variable's type.
        shapes: the dimensions of each variable.
        values: of the variables that were asked for and hold floating-point numbers.
    """

    index: Path
    types: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]
    values: Mapping[str, NDArray[np.floating]]


def prefix_of(path: Path) -> Path:
    """What the names of a checkpoint's files begin with, given it or one of them."""
    return Path(re.sub(r"\.(index|data-\d{5}-of-\d{5})$", "", str(path)))


def read_checkpoint(path: Path, wanted: Collection[str], timeout: float = TIMEOUT) -> Checkpoint:
    """Lists all variables of a checkpoint, and reads the values of some.

    Args:
        path: the files' prefix, the .index file, or one of the data files.
        wanted: names of the variables whose values to read; those that are not there, or hold no
            floating-point numbers, are left out.
        timeout: seconds after which the reading process is ended.

    Raises:
        UserError: TensorFlow is not installed or does not start, or a file is missing, damaged, not that of a
            checkpoint, or larger than a tracker's.
    """
    prefix = prefix_of(path)
    index = Path(f"{prefix}.index")
    if find_spec("tensorflow") is None:
        raise UserError(
            f"reading {index} needs TensorFlow, which is not installed; install it by "
            'pip install "sotbench[convert]"'
        )
    if not index.is_file():
        raise UserError(f"there is no file {index}; give the prefix of a TensorFlow checkpoint's files")
    if index.stat().st_size > LARGEST_INDEX:
        raise UserError(f"{index} is larger than any index of a TensorFlow checkpoint; check the path")
    if set(prefix.name) & set(_WILDCARDS):
        raise UserError(
            f"TensorFlow takes {' '.join(_WILDCARDS)} in the name {index.name} for wildcards; rename the "
            "checkpoint's files"
        )
    # TensorFlow leaves out, without a word, the variables in a part of the index whose checksum is wrong.
    if not is_sound(index.read_bytes()):
        raise UserError(f"{index} is damaged (a checksum is wrong, or its end is missing); fetch it again")
    request = {"prefix": prefix.name, "wanted": sorted(wanted), "largest": LARGEST_VALUES}
    # -P: modules that lie beside the program must not be taken for TensorFlow's.
    process = subprocess.Popen(
        [sys.executable, "-P", str(_PROGRAM)],
        cwd=prefix.parent,  # a relative prefix: TensorFlow takes wildcards and URLs for more than names
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        try:
            answer, _ = process.communicate(json.dumps(request).encode(), timeout)
        except subprocess.TimeoutExpired:
            raise UserError(
                f"TensorFlow has not read {index} within {timeout:g} s; it may be damaged: fetch it again"
            ) from None
        finally:
            process.kill()  # also where the user breaks off
    return _checkpoint(index, answer, process.returncode)


def _checkpoint(index: Path, answer: bytes, status: int) -> Checkpoint:
    """Takes the process's answer apart: a line when TensorFlow is there, a line of JSON, the values."""
    started, _, rest = answer.partition(b"\n")
    if not started:
        raise UserError(
            f"TensorFlow cannot be imported ({_ended(status)}), so {index} cannot be read; "
            'try python -c "import tensorflow"'
        )
    line, end, values = rest.partition(b"\n")
    if not end:
        raise UserError(
            f"{index} or a data file beside it is damaged (TensorFlow's process {_ended(status)}); fetch "
            "them again"
        )
    found = json.loads(line)
    if "error" in found:
        raise UserError(f"{index}: {truncate(found['error'], 300)}")
    if not found["variables"]:
        raise UserError(f"{index} is damaged, or lists no variables; fetch it again")
    try:
        tensors = safetensors.numpy.load(values)
    except safetensors.SafetensorError:
        raise UserError(f"{index} was read in part only (TensorFlow's process {_ended(status)})") from None
    shapes = {name: tuple(shape) for name, (_, shape) in found["variables"].items()}
    return Checkpoint(index, {name: kind for name, (kind, _) in found["variables"].items()}, shapes, tensors)


def _ended(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"
