"""Tests the studies of docs/gradnet.md on synthetic videos."""

from __future__ import annotations

from pathlib import Path

import correction_study
import gradnet_training_study
import learning_rates
import numpy as np
import pytest
import success_ceilings
import torch
import tracker_table
from small_networks import gradnet_network, gradnet_weights

from benchmarks.cli.main import main
from benchmarks.datasets import Dataset
from trackers.siamese.gradnet import GradNet
from trackers.siamese.response import binary_labels
from trackers.siamese.search import Search
from trackers.siamese.settings import SearchSettings


def test_video_pairs_are_centered_on_true_boxes(squares: Dataset) -> None:
    exemplars, regions = gradnet_training_study.video_pairs(
        squares, Search(SearchSettings(), torch.device("cpu")), (3, 8, 11)
    )
    # Frames 3 and 8 of three videos, and 11 of the only one long enough.
    assert exemplars.shape == (7, 3, 127, 127)
    assert regions.shape == (7, 3, 255, 255)
    assert torch.equal(exemplars[0], exemplars[1])
    # The target is bright, and in the middle.
    assert exemplars[:, :, 50:77, 50:77].mean() > 2 * exemplars.mean()


def test_iterations_fall_with_the_rate() -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(3, 32, 22, 22, generator=generator)
    templates = torch.zeros(3, 32, 6, 6)
    labels = binary_labels(torch.zeros(1, 2), 17, 8).expand(3, -1, -1)
    slow, fast = (learning_rates.iterations(templates, features, labels, rate) for rate in (0.02, 0.1))
    assert 1 < fast < slow
    assert learning_rates.iterations(templates, features, labels, 1e-9) == float("inf")


def test_corrections_are_measured_on_tracker_crops(squares: Dataset, tmp_path: Path) -> None:
    change, before, after = gradnet_training_study.corrections(gradnet_weights(tmp_path), squares)
    assert 0 < change < 10
    assert before > 0
    assert after != before
    success, precision = gradnet_training_study.tracking(GradNet(gradnet_weights(tmp_path)), squares)
    assert 0 <= success <= 1
    assert 0 <= precision <= 1


def test_correction_study_measures_every_template(squares: Dataset, tmp_path: Path) -> None:
    figures = correction_study.measure(gradnet_network(), squares)
    # Frames 5 and 10 of the two videos of 12 and 10 frames, and 5 of the one of 9.
    count = len(figures.rows[correction_study.FIXED])
    assert count == 4
    assert len(figures.rows[correction_study.age_name(5)]) == count
    assert len(figures.rows[correction_study.age_name(10)]) == 1
    assert correction_study.age_name(20) not in figures.rows
    np.testing.assert_equal(
        figures.mean(correction_study.error_name(0)), figures.mean(correction_study.age_name(5))
    )
    table = correction_study.table(figures, [correction_study.FIXED, correction_study.CARRIED])
    assert len(table.splitlines()) == 4


def test_correction_study_distinguishes_near_and_far_peaks() -> None:
    figures = correction_study.Figures()
    place = torch.tensor([[8.0, -16.0]])
    for columns, rows in ((1, -2), (2, -2), (3, -2), (-3, 0)):
        scores = torch.zeros(1, 17, 17)
        scores[0, 8 + rows, 8 + columns] = 1
        figures.add("made up", scores, place)
    # 0, 8, 16 and 36 px away; 8 is no longer below 8.
    np.testing.assert_allclose(figures.mean("made up")[:2], [0.25, 0.5])


def test_correction_study_is_plotted(
    squares: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correction_study, "AGES", (5, 10))
    figures = correction_study.measure(gradnet_network(), squares)
    correction_study.draw({"one": figures, "two": figures}, tmp_path / "study.png")
    assert (tmp_path / "study.png").read_bytes().startswith(b"\x89PNG")


def test_tracker_table_row(squares: Dataset, tmp_path: Path) -> None:
    where = ["--results", str(tmp_path), "--dataset", "squares"]
    assert main(["run", "--tracker", "ncc", "--sequences", "right", "down", *where]) == 0
    row = tracker_table.row("ncc", tmp_path, tmp_path, squares)
    name, sequences, success, precision, fps, step = (cell.strip() for cell in row.strip("|").split("|"))
    assert (name, sequences, step) == ("`ncc`", "2", "-")
    assert float(success.split()[0]) > 0.5
    assert float(precision.split()[0]) > 0.5
    assert float(fps) > 0


def test_table_by_target_has_a_row_per_target(squares: Dataset, tmp_path: Path) -> None:
    where = ["--results", str(tmp_path), "--dataset", "squares"]
    assert main(["run", "--tracker", "ncc", "--sequences", "right", "down", *where]) == 0
    lines = tracker_table.by_target(["ncc"], tmp_path, squares).splitlines()
    assert lines[0] == "| target | `ncc` |"
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["right", "down"]


def test_ceilings_replace_one_aspect_only(squares: Dataset, tmp_path: Path) -> None:
    truth = np.array([[10.0, 10, 20, 20], [10, 10, 20, 20]])
    boxes = np.array([[15.0, 10, 40, 20], [100, 100, 10, 10]])
    found = success_ceilings.replaced(boxes, truth)
    assert found["true centers"].tolist() == [[0, 10, 40, 20], [15, 15, 10, 10]]
    assert found["true sizes"].tolist() == [[25, 10, 20, 20], [95, 95, 20, 20]]
    assert found["true center where the target is lost"].tolist() == [[15, 10, 40, 20], [15, 15, 10, 10]]
    assert main(["run", "--tracker", "still", "--dataset", "squares", "--results", str(tmp_path)]) == 0
    scores = success_ceilings.successes("still", tmp_path, squares)
    # Sizes are constant: with true centers every box is right, but no overlap exceeds threshold 1.
    assert scores["true centers"] == pytest.approx(20 / 21)
    assert scores["true sizes"] == scores["as it is"] < scores["true centers"]
