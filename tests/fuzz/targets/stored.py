"""Files of our own: trajectories, manifests, speed records, published figures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial

import numpy as np

from benchmarks.protocols import Code, Trajectory
from benchmarks.speed.record import SpeedRecord, parse_record
from benchmarks.store.manifest import SCHEMA, Identity, Manifest, RunFiles, SequenceRecord, parse_manifest
from benchmarks.store.trajectories import format_trajectory, parse_trajectory
from reports.presentation import parse_presentation
from reports.published import parse_published
from reports.style import LINE_STYLES
from tests.fuzz.target import Target, text_of
from tests.fuzz.targets.boxes import BOXES, NUMBERS, POLYGONS

_SEPARATOR = b"\0"
_CODES = np.array([Code.INITIALIZED, Code.TRACKED, Code.FAILED], dtype=np.int8)
STATUSES = ("ok", "failed", "timeout", "invalid")


def trajectories() -> list[Trajectory]:
    """Returns boxes, polygons, and boxes with codes."""
    seconds = np.array([0.25, 1e-5, np.nan])
    return [
        Trajectory(BOXES, seconds),
        Trajectory(POLYGONS, seconds[:2]),
        Trajectory(np.where(_CODES[:, None] == Code.TRACKED, BOXES, np.nan), seconds, _CODES),
    ]


def _check_trajectory(data: bytes) -> None:
    regions, _, times = data.partition(_SEPARATOR)
    run = parse_trajectory(text_of(regions), text_of(times), "file")
    frames = len(run.boxes)
    assert run.boxes.shape in ((frames, 4), (frames, 8))
    assert run.seconds.shape == (frames,)
    assert run.codes is None or run.codes.shape == (frames,)
    if frames:
        again = parse_trajectory(*format_trajectory(run), "file")
        assert np.array_equal(again.boxes, run.boxes, equal_nan=True)
        assert np.array_equal(again.seconds, run.seconds, equal_nan=True)
        assert (again.codes is None) == (run.codes is None)
        assert run.codes is None or np.array_equal(again.codes, run.codes)


def _trajectory_seeds() -> Iterable[bytes]:
    return [_SEPARATOR.join(text.encode() for text in format_trajectory(run)) for run in trajectories()]


def _check_manifest(data: bytes) -> None:
    manifest = parse_manifest(data, "run.json")
    assert isinstance(manifest.dataset, str)
    assert isinstance(manifest.environments, list)
    for environment in manifest.environments:
        assert isinstance(environment, dict)
    for name, record in manifest.sequences.items():
        assert isinstance(name, str)
        assert record.status in STATUSES
        assert isinstance(record.message, str)
        assert isinstance(record.frames, int)
        assert isinstance(record.transport, int | float)
        for files in record.runs:
            assert isinstance(files.boxes, str)
            assert isinstance(files.times, str)
            assert isinstance(files.start, int)
        assert record.runs or record.status != "ok"
    written = json.dumps({"schema": SCHEMA, **asdict(manifest)}).encode()
    assert repr(parse_manifest(written, "run.json")) == repr(manifest)


def _manifest_seeds() -> Iterable[bytes]:
    identity = Identity("ncc", {"reach": "2"}, None, "c0de", "ope", "cpu", 0, 1)
    ok = SequenceRecord(
        "ok", frames=5, truth="a1", images="b2", runs=(RunFiles("c3", "d4", 2),), transport=0.1
    )
    failed = SequenceRecord("failed", "frame 3: ValueError", "Traceback", environment=0)
    for manifest in (
        Manifest("demo", identity, [{"python": "3.11"}], {"easy": ok, "hard": failed}),
        Manifest("demo", None, sequences={"easy": ok}),
    ):
        yield json.dumps({"schema": SCHEMA, **asdict(manifest)}).encode()


def _check_record(data: bytes) -> None:
    record = parse_record(data, "speed.json")
    assert record.fps > 0
    assert len(record.seconds) == record.repetitions > 0
    written = json.dumps(record.content()).encode()
    assert repr(parse_record(written, "speed.json")) == repr(record)


def _record_seeds() -> Iterable[bytes]:
    record = SpeedRecord(
        *("mine", "mine.py:Mine", {"rate": "0.1"}, None, "c0de", "demo", ["easy"], 80, 10, 2, [0.01, 0.011]),
        *(95.0, 90.0, 100.0, 10.0, 12.0, 14.0, 20.0, 80.0, 0.0, False, "cpu", "float32", 1, 2),
        *({"cores": 4, "gpu": None}, {"python": "3.11"}, {"load_before": 0.1}, False, []),
        date="2026-11-24T16:00:00+00:00",
    )
    return [json.dumps(record.content()).encode()]


def _check_published(data: bytes) -> None:
    for score in parse_published(text_of(data), "published.csv"):
        assert np.isfinite(score.value)
        assert 0 < score.rounding <= 0.5
        assert all(isinstance(value, str) for value in asdict(score).values())


def _check_shown_trackers(data: bytes) -> None:
    for entry in parse_presentation(text_of(data), "sotbench.toml").values():
        assert entry.color is None or re.fullmatch(r"#[0-9A-F]{6}", entry.color)
        assert entry.linestyle is None or entry.linestyle in LINE_STYLES
        assert entry.label is None or entry.label.isprintable()


_JSON = (b'"', b":", b",", b"[", b"]", b"{", b"}", b"null", b"true", b"NaN", b"1e999", b"-1", b'""')
TRAJECTORY = Target(
    "trajectory",
    _check_trajectory,
    _trajectory_seeds,
    (*NUMBERS, _SEPARATOR, b"\n1\n", b"\n2\n", b"\n0\n"),
    share=2,
)
MANIFEST = Target(
    "manifest",
    _check_manifest,
    _manifest_seeds,
    (
        *_JSON,
        *(b'"schema": 1', b'"dataset"', b'"identity"', b'"environments"', b'"sequences"', b'"status": "ok"'),
        *(b'"runs"', b'"boxes"', b'"times"', b'"start"', b'"message"', b'"frames"', b'"transport"'),
    ),
    share=2,
)
SPEED_RECORD = Target(
    "speed-record",
    _check_record,
    _record_seeds,
    (*_JSON, *(f'"{name}"'.encode() for name in SpeedRecord.__dataclass_fields__)),
)
SHOWN_TRACKERS = Target(
    "shown-trackers",
    _check_shown_trackers,
    partial(
        list,
        [b'[trackers.ncc]\nlabel = "N C C"\ncolor = "red"\norder = 1\n', b"[trackers.still]\nhide = true\n"],
    ),
    (b"[trackers.", b"]", b"linestyle = 'dashed'", b"highlight = true", b"color = ", b"'#12'", b"order = -1"),
    longest=4096,
)
PUBLISHED = Target(
    "published",
    _check_published,
    partial(
        list,
        [
            b"dataset,protocol,profile,tracker,metric,printed,source\n"
            b"otb2015,ope,otb,SiamFC-3s,success,0.582,siamfc\n"
            b'lasot,ope,lasot,"A, B",success,1,atom\n'
        ],
    ),
    (b",", b'"', b"\r\n", b"0.5", b"success", b"dataset,protocol,profile,tracker,metric,printed,source\n"),
    share=0.5,
)
