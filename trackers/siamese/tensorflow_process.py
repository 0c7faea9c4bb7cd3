"""The program that reads a checkpoint with TensorFlow, for `tensorflow_checkpoint.py`.

Standard input: one object of JSON: `prefix`, the names that are `wanted`, the `largest` size of their values.
Standard output: a line with TensorFlow's version once it is loaded; a line of JSON, which is either
`{"error": SENTENCE}` or `{"variables": {NAME: [TYPE, SHAPE]}}`; after the latter the values, as safetensors.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
from pathlib import Path
from typing import Any

MORE_MEMORY = 2 << 30
"""Bytes of address space, beyond what TensorFlow takes when it is loaded."""
FLOATS = {"float16": 2, "float32": 4, "float64": 8}
"""Types that weights may have, and their sizes."""


def main() -> None:
    """Answers one request."""
    request = json.load(sys.stdin)
    # What TensorFlow and its libraries print must not get into the answer.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        import tensorflow

        out.write(tensorflow.__version__.encode() + b"\n")
        out.flush()
        _limit()
        try:
            answer = _read(tensorflow, **request)
        # Errors of TensorFlow, wrong UTF-8 in names, no memory: all that a hostile file may bring about.
        except Exception as error:
            text = " ".join(str(getattr(error, "message", error)).split())
            message = f"TensorFlow cannot read it ({text or type(error).__name__}); fetch all its files again"
            answer = _line({"error": message})
        out.write(answer)


def _read(tensorflow: Any, prefix: str, wanted: list[str], largest: int) -> bytes:
    import numpy as np
    from safetensors.numpy import save

    reader = tensorflow.train.load_checkpoint(f".{os.sep}{prefix}")
    shapes = reader.get_variable_to_shape_map()
    types = {name: kind.name for name, kind in reader.get_variable_to_dtype_map().items()}
    chosen = [name for name in wanted if name in shapes and types[name] in FLOATS]
    size = sum(math.prod(shapes[name]) * FLOATS[types[name]] for name in chosen)
    if size > largest:
        return _line({"error": f"its weights take {size} bytes, more than a tracker's; give a tracker's"})
    values = {name: np.asarray(reader.get_tensor(name)) for name in chosen}  # scalars are no arrays
    listing = {name: [types[name], shapes[name]] for name in sorted(shapes)}
    return _line({"variables": listing}) + save(values)


def _line(found: dict[str, Any]) -> bytes:
    return json.dumps(found).encode() + b"\n"


def _limit() -> None:
    """Lets a hostile file take some memory only, and leave no core file."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # systems other than Linux
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + MORE_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main()
