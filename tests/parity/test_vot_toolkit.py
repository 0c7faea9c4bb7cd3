"""Overlaps and VOT analyses against the toolkits' own code: stored numbers, and the packages where installed.

    pip install vot-toolkit==0.7.4 attributee==0.1.9     # brings vot-trax; about 610 MB

The rule of 2017 lives on in vot-trax 4.0.2 as its "legacy" rasterization, which MATLAB's vot-toolkit 5 asks
for and the library does not use otherwise. The Python toolkit rasterizes by itself (`vot.region.raster`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.geometry.rasterize import VOT2017 as RASTER_2017
from benchmarks.geometry.rasterize import VOT_TOOLKIT as RASTER_TOOLKIT
from benchmarks.geometry.rasterize import raster_overlap
from benchmarks.protocols.protocol import Code
from benchmarks.scoring.vot_metrics import reliability, score_supervised, score_unsupervised
from benchmarks.scoring.vot_profiles import VOT_TOOLKIT
from benchmarks.scoring.vot_repetitions import Repetitions

SIZE = (160, 120)

# Two regions in an image of 160 x 120 pixels, their overlap in vot-trax 4.0.2 (legacy, in single precision)
# and in vot-toolkit 0.7.4.
STORED = (
    (
        (1.0, 73.0, -0.0, 74.0, -0.0, 81.0, 3.0, 71.0),
        (4.25, 67.0, -0.5, 66.5, 0.75, 75.75, 4.75, 65.75),
        0.09523810,
        0.19148936,
    ),
    (
        (42.5, 167.75, 51.0, 99.0, 139.25, 109.75, 130.75, 178.75),
        (41.0, 162.0, 50.25, 92.5, 135.75, 104.75, 129.5, 174.25),
        0.70016474,
        0.70057682,
    ),
    (
        (57.5, 116.0, 24.25, 174.25, 0.75, 160.75, 34.0, 102.5),
        (64.0, 117.25, 29.5, 172.5, 6.25, 160.5, 38.5, 100.25),
        0.59950250,
        0.64642082,
    ),
    (
        (98.0, 102.0, 90.0, 108.0, 104.0, 118.0, 120.0, 121.0),
        (100.25, 100.5, 93.25, 104.0, 105.25, 115.75, 123.25, 116.75),
        0.35640138,
        0.37142857,
    ),
    (
        (37.25, -16.0, 122.25, -64.5, 184.0, 43.75, 99.0, 92.25),
        (36.25, -17.25, 121.0, -66.25, 181.75, 39.75, 98.5, 92.0),
        0.97645885,
        0.97117393,
    ),
    (
        (109.0, 154.75, 77.25, 163.0, 62.75, 108.25, 94.5, 100.0),
        (111.25, 154.75, 80.5, 162.0, 65.75, 107.5, 98.0, 99.75),
        0.81076390,
        0.77685950,
    ),
    (
        (134.0, 67.0, 80.75, 121.25, 2.75, 44.75, 56.0, -9.5),
        (128.75, 69.0, 74.0, 125.25, -2.5, 48.5, 51.75, -5.25),
        0.83645070,
        0.84331492,
    ),
    (
        (64.25, 49.5, 162.75, 30.25, 178.5, 110.25, 79.75, 129.5),
        (58.5, 55.75, 158.25, 34.75, 173.0, 114.0, 75.25, 132.0),
        0.88487154,
        0.88059306,
    ),
    (
        (81.0, 87.0, 98.0, 114.0, 108.0, 83.0, 85.0, 82.0),
        (82.25, 92.75, 98.5, 119.75, 107.0, 89.25, 87.25, 88.5),
        0.52028221,
        0.53333333,
    ),
    (
        (152.5, 1.0, 144.0, -36.5, 174.0, -17.25, 154.5, 0.25),
        (152.25, 0.5, 144.25, -36.5, 171.5, -17.25, 154.5, 0.75),
        0.66666669,
        0.42857143,
    ),
    (
        (37.75, 137.75, 92.0, 34.0, 217.25, 99.25, 163.0, 203.25),
        (37.0, 138.5, 92.5, 32.0, 216.5, 100.0, 161.25, 203.0),
        0.97993362,
        0.97593940,
    ),
    (
        (58.5, 98.0, 64.0, 91.5, 77.25, 102.5, 71.5, 109.0),
        (57.25, 93.0, 64.0, 86.25, 75.5, 96.25, 69.5, 102.25),
        0.24782608,
        0.23938224,
    ),
    (
        (186.25, 101.75, 102.0, 134.0, 97.75, 123.0, 182.0, 90.75),
        (182.0, 106.25, 97.75, 135.75, 91.25, 127.5, 176.5, 94.5),
        0.74786323,
        0.78356713,
    ),
    (
        (127.5, 110.0, 112.5, 110.25, 60.75, 55.75, 53.0, 3.25),
        (125.0, 114.5, 110.75, 114.25, 58.0, 60.0, 49.5, 8.5),
        0.51804841,
        0.55371278,
    ),
    ((76.5, 117.0, 58.0, 29.5), (78.0, 117.25, 55.25, 29.25), 0.94827586, 0.94827586),
    ((108.75, 4.25, 10.25, 44.25), (103.75, 2.5, 10.0, 40.25), 0.29770991, 0.29230769),
    ((4.5, 97.25, 33.25, 48.75), (5.25, 96.75, 28.75, 45.25), 0.87878788, 0.87878788),
    ((116.75, 17.0, 37.25, 52.5), (116.75, 21.0, 32.75, 53.0), 0.73704416, 0.75825754),
    ((123.0, -6.0, 2.75, 39.75), (120.75, -7.0, 7.0, 41.0), 0.41632652, 0.42857143),
    ((105.25, 84.25, 37.0, 47.25), (103.0, 83.75, 41.75, 51.0), 0.90243900, 0.88095238),
    # Regions that cross themselves, and have two spans in a row.
    ((125, 39, 168, 82, 131, 75, 165, 89), (124, 31, 166, 78, 127, 70, 165, 82), 0.06027397, 0.11530398),
    ((-16, 56, 4, 98, -25, 61, 2, 105), (-18, 57, 6, 99, -23, 60, 2, 107), 0.07692308, 0.30952381),
    ((20, 10, 60, 40, 60, 10, 20, 40), (22, 12, 58, 44, 61, 9, 18, 38), 0.67679560, 0.59956474),
    ((100, -20, 140, 60, 150, -10, 90, 50), (104, -18, 138, 62, 149, -13, 93, 44), 0.72336864, 0.69173307),
    ((140, 20, 190, 90, 185, 25, 130, 85), (143, 22, 188, 86, 181, 20, 135, 89), 0.59899497, 0.58010563),
    # One column of the image, from the start or after cutting.
    ((30, 20, 1, 10), (30, 24, 1, 10), 0.42857143, 1.0),
    ((-9, 20, 10, 10), (-19, 22, 20, 10), 0.66666669, 0.0),
    # In double precision the first would have a row less.
    (
        (0.5000001, 0.5000001, 20, 0.5000001, 20, 100.5, 0.5000001, 100.5),
        (0.5000001, 0.5000001, 20, 0.5000001, 20, 50, 0.5000001, 50),
        0.49000001,
        0.5,
    ),
)


@pytest.mark.parametrize(("a", "b", "in_2017", "in_toolkit"), STORED)
def test_stored_overlaps(a, b, in_2017, in_toolkit):
    a, b = np.array([a]), np.array([b])
    assert raster_overlap(a, b, SIZE, RASTER_2017) == pytest.approx(in_2017, abs=1e-6)
    assert raster_overlap(a, b, SIZE, RASTER_TOOLKIT) == pytest.approx(in_toolkit, abs=1e-8)


def random_polygons(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Rotated boxes and any quadrilaterals, small and large, inside the image and not, some in whole pixels.

    Coordinates are multiples of 1/64, so that moving them loses nothing in single precision.
    """
    kind = rng.random((count, 1, 1))
    center = rng.uniform(-30, 180, (count, 1, 2))
    size = np.exp(rng.uniform(np.log(0.5), np.log(120), (count, 1, 1)))
    turn = rng.uniform(0, 2 * np.pi, (count, 1))
    x = size[:, 0] / 2 * np.array([-1, 1, 1, -1])
    y = size[:, 0] / 2 * rng.uniform(0.1, 2, (count, 1)) * np.array([-1, -1, 1, 1])
    rotated = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], axis=-1)
    polygons = center + np.where(kind < 0.6, rotated, size * rng.uniform(-0.5, 0.5, (count, 4, 2)))
    return (np.round(polygons * np.where(kind > 0.85, 1, 64)) / np.where(kind > 0.85, 1, 64)).reshape(-1, 8)


