"""One target under atheris: `python -m tests.fuzz.engine NAME [libFuzzer's options] [FOLDER ...]`.

`campaign.py` starts it; libFuzzer starts it again to minimise a corpus.
"""

from __future__ import annotations

import resource
import sys
import warnings
from pathlib import Path

import atheris

ROOM = 1 << 30
"""Bytes of address space that parsing may take beside what is there after the imports."""
_INSTRUMENTED = [
    *("benchmarks", "trackers", "reports"),
    # What our parsers rely on, where it is written in Python.
    *("configparser", "csv", "json", "shlex", "tomllib", "zipfile"),
]


def main() -> None:
    """Runs until libFuzzer has had enough; the exit status is libFuzzer's."""
    name = sys.argv[1]
    with atheris.instrument_imports(include=_INSTRUMENTED):
        from tests.fuzz.registry import TARGETS

        target = TARGETS.load(name)
        for data in target.seeds():  # what is imported when first used
            target.run(data)
    if "torch" in sys.modules:  # of which to instrument all would take minutes
        from torch._weights_only_unpickler import Unpickler

        Unpickler.load = atheris.instrument_func(Unpickler.load)
    warnings.simplefilter("error")
    limit = _address_space() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    # libFuzzer starts itself by the first word, which a shell splits.
    atheris.Setup([f"{sys.executable} -m tests.fuzz.engine {name}", *sys.argv[2:]], target.run)
    atheris.Fuzz()


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main()
