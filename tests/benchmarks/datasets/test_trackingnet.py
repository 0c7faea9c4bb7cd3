"""TrackingNet: the listed test set, or a folder with other sequences whose ground truth is whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset

ROWS = "1.00,2.00,30.00,40.00\r\n2.50,2.00,30.00,40.00\r\n"


def annotated(root: Path, *names: str) -> Path:
    folder = root / "TrackingNet" / "TEST" / "anno"
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}.txt").write_text(ROWS)
    return root


def test_listed_sequences_are_the_test_set(tmp_path: Path) -> None:
    dataset = open_dataset("trackingnet", annotated(tmp_path, "YaXKZdSEwt4_0", "other_0"))
    assert len(dataset.all_names) == 511
    assert "other_0" not in dataset.all_names


def test_other_sequences_alone_are_a_data_set(tmp_path: Path) -> None:
    dataset = open_dataset("trackingnet", annotated(tmp_path, "b_0", "-a_1"))
    assert dataset.all_names == dataset.names() == ("-a_1", "b_0")
    np.testing.assert_array_equal(dataset["b_0"].truth, [[1, 2, 30, 40], [2.5, 2, 30, 40]])


def test_early_end_and_missing_result_are_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--dataset", "trackingnet", "--data-root", str(annotated(tmp_path, "a_0", "b_0"))]
    data += ["--results", str(tmp_path / "results")]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a_0.txt").write_text(ROWS.splitlines()[0] + "\n")
    words = ["import", str(tmp_path / "mine"), "--from", "txt", "--tracker", "mine", "--zero-based", *data]
    assert main(words) == 0
    assert "a_0: there is no box after frame 1 of 2; frames without one are misses" in capsys.readouterr().err
    assert main(["score", *data, "--format", "csv"]) == 0
    captured = capsys.readouterr()
    columns, values = (line.split(",") for line in captured.out.splitlines())
    found = dict(zip(columns, values, strict=True))
    assert (found["sequences"], found["of"]) == ("2", "2")
    # Only the first frame of each, which is the ground truth, is a hit; b_0's zeros have a box nowhere.
    assert float(found["normalized_precision"]) == pytest.approx(0.5)
    assert float(found["coverage"]) == pytest.approx(0.5)
    assert "mine has none of 1: b_0" in captured.err
