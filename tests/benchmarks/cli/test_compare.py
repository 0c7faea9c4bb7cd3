"""The command `compare`: its output, formats and errors."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from benchmarks.cli.main import main


def compared(results: Path, *words: str) -> int:
    return main(["compare", *words, "--dataset", "demo", "--results", str(results)])


def test_difference_in_words(results, capsys):
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


def test_json_has_every_pair_and_metric(results, capsys):
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


def test_only_common_sequences_are_compared(results, store_run, capsys):
    store_run("partly", 8, ("easy", "scale", "rotation", "occlusion"))
    assert compared(results, "near", "partly", "--format", "json") == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert (record["sequences"], record["of"], record["better"]) == (4, 9, None)
    assert record["verdict"].endswith("; at least 6 sequences are needed to show one")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["near"], "`compare` needs two different trackers; name another besides near"),
        (["near", "near"], "`compare` needs two different trackers"),
        (["near", "fra"], "there are no results of tracker 'fra' on demo"),
        (["near", "far", "--metric", "sucess"], "no metric 'sucess' to compare (did you mean 'success'?)"),
        (["near", "far", "--profile", "all"], "only `score` takes --profile all; name one profile"),
    ],
)
def test_mistakes_are_one_sentence(results, capsys, words, sentence):
    assert compared(results, *words) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert len(err.splitlines()) == 1
