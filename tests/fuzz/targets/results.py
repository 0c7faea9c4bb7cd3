"""Result files of other tools, one at a time."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.box_text import parse_table
from benchmarks.protocols import Code, Trajectory
from benchmarks.store.formats.base import Files, Format, ResultLabel, StoredRun
from benchmarks.store.formats.matlab import write_variable
from benchmarks.store.formats.members import Members
from benchmarks.store.formats.otb_json import OTBJson
from benchmarks.store.formats.otb_mat import OTBMat
from benchmarks.store.formats.text import parse_times, parse_vot_regions
from benchmarks.store.formats.vot_binary import parse_binary
from benchmarks.store.trajectories import format_regions, parse_regions
from tests.fuzz.target import Target, choice, text_of
from tests.fuzz.targets.boxes import BOXES, NUMBERS, POLYGONS
from tests.fuzz.targets.stored import trajectories
from trackers.tracker import Boxes


@dataclass
class OneFile(Members):
    """A file in memory."""

    content: bytes = b""

    def _read(self, name: str, limit: int) -> bytes:
        return self.content[:limit]


def _check_boxes(data: bytes) -> None:
    table, header = parse_table(text_of(data), "file")
    assert table.ndim == 2
    assert len(table)
    assert not any(word != word.casefold() for word in header)


def _check_times(data: bytes) -> None:
    seconds = parse_times(text_of(data), "file")
    if seconds is not None:
        assert seconds.ndim == 2
        assert (np.isnan(seconds) | (np.isfinite(seconds) & (seconds >= 0))).all()


def _check_regions(regions: Boxes, codes: np.ndarray | None) -> None:
    """Checks the shapes of regions and codes, and that our own text format preserves them."""
    frames = len(regions)
    assert frames
    assert regions.shape in ((frames, 4), (frames, 8))
    if codes is not None:
        assert codes.shape == (frames,)
        assert set(codes.tolist()) <= set(Code)
        assert (codes != Code.TRACKED).any()
        assert np.isnan(regions[codes != Code.TRACKED]).all()
    again, codes_again = parse_regions(format_regions(regions, codes), "file")
    # A run of codes only does not show whether its regions would be boxes or polygons.
    if codes is None or (codes == Code.TRACKED).any():
        assert np.array_equal(again, regions, equal_nan=True)
    assert codes is None or np.array_equal(codes_again, codes)


def _check_vot_text(data: bytes) -> None:
    _check_regions(*parse_vot_regions(text_of(data), "file"))


def _check_vot_binary(data: bytes) -> None:
    _check_regions(*parse_binary(data, "file"))


def _binary(*regions: tuple[float, ...] | int) -> bytes:
    """Returns a `.bin` file, according to vot-toolkit's documentation of the format."""
    parts = [struct.pack("<hI", 1, len(regions))]
    for region in regions:
        if isinstance(region, int):
            parts.append(struct.pack("<BI", 0, region))
        elif len(region) == 4:
            parts.append(struct.pack("<B4f", 1, *region))
        else:
            parts.append(struct.pack(f"<BH{len(region)}f", 2, len(region) // 2, *region))
    return b"".join(parts)


def _check_format(
    make: Callable[[], Format], name: str, to_file: Callable[[bytes], bytes], data: bytes
) -> None:
    form = make()
    runs = _read(form, name, to_file(data))
    assert runs
    for run in runs:
        assert run.boxes.shape == (len(run.boxes), 4)
        assert run.length is None or isinstance(run.length, int)
    written = form.write(
        ResultLabel("T", "S", "tre"), [Trajectory(run.boxes, np.full(len(run.boxes), np.nan)) for run in runs]
    )
    [content] = written.values()
    for run, again in zip(runs, _read(form, name, content), strict=True):
        assert np.array_equal(run.boxes, again.boxes, equal_nan=True)


def _read(form: Format, name: str, content: bytes) -> list[StoredRun]:
    return form.read(OneFile(Path("given"), (name,), (), content=content), Files("S", (name,)))


def _mat_file(data: bytes) -> bytes:
    """Returns a whole file, or wraps elements, so that mutations need not hit compressed data."""
    mode, rest = choice(data)
    if mode % 4 == 0:
        return rest
    order = b"IM" if mode & 4 else b"MI"
    level = struct.pack("<H" if mode & 4 else ">H", 0x0100)
    if mode % 4 == 2:
        packed = zlib.compress(rest, 1)
        rest = struct.pack("<II" if mode & 4 else ">II", 15, len(packed)) + packed
    return b"MATLAB 5.0 MAT-file".ljust(124) + level + order + rest


def _mat_seeds() -> Iterable[bytes]:
    box = {"type": "rect", "res": BOXES[:2], "len": 2, "annoBegin": 1, "startFrame": 1}
    for value in ([box], box, [box, {**box, "startFrame": 5}], {"res": BOXES[:1]}, "rect", [[[1.0]]]):
        content = write_variable("results", value)
        elements = zlib.decompress(content[136:])
        yield b"\0" + content
        yield from (bytes([mode]) + elements for mode in (5, 6))


def _json_seeds() -> Iterable[bytes]:
    for run in trajectories()[:1]:
        for runs in ([run], [run, run]):
            yield from OTBJson().write(ResultLabel("T", "S", "ope"), runs).values()
    yield b'{"res": [[1, 2, 3, 4]]}'
    yield b'[{"resType": "ivtAff", "res": [[1, 2, 3, 4, 5, 6]]}]'
    yield b"[" * 2000


BOXES_TEXT = Target("boxes-text", _check_boxes, lambda: [b"1,2,3,4\n5\t6\t7\t8\n", b"1 2 3 4 5 6\n"], NUMBERS)
TIMES = Target("times", _check_times, lambda: [b"0.1\n0.25\nnan\n", b"0.1,0.2\n0.3,0\n"], NUMBERS, share=0.5)
VOT_TEXT = Target(
    "vot-text",
    _check_vot_text,
    lambda: [b"1\n10,20,30,40\n2\n0\n0\n1\n", b"1,1,2,1,2,2,1,2\n1,2,3,4\n", b"m0,0,5,5,1,2\n"],
    (*NUMBERS, b"m", b"\n0\n", b"\n1\n", b"\n2\n"),
    share=2,
)
VOT_BINARY = Target(
    "vot-binary",
    _check_vot_binary,
    lambda: [
        _binary(1, (10, 20, 30.5, 40), 2, 0, 0, 1),
        _binary(tuple(POLYGONS[0]), (1, 2, 3, 4)),
        _binary((np.nan, np.inf, 0, 1e38)),
    ],
    (b"\x02\x04\x00", b"\x00\x01\x00\x00\x00", b"\x01\x00\x00\xc0\x7f"),
    share=2,
)
OTB_JSON = Target(
    "otb-json",
    partial(_check_format, OTBJson, "S.json", bytes),
    _json_seeds,
    (
        b'"res"',
        b'"resType"',
        b'"startFrame"',
        b'"endFrame"',
        b'"len"',
        b'"annoBegin"',
        b'"rect"',
        b"NaN",
        b"1e999",
    ),
)
OTB_MAT = Target(
    "otb-mat",
    partial(_check_format, OTBMat, "S.mat", _mat_file),
    _mat_seeds,
    (
        *(b"results", b"res", b"type", b"rect", b"len", b"startFrame", b"annoBegin"),
        *(struct.pack("<II", kind, 8) for kind in (1, 2, 4, 5, 6, 9, 14, 15, 16)),
        *(struct.pack("<II", kind, 0) for kind in (1, 2, 4, 6, 9)),
    ),
    share=2,
)
