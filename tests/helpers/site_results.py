"""A small results folder for the tests of sites: four runs on the demo, one of them reproduced."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.datasets import open_dataset
from benchmarks.protocols import Trajectory
from benchmarks.reproduction import ReproductionRecord, write_record
from benchmarks.reproduction.record import ReproducedSequence
from benchmarks.store import Identity, Manifest, RunFolder, SequenceRecord, truth_digest

SEQUENCES = ("easy", "scale", "rotation", "occlusion", "illumination", "motion", "deformation", "clutter")
LABEL = "<script>alert(1)</script> & Söhne"

_STYLE = f"""
[trackers.near]
label = '{LABEL}'
paper = "https://example.org/paper.pdf"
code = "https://example.org/code"
note = "The <b>first</b> one."
"""


def store(
    results: Path, tracker: str, shift: float, names: tuple[str, ...] = SEQUENCES, *, imported: bool = True
) -> RunFolder:
    """Writes a run on the demo whose boxes are shifted after the first frame, more in later sequences."""
    demo = open_dataset("demo", None)
    folder = RunFolder(results, "demo", tracker, "ope")
    identity = None if imported else Identity("ncc", {}, None, "0" * 64, "ope", "cpu", 0, 1)
    machine = {"python": "3.11.7", "processor": "one", "device": "cpu", "packages": {"numpy": "2.0"}}
    manifest = Manifest("demo", identity, [] if imported else [machine], tracker=tracker)
    for number, name in enumerate(names):
        truth = demo[name].truth
        boxes = truth.copy()
        boxes[1:, 0] += shift * (1 + number / 10)
        runs = folder.write(name, [Trajectory(boxes, np.full(len(boxes), 0.01))])
        manifest.sequences[name] = SequenceRecord("ok", truth=truth_digest(truth), runs=runs)
    manifest.write(folder.manifest_path)
    return folder


def write_results(results: Path) -> None:
    """Writes four runs: imported, whole and reproduced, incomplete, and damaged."""
    store(results, "near", 1)
    far = store(results, "far", 12, open_dataset("demo", None).names(), imported=False)
    store(results, "part", 4, SEQUENCES[:6], imported=False)
    broken = results / "demo/broken/ope"
    broken.mkdir(parents=True)
    (broken / "run.json").write_text("{")
    manifest = far.read_manifest()
    assert manifest is not None
    sequences = {
        name: ReproducedSequence(
            tuple(files.boxes for files in record.runs), same=name != "easy", mean_iou=0.5
        )
        for name, record in manifest.sequences.items()
    }
    changes = {"torch_threads": ("1", "2")}
    write_record(far, ReproductionRecord("2026-11-28T00:00:00+00:00", "A. Reader", 9, sequences, changes))
    (results / "sotbench.toml").write_text(_STYLE)
