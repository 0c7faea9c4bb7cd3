"""Runs one target under atheris: `python -m tests.fuzz.engine NAME [libFuzzer's options] [FOLDER ...]`.

`campaign.py` starts it; libFuzzer restarts it to minimize a corpus.
"""

from __future__ import annotations

import resource
import sys
import warnings
from pathlib import Path

import atheris

PARSING_BYTES = 1 << 30
"""Address space that parsing may use beyond that of the imports."""
_INSTRUMENTED = [
    *("benchmarks", "trackers", "reports"),
    # Modules in Python that our parsers use.
    *("configparser", "csv", "json", "shlex", "tomllib", "zipfile"),
]


def main() -> None:
    """Runs until libFuzzer exits, with its exit status."""
    name = sys.argv[1]
    with atheris.instrument_imports(include=_INSTRUMENTED):
        from tests.fuzz.registry import TARGETS

        target = TARGETS.load(name)
        for data in target.seeds():  # imports what is loaded lazily
            target.run(data)
    if "torch" in sys.modules:  # instrumenting all of it would take minutes
        from torch._weights_only_unpickler import Unpickler

        Unpickler.load = atheris.instrument_func(Unpickler.load)
    warnings.simplefilter("error")
    limit = _address_space() + PARSING_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    # libFuzzer restarts itself with the first word, which a shell splits.
    atheris.Setup([f"{sys.executable} -m tests.fuzz.engine {name}", *sys.argv[2:]], target.run)
    atheris.Fuzz()


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main()
