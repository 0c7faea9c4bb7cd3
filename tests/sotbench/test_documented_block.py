"""The code block of docs/api.md runs as it stands there."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from api_trackers import TRACKER, Still

import sotbench as sot
from benchmarks.datasets import DATASETS
from trackers.registry import Entry

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def test_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo stands in for OTB2015, whose frames are not at hand, as data set and as pysot's results."""
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(DATASETS.entries, "otb2015", Entry("benchmarks.datasets.demo:Demo", "the demo"))
    (tmp_path / "my_tracker.py").write_text(TRACKER)
    truth = {name: sot.open_dataset("demo")[name].truth for name in sot.open_dataset("demo")}
    with zipfile.ZipFile("ATOM.zip", "w") as archive:
        for name, boxes in truth.items():
            lines = [",".join(f"{value:.4f}" for value in box) for box in boxes]
            archive.writestr(f"demo/ATOM/{name}.txt", "\n".join(lines))
    sot.run("still", "demo")

    [block] = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {"MyTracker": Still, "boxes": truth["easy"], "truth": truth["easy"]}
    exec(block, names)

    scores = names["scores"]
    assert isinstance(scores, sot.Scores)
    assert scores.trackers == ["ncc", "still"]
    assert sot.load_results("otb2015", trackers="ATOM").score().to_frame()["success"]["ATOM"] > 0.9
    assert np.array_equal(sot.load_results("demo")["mine"]["easy"].boxes[5], truth["easy"][0])