def near(polygons: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Each polygon moved a little and bent a little; some replaced by another."""
    corners = polygons.reshape(-1, 4, 2)
    count = len(corners)
    moved = corners + rng.uniform(-8, 8, (count, 1, 2)) + rng.uniform(-2, 2, (count, 4, 2))
    elsewhere = rng.random((count, 1)) < 0.2
    return np.where(elsewhere, random_polygons(count, rng), (np.round(moved * 64) / 64).reshape(-1, 8))


def random_boxes(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    sizes = np.maximum(np.exp(rng.uniform(-0.5, 5, (count, 2))), 0.51)  # less rounds to no pixel
    return np.concatenate([rng.uniform(-30, 170, (count, 2)), sizes], axis=1)


@contextmanager
def legacy_rasterization() -> Iterator[Any]:
    """vot-trax's library with its flag for the rule of 2017 set."""
    trax = pytest.importorskip("trax")
    library = ctypes.CDLL(str(next(Path(trax.__file__).parent.glob("libtrax*"))))
    library.region_set_flags(1)
    try:
        yield pytest.importorskip("trax._ctypes")
    finally:
        library.region_clear_flags(1)


def trax_overlap(trax: Any, a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Overlap in `SIZE` of two polygons, shape (4, 2).

    The library begins its mask at the lowest coordinates cut to whole numbers, MATLAB's toolkit of 2017 at
    the coordinates themselves. So polygons and image are moved to where the lowest are 0.
    """
    low = np.minimum(np.maximum(a.min(axis=0), 0), np.maximum(b.min(axis=0), 0))
    regions = []
    for polygon in (a - low, b - low):
        regions.append(ctypes.c_void_p(trax.trax_region_create_polygon(4)))
        for corner, (x, y) in enumerate(polygon.tolist()):
            trax.trax_region_set_polygon_point(regions[-1], corner, x, y)
    bounds = trax.trax_bounds()
    (bounds.left, bounds.top), (bounds.right, bounds.bottom) = -low, np.array(SIZE) - 1 - low
    overlap = trax.trax_region_overlap(*regions, bounds)
    for region in regions:
        trax.trax_region_release(ctypes.byref(region))
    return float(overlap)


def test_vot2017_rule_is_legacy_rasterization_of_vot_trax():
    rng = np.random.default_rng(1)
    a = random_polygons(100_000, rng)
    b = near(a, rng)
    with legacy_rasterization() as trax:
        pairs = zip(a.reshape(-1, 4, 2), b.reshape(-1, 4, 2), strict=True)
        theirs = np.array([trax_overlap(trax, *pair) for pair in pairs])
    assert np.mean(theirs > 0) > 0.15
    # 0 / 0 where neither region has a pixel.
    assert raster_overlap(a, b, SIZE, RASTER_2017) == pytest.approx(np.nan_to_num(theirs), abs=1e-6)


def toolkit_regions(regions: NDArray[np.float64]) -> list[Any]:
    from vot.region import Polygon, Rectangle

    if regions.shape[1] == 4:
        return [Rectangle(*box) for box in regions.tolist()]
    return [Polygon(corners) for corners in regions.reshape(-1, 4, 2).tolist()]


@pytest.mark.parametrize("kinds", ["polygons", "boxes", "mixed"])
def test_vot_toolkit_rule_is_the_python_toolkits(kinds):
    region = pytest.importorskip("vot.region")
    rng = np.random.default_rng(2)
    a = random_boxes(40_000, rng) if kinds == "boxes" else random_polygons(40_000, rng)
    b = near(a, rng) if kinds == "polygons" else random_boxes(40_000, rng)
    if kinds == "boxes":
        b = a + rng.uniform(-5, 5, a.shape)
        b[:, 2:] = np.maximum(b[:, 2:], 0.51)
    theirs = region.calculate_overlaps(toolkit_regions(a), toolkit_regions(b), SIZE)
    assert np.mean(np.array(theirs) > 0) > 0.02
    assert raster_overlap(a, b, SIZE, RASTER_TOOLKIT) == pytest.approx(theirs, abs=1e-12)


class Experiment:
    """What the toolkit's analyses ask of an experiment and its sequences, without a workspace on disk."""

    def __init__(self, repetitions: int, rng: np.random.Generator) -> None:
        self.truth: dict[str, NDArray[np.float64]] = {}
        self.regions: dict[str, list[NDArray[np.float64]]] = {}
        self.codes: dict[str, NDArray[np.int8]] = {}
        for number in range(6):
            name, frames = f"s{number}", int(rng.integers(150, 500))
            box = np.array([60.0, 50, 30, 20]) + rng.normal(0, 0.5, (frames, 4)).cumsum(axis=0)
            box[:, 2:] = np.maximum(box[:, 2:], 4)
            x, y, w, h = box.T
            self.truth[name] = np.stack([x, y, x + w, y + 3, x + w - 2, y + h, x, y + h], axis=1)
            noise = rng.normal(0, 3, (repetitions, frames, 4))
            self.regions[name] = list(np.maximum(box + noise, [-np.inf, -np.inf, 1, 1]))
            self.codes[name] = np.stack([self._run(frames, rng) for _ in range(repetitions)])
        self.codes["s0"][:, 1:] = Code.TRACKED

    @staticmethod
    def _run(frames: int, rng: np.random.Generator) -> NDArray[np.int8]:
        codes = np.full(frames, Code.TRACKED, np.int8)
        start = 0
        while start < frames:
            failure = start + int(rng.geometric(0.01))
            codes[start] = Code.INITIALIZED
            codes[failure : failure + 5] = Code.SKIPPED
            codes[failure : failure + 1] = Code.FAILED
            start = failure + 5
        return codes

    def runs(self) -> list[Repetitions]:
        return [
            Repetitions(
                name,
                np.stack([raster_overlap(run, truth, SIZE, RASTER_TOOLKIT) for run in self.regions[name]]),
                self.codes[name],
            )
            for name, truth in self.truth.items()
        ]

    def gather(self, tracker: None, sequence: ToolkitSequence, objects: list[str] | None = None) -> list[Any]:
        from vot.region import Special

        trajectories = []
        for boxes, codes in zip(self.regions[sequence.name], self.codes[sequence.name], strict=True):
            shapes = toolkit_regions(boxes)
            marks = [
                shape if code == Code.TRACKED else Special(int(code))
                for shape, code in zip(shapes, codes, strict=True)
            ]
            trajectories.append(ToolkitTrajectory(marks))
        return trajectories

    def sequences(self) -> list[ToolkitSequence]:
        return [ToolkitSequence(name, truth) for name, truth in self.truth.items()]


class ToolkitTrajectory(list):
    def regions(self) -> list[Any]:
        return list(self)


class ToolkitSequence:
    size = SIZE

    def __init__(self, name: str, truth: NDArray[np.float64]) -> None:
        self.name = name
        self.truth = toolkit_regions(truth)

    def __len__(self) -> int:
        return len(self.truth)

    def groundtruth(self) -> list[Any]:
        return self.truth

    def objects(self) -> list[str]:
        return ["target"]

    def object(self, name: str) -> list[Any] | None:
        return self.truth if name == "target" else None


def by_sequence(analysis: Any, experiment: Experiment) -> Any:
    grid = pytest.importorskip("vot.utilities.data").Grid
    sequences = experiment.sequences()
    results = grid(len(sequences), 1)
    for row, sequence in enumerate(sequences):
        results[row, 0] = analysis.subcompute(experiment, None, sequence, [])
    return results


def test_supervised_scores_equal_the_python_toolkits():
    supervised = pytest.importorskip("vot.analysis.supervised")
    experiment = Experiment(3, np.random.default_rng(3))
    score = score_supervised(experiment.runs(), VOT_TOOLKIT)
    ours = {name: estimate.value for name, estimate in score.metrics().items()}

    results = by_sequence(supervised.AccuracyRobustness(), experiment)
    aggregate = supervised.AverageAccuracyRobustness().aggregate
    accuracy, _, point, _ = aggregate(None, experiment.sequences(), results)
    assert ours["accuracy"] == pytest.approx(accuracy, abs=1e-12)
    assert reliability(ours["robustness"]) == pytest.approx(point[0], abs=1e-12)

    (curve,) = supervised.EAOCurve().subcompute(experiment, None, experiment.sequences(), [])
    assert len(curve) > 357
    # Theirs is in single precision, and its place k has the expected overlap of k + 1 frames.
    assert score.curve()[1][: len(curve) - 1] == pytest.approx(curve[1:], abs=1e-5)
    assert ours["eao"] == pytest.approx(np.mean(curve[100:357]), abs=1e-6)


def test_unsupervised_scores_equal_the_python_toolkits(monkeypatch):
    accuracy = pytest.importorskip("vot.analysis.accuracy")
    monkeypatch.setattr(accuracy, "MultiRunExperiment", Experiment)  # it insists on one of its own
    experiment = Experiment(1, np.random.default_rng(4))
    for codes in experiment.codes.values():
        codes[:, 1:] = Code.TRACKED
    results = by_sequence(accuracy.SequenceAccuracy(), experiment)
    (theirs,) = accuracy.AverageAccuracy().aggregate(None, experiment.sequences(), results)
    runs = {run.sequence: run.overlaps[0] for run in experiment.runs()}
    assert score_unsupervised(runs, VOT_TOOLKIT).metrics()["ao"].value == pytest.approx(theirs, abs=1e-12)
