"""Profile `lasot` against the figures that LaSOT's toolkit gives for ATOM (Danelljan et al., CVPR 2019).

The boxes, in whole pixels as pytracking stores them, lie in `../shared/golden/lasot`.
"""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from benchmarks.boxfiles import parse_rows
from benchmarks.datasets import Dataset, open_dataset
from benchmarks.datasets.names import key
from benchmarks.protocols import Trajectory
from benchmarks.scoring import score_run
from benchmarks.scoring.profiles import LASOT
from benchmarks.store import Run

ONE_BASED = np.array([1.0, 1.0, 0.0, 0.0])


def published(golden: Path, file: str, dataset: Dataset, suffix: str = "") -> Run:
    """The boxes in a zip of text files, as they were stored."""
    names = {key(name): name for name in dataset.all_names}
    trajectories = {}
    with ZipFile(golden / file) as archive:
        for member in archive.namelist():
            name = names.get(key(Path(member).stem.removesuffix(suffix)))
            if name is not None:
                boxes = parse_rows(archive.read(member).decode(), 4, member) - ONE_BASED
                trajectories[name] = [Trajectory(boxes, np.full(len(boxes), np.nan))]
    return Run(Path(file).stem, dataset.name, "ope", trajectories, {}, {})


@pytest.mark.shared
def test_published_results_score_as_published(shared):
    dataset = open_dataset("lasot", shared / "annotations")
    run = published(shared / "golden" / "lasot", "ATOM.pytracking.zip", dataset)
    # Some trackers have more boxes than ground truth on monkey-17; the toolkit cuts them off.
    score = score_run(run, dataset, LASOT, cut=True)
    figures = {name: estimate.value for name, estimate in score.metrics().items()}
    assert (len(score.sequences), score.frames.sum()) == (280, 685_360)
    expected = {"success": 0.5143, "precision": 0.5054, "normalized_precision": 0.5768}
    assert figures == pytest.approx(expected, abs=0.0005)


@pytest.mark.shared
def test_a_perfect_tracker_is_held_down_by_absent_frames(shared):
    dataset = open_dataset("lasot", shared / "annotations")
    runs = {
        name: [Trajectory(dataset[name].truth, np.zeros(len(dataset[name].truth)))]
        for name in dataset.names()
    }
    score = score_run(Run("perfect", "lasot", "ope", runs, {}, {}), dataset, LASOT)
    assert score.metrics()["success"].value == pytest.approx(0.927, abs=0.0005)
