"""Whole imports: from the names and contents of files to trajectories, and back."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.datasets import Dataset, Frames, Sequence
from benchmarks.protocols import Code, Trajectory
from benchmarks.store.formats import FORMATS, ImportOptions, read_results, write_results
from benchmarks.store.formats.base import SUPERVISED, Format
from tests.fuzz.target import Target, choice
from tests.fuzz.targets.files import as_file
from trackers.errors import UserError

_SEPARATOR = b"\xff\xfe\xff"
"""Between names and contents; never part of UTF-8."""


@cache
def _combinations() -> list[tuple[Format, str]]:
    forms = [FORMATS.load(name)() for name in FORMATS]
    return [(form, protocol) for form in forms for protocol in form.protocols]


def _no_frames() -> Frames:
    raise AssertionError("importing needs no frames")


class _Few(Dataset):
    """Three short sequences whose names contain one another, and one that is missing."""

    name = "vot2017"
    title = "Few"
    all_names = ("Ball", "Ball.2", "Girl", "Absent")

    def names(self) -> tuple[str, ...]:
        return self.all_names[:3]

    def __getitem__(self, name: str) -> Sequence:
        x = np.arange(4.0 + len(name) % 3)[:, None]
        truth = np.hstack([10 + 3 * x, 20 - x, 12 + 0 * x, 8 + 0 * x])
        left, top, right, bottom = x + 1, x + 2, x + 9, x + 12
        corners = np.hstack([left, top, right, top, right, bottom, left, bottom])
        return Sequence(name, truth, (), _no_frames, polygons=corners if name == "Girl" else None)


_FEW = _Few()


def _check(data: bytes) -> None:
    number, rest = choice(data)
    form, protocol = _combinations()[number % len(_combinations())]
    parts = rest.split(_SEPARATOR)
    names = [name.decode(errors="replace").replace("\0", "")[:200] for name in parts[::2]]
    content = dict(zip(names, parts[1::2], strict=False))
    options = ImportOptions((None, "zero", "one")[number // 64 % 3])
    imported = read_results(_zip(content), form, _FEW, protocol, options)
    assert imported.trajectories
    for name, runs in imported.trajectories.items():
        frames = len(_FEW[name].truth)
        assert runs
        for run in runs:
            rows = len(run.boxes)
            assert run.start >= 0
            assert 0 < rows <= frames - run.start
            assert run.seconds.shape == (rows,)
            assert (run.codes is not None) == (protocol in SUPERVISED)
            # Either all numbers of a row are finite or none.
            assert (np.isfinite(run.boxes).all(axis=1) | np.isnan(run.boxes).all(axis=1)).all()
    _check_round_trip(imported.trajectories, form, protocol)


def _check_round_trip(stored: dict[str, list[Trajectory]], form: Format, protocol: str) -> None:
    """Checks that imported results, written in the same format and read again, have the same boxes."""
    try:
        written = write_results(stored, form, "T", _FEW.name, protocol, "one")
        again = read_results(_zip(written), form, _FEW, protocol, ImportOptions("one")).trajectories
    except UserError:
        return
    assert again.keys() == stored.keys()
    for name, runs in stored.items():
        for run, other in zip(runs, again[name], strict=True):
            tracked = slice(1 if run.codes is None or run.codes[0] == Code.INITIALIZED else 0, None)
            np.testing.assert_allclose(other.boxes[tracked], run.boxes[tracked], rtol=1e-12, atol=1e-6)


def _zip(content: dict[str, bytes]) -> Path:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in content.items():
                archive.writestr(zipfile.ZipInfo(name or "_"), data)

    return as_file("results.zip", write)


def _seeds() -> Iterable[bytes]:
    for number, (form, protocol) in enumerate(_combinations()):
        runs = {}
        for name in _FEW.names():
            truth = _FEW[name].truth
            codes = np.array([Code.INITIALIZED] + [Code.TRACKED] * (len(truth) - 1), dtype=np.int8)
            run = Trajectory(truth, np.full(len(truth), 0.25), codes if protocol in SUPERVISED else None)
            count = {"tre": 3, "sre": 2}.get(protocol, 1)
            runs[name] = [run] * count
        written = write_results(runs, form, "T", _FEW.name, protocol)
        yield bytes([number]) + _SEPARATOR.join(
            part for path, c in written.items() for part in (path.encode(), c)
        )


IMPORT = Target(
    "import",
    _check,
    _seeds,
    (
        _SEPARATOR,
        *(b"Ball", b"Ball.2", b"Girl", b".txt", b"_time.txt", b"/", b"_001.txt", b"baseline", b"../", b"nan"),
    ),
    share=0.5,
    longest=4096,
)
