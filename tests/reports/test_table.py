"""`sotbench table`: every kind in every format."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from example_scores import report, score, write_speed
from speed_records import made as made_record

from benchmarks.cli.main import main as sotbench
from benchmarks.tables import WRITERS
from reports.published import Published
from reports.speed_records import speed_table
from reports.table import KINDS, main

THREE = (score("Slow", 0.4), score("Fast", 0.7), score("Middle", 0.5))


@pytest.fixture
def results(squares, tmp_path: Path, capsys) -> Path:
    folder = tmp_path / "results"
    for tracker in ("still", "ncc"):
        sotbench(["run", "--tracker", tracker, "--dataset", "squares", "--results", str(folder)])
        write_speed(folder, tracker, 100.0 if tracker == "ncc" else 50.0)
    capsys.readouterr()
    return folder


def table(results: Path, *more: str) -> int:
    return main(["--dataset", "squares", "--results", str(results), *more])


def test_accuracy_is_sorted_with_best_marked():
    made, records = KINDS["accuracy"](report(THREE))
    assert [row["tracker"] for row in records] == ["Fast", "Middle", "Slow"]
    lines = WRITERS["markdown"](made).splitlines()
    fast, middle, slow = (line for line in lines if line.startswith(("| Fast", "| Middle", "| Slow")))
    assert fast.count("**") == 6
    assert middle.count("<ins>") == 3
    assert "**" not in slow + middle
    row = records[0]
    assert f"**{row['success']:.3f}** [{row['success_low']:.3f}".replace("[0.", "[.") in fast


def test_published_scores_have_their_source():
    published = (
        Published("d", "ope", "otb", "ECO", "success", "0.694", "otb-results"),
        Published("d", "ope", "pytracking", "DiMP-50", "success", "0.684", "pytracking-zoo"),
        Published("d", "ope", "vot2017", "X", "eao", "0.2", "vot2017"),
    )
    made, records = KINDS["accuracy"](report(THREE, published=published))
    assert [row["tracker"] for row in records[3:]] == [
        "ECO (published)",
        "DiMP-50 (published, pytracking)",
    ]
    text = WRITERS["html"](made)
    assert "Published: ECO: benchmark_results" in text
    assert "VOT2017 Challenge" not in text
    eco = next(line for line in text.splitlines() if "ECO (published)" in line)
    assert "0.694" in eco
    assert "[" not in eco


def test_each_attribute_column_marks_its_best():
    made, _ = KINDS["attributes"](report(THREE))
    assert [column.heading for column in made.columns] == ["tracker", "odd\n(10)", "first_five\n(5)"]
    text = WRITERS["latex"](made)
    by_attribute = THREE[1].by_attribute()["odd"].value(THREE[1].profile.metrics[0])
    assert rf"\textbf{{{by_attribute:.3f}}}" in text
    assert text.count(r"\textbf") == text.count(r"\underline") == 2


def test_comparisons_cover_every_pair():
    made, records = KINDS["comparison"](report(THREE))
    assert [(row["a"], row["b"]) for row in records] == [
        ("Fast", "Middle"),
        ("Fast", "Slow"),
        ("Middle", "Slow"),
    ]
    assert len(made.rows) == 3
    assert "corrected for 3 comparisons" in made.caption


def test_busy_machine_is_noted(results):
    made = speed_table([made_record([0.01], busy=True, precision=None)])
    assert made.notes[0].endswith("It was busy: do not trust these values.")
    assert made.rows[0][2].text == ""


def test_command_prints_markdown(results, capsys):
    assert table(results, "--kind", "accuracy", "comparison", "speed") == 0
    output = capsys.readouterr().out
    assert output.count("| tracker |") == 2
    assert "| A | B |" in output
    assert "| ncc | cpu | float32 | 1 | 1 | **100.0** [90.0, 120.0] | 10.00 |" in output
    assert "Measured 2026-11-24T16:00:00+00:00: processor a CPU &amp; more, cores 2." in output


def test_command_writes_every_format(results, tmp_path, capsys):
    forms = ["markdown", "latex", "html", "csv"]
    folder = tmp_path / "out"
    assert table(results, "--kind", *KINDS, "--format", *forms, "--out", str(folder)) == 0
    names = [Path(line).name for line in capsys.readouterr().out.splitlines()]
    assert names == [f"{kind}.{end}" for kind in KINDS for end in ("md", "tex", "html", "csv")]
    rows = list(csv.DictReader(io.StringIO((folder / "speed.csv").read_text())))
    assert [(row["tracker"], float(row["fps"])) for row in rows] == [("ncc", 100.0), ("still", 50.0)]


def test_csv_has_full_precision(results, capsys):
    assert table(results, "--format", "csv") == 0
    [first, _] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert first["tracker"] == "ncc"
    assert len(first["success"]) > 6


def test_no_interval_option(results, capsys):
    assert table(results, "--no-interval") == 0
    output = capsys.readouterr().out
    assert "interval" not in output
    assert "[" not in output


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--kind", "accuracy", "speed", "--format", "csv"], "give --out DIR"),
        (["--format", "csv", "latex"], "give --out DIR"),
        (["--kind", "comparison", "--tracker", "ncc"], "name another beside ncc"),
        (["--kind", "attributes", "--metric", "eao"], "has no metric 'eao'"),
        (["--published", "ECO"], "no published score of 'ECO' on Squares is on record"),
        (["--tracker", "nnc"], "did you mean 'ncc'"),
    ],
)
def test_user_error_is_one_sentence(results, capsys, more, sentence):
    assert table(results, *more) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert [line for line in error.splitlines() if "scored" not in line] == error.splitlines()[-1:]


def test_kinds_that_cannot_be_made_are_left_out_and_named(results, tmp_path, capsys):
    capsys.readouterr()
    assert table(results, "--kind", "comparison", "accuracy", "--tracker", "ncc") == 1
    output = capsys.readouterr()
    assert "ncc" in output.out
    assert not output.out.startswith("\n")
    assert "comparison is left out: " in output.err
    only_ncc = ["--tracker", "ncc", "--out", str(tmp_path)]
    assert table(results, "--kind", "comparison", "accuracy", *only_ncc) == 1
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "accuracy.md")]


def test_speed_table_needs_records(squares, tmp_path, capsys):
    sotbench(["run", "--tracker", "ncc", "--dataset", "squares", "--results", str(tmp_path)])
    assert main(["--dataset", "squares", "--results", str(tmp_path), "--kind", "speed"]) == 2
    assert "measure speed with `sotbench speed --tracker ncc`" in capsys.readouterr().err


def test_several_data_sets_name_the_protocol_of_other_results(squares, tmp_path, capsys):
    words = ["--dataset", "squares", "--results", str(tmp_path)]
    sotbench(["run", "--tracker", "ncc", *words])
    sotbench(["run", "--tracker", "still", "--protocol", "unsupervised", *words])
    capsys.readouterr()
    assert main([*words, "--dataset", "squares", "demo", "--tracker", "ncc", "still"]) == 2
    assert capsys.readouterr().err == (
        "error: there are no results of tracker 'still' of protocol 'ope' on squares, demo; there are some "
        "of unsupervised: give --protocol unsupervised\n"
    )
