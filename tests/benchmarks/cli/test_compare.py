"""`compare`: what it prints, in which form, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cli import compare as command
from benchmarks.cli.options import Parser, guarded
from benchmarks.datasets import open_dataset
from benchmarks.protocols import Trajectory
from benchmarks.store import truth_digest
from benchmarks.store.folder import MANIFEST, RunFolder
from benchmarks.store.manifest import Manifest, SequenceRecord

DEMO = open_dataset("demo", None)


def store(results: Path, tracker: str, shift: float, names: tuple[str, ...] = DEMO.names()) -> None:
    """Results as a run leaves them: boxes that are off by some pixels, less so in some sequences."""
    folder = RunFolder(results, "demo", tracker, "ope")
    manifest = Manifest("demo", None)
    for number, name in enumerate(names):
        truth = DEMO[name].truth
        boxes = truth + np.array([shift * (1 + number / 10), 0, 0, 0])
        runs = folder.write(name, [Trajectory(boxes, np.ones(len(boxes)))])
        manifest.sequences[name] = SequenceRecord("ok", truth=truth_digest(truth), runs=runs)
    manifest.write(folder.path / MANIFEST)


def compared(results: Path, *words: str) -> int:
    parser = Parser(prog="sotbench compare")
    command.add_arguments(parser)
    options = ["--dataset", "demo", "--results", str(results)]
    return guarded(lambda w: command.run(parser.parse_args(w)))([*words, *options])


@pytest.fixture
def results(tmp_path: Path) -> Path:
    store(tmp_path, "near", 1)
    store(tmp_path, "far", 8)
    store(tmp_path, "also-near", 1)
    return tmp_path


def test_a_difference_in_words(results, capsys):
    assert compared(results, "near", "far") == 0
    captured = capsys.readouterr()
    last = captured.out.splitlines()[-1]
    assert last.startswith("near is better: near - far = +")
    assert last.endswith("p = 0.004 on 9 sequences")
    assert "dataset demo, protocol ope, profile otb; A - B with 95 % interval" in captured.out
    assert captured.err == ""


def test_equal_trackers_in_words(results, capsys):
    assert compared(results, "near", "also-near") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == (
        "no difference can be shown on these 9 sequences: "
        "near - also-near = +0.000 [+0.000, +0.000], p = 1.000"
    )


def test_json_has_every_figure_of_every_pair_and_metric(results, capsys):
    words = ["near", "far", "also-near", "--metric", "precision", "success", "--format", "json"]
    assert compared(results, *words) == 0
    records = json.loads(capsys.readouterr().out)
    assert [(r["a"], r["b"], r["metric"], r["better"]) for r in records] == [
        ("near", "far", "precision", None),
        ("near", "far", "success", "near"),
        ("near", "also-near", "precision", None),
        ("near", "also-near", "success", None),
        ("far", "also-near", "precision", None),
        ("far", "also-near", "success", "also-near"),
    ]
    assert list(records[0]) == [
        *("dataset", "protocol", "profile", "metric", "a", "b", "sequences", "of", "value_a", "value_b"),
        *("difference", "difference_low", "difference_high", "p_bootstrap", "p_wilcoxon"),
        *("p_bootstrap_corrected", "p_wilcoxon_corrected", "comparisons", "better", "verdict"),
    ]
    success = records[1]
    assert success["difference"] == pytest.approx(success["value_a"] - success["value_b"])
    assert success["difference_low"] < success["difference"] < success["difference_high"]
    assert {r["comparisons"] for r in records} == {6}


def test_csv(results, capsys):
    assert compared(results, "near", "far", "--format", "csv") == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["a"], row["better"], row["sequences"], row["of"]) == ("near", "near", "9", "9")


def test_sequences_that_only_one_has_are_left_out_and_the_count_is_said(results, capsys):
    store(results, "partly", 8, DEMO.names()[:4])
    assert compared(results, "near", "partly", "--format", "json") == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert (record["sequences"], record["of"], record["better"]) == (4, 9, None)
    assert record["verdict"].endswith("; fewer than 6 sequences can never show one")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["near"], "`compare` needs two different trackers; name another beside near"),
        (["near", "near"], "`compare` needs two different trackers"),
        (["near", "fra"], "there are no results of tracker 'fra' on demo"),
        (["near", "far", "--metric", "sucess"], "no metric 'sucess' to compare (did you mean 'success'?)"),
        (["near", "far", "--profile", "all"], "--profile all is for `score` alone; name one profile"),
    ],
)
def test_mistakes_are_one_sentence(results, capsys, words, sentence):
    assert compared(results, *words) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert len(err.splitlines()) == 1
