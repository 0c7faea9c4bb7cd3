"""The command `score`: which profiles it uses, and what it prints."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
from bad_data import write_video

from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset
from benchmarks.protocols import Trajectory
from benchmarks.store import Manifest, RunFolder, SequenceRecord, truth_digest


def scored(results: Path, *words: str) -> int:
    return main(["score", *words, "--dataset", "demo", "--results", str(results)])


def test_default_profile_is_the_data_sets(results, capsys):
    assert scored(results, "--format", "json") == 0
    records = json.loads(capsys.readouterr().out)
    assert [(r["tracker"], r["profile"]) for r in records] == [
        ("also-near", "otb"),
        ("far", "otb"),
        ("near", "otb"),
    ]
    assert not any("differs" in r for r in records)


def test_all_profiles_with_their_differences(results, capsys):
    assert scored(results, "--tracker", "near", "--profile", "all", "--format", "json") == 0
    records = json.loads(capsys.readouterr().out)
    assert [r["profile"] for r in records] == ["otb", "got10k", "pysot", "pytracking"]
    assert len({r["differs"] for r in records}) == 4
    assert [r["profile"] for r in records if "ao" in r] == ["got10k"]
    assert len({r["success"] for r in records}) == 4


def test_all_profiles_as_a_table(results, capsys):
    assert scored(results, "--tracker", "near", "--profile", "all") == 0
    out = capsys.readouterr().out
    assert "otb: frames without a ground-truth box are misses in success and hits in precision" in out
    assert [line.split()[1] for line in out.splitlines() if line.startswith(" near")] == [
        *("otb", "got10k", "pysot", "pytracking"),
    ]


def test_other_profiles_score_what_one_refuses(results, capsys):
    folder = RunFolder(results, "demo", "gone", "ope")
    name = "easy"
    boxes = open_dataset("demo", None)[name].truth.copy()
    boxes[7] = np.nan
    runs = folder.write(name, [Trajectory(boxes, np.ones(len(boxes)))])
    record = SequenceRecord("ok", truth=truth_digest(open_dataset("demo", None)[name].truth), runs=runs)
    Manifest("demo", None, sequences={name: record}).write(folder.manifest_path)

    assert scored(results, "--tracker", "gone", "--profile", "all", "--format", "csv") == 0
    captured = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(captured.out)))
    assert [row["profile"] for row in rows] == ["otb", "got10k", "pysot"]
    assert (
        f"gone: pytracking is left out: profile 'pytracking' does not score 'gone' on sequence '{name}'"
        in (captured.err)
    )
    assert scored(results, "--tracker", "gone", "--profile", "pytracking") == 2


def test_rows_by_attribute_need_attributes(tmp_path, capsys):
    write_video(tmp_path / "videos" / "one")
    (tmp_path / "videos" / "sotbench.toml").write_text("one_based = false\n")
    place = ["--dataset", "folder", "--data-root", str(tmp_path / "videos"), "--results", str(tmp_path / "r")]
    assert main(["run", "--tracker", "still", *place]) == 0
    capsys.readouterr()
    assert main(["score", *place, "--by", "attribute"]) == 2
    said = capsys.readouterr()
    assert said.err.endswith("error: sequences of videos have no attributes; leave out --by attribute\n")
    assert not said.out
