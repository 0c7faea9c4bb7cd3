"""Messages about runs that cannot be scored or look wrong."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cli.main import main
from benchmarks.store import Identity, Manifest, RunFolder, SequenceRecord
from reports.html import main as html
from reports.plot import main as plot
from reports.table import main as table

MEMORY = "failed: RuntimeError: CUDA out of memory"


def scored(results: Path, *words: str) -> int:
    return main(["score", *words, "--dataset", "demo", "--results", str(results)])


def fail(results: Path, tracker: str) -> None:
    """Writes a run in which every sequence failed."""
    folder = RunFolder(results, "demo", tracker, "ope")
    records = {
        name: SequenceRecord("failed", f"RuntimeError: CUDA out of memory{number or ''}")
        for number, name in enumerate(("easy", "motion", "scale"))
    }
    Manifest("demo", None, sequences=records).write(folder.manifest_path)


def damage(results: Path, tracker: str) -> None:
    (results / "demo" / tracker / "ope" / "run.json").write_text('{"schema": 1')


def names_of(text: str) -> set[str]:
    return {record["tracker"] for record in json.loads(text)}


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (fail, f"far is left out: no sequence of 'far' can be scored: easy: {MEMORY}; and 2 more"),
        (damage, "far is left out: "),
    ],
)
def test_unscorable_run_is_left_out(results, capsys, spoil, expected):
    spoil(results, "far")
    assert scored(results, "--format", "json") == 0
    captured = capsys.readouterr()
    assert names_of(captured.out) == {"near", "also-near"}
    [line] = captured.err.splitlines()
    assert line.startswith(expected)


@pytest.mark.parametrize("spoil", [fail, damage])
def test_reports_leave_out_unscorable_run(results, tmp_path, capsys, spoil):
    spoil(results, "far")
    shared = ["--dataset", "demo", "--results", str(results)]
    assert table(shared) == 0
    captured = capsys.readouterr()
    assert "| near |" in captured.out
    assert "far is left out: " in captured.err
    assert plot([*shared, "--kind", "success", "--out", str(tmp_path / "plots")]) == 0
    assert html([*shared, "--out", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").stat().st_size > 1_000_000
    assert main(["compare", "near", "far", "also-near", *shared]) == 0
    assert "far is left out: " in capsys.readouterr().err
    assert main(["compare", "near", "far", *shared]) == 2


def test_only_failed_run_is_refused(results, capsys):
    fail(results, "far")
    assert scored(results, "--tracker", "far") == 2
    assert capsys.readouterr().err == (
        f"error: no sequence of 'far' can be scored: easy: {MEMORY}; and 2 more\n"
    )


def test_every_unscorable_run_is_named(results, capsys):
    for name, spoil in (("far", fail), ("near", damage), ("also-near", fail)):
        spoil(results, name)
    assert scored(results) == 2
    *lines, last = capsys.readouterr().err.splitlines()
    assert [line.partition(" is left out")[0] for line in lines] == ["also-near", "far", "near"]
    assert last == "error: none of these 3 runs can be scored; see above"


def test_file_without_boxes_leaves_out_its_sequence(results, capsys):
    folder = RunFolder(results, "demo", "far", "ope")
    manifest = folder.read_manifest()
    from benchmarks.store.digests import digest

    for name, content in (("easy", b"\xff\xfe nonsense\n"), ("motion", b"1,2,3\n")):
        (folder.path / f"{name}.txt").write_bytes(content)
        record = manifest.sequences[name]
        runs = (replace(record.runs[0], boxes=digest(content)),)
        manifest.sequences[name] = replace(record, runs=runs)
    manifest.write(folder.manifest_path)
    assert scored(results, "--tracker", "far", "--format", "json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)[0]["sequences"] == 7
    assert [line.partition(" is left out")[0] for line in captured.err.splitlines()] == [
        *("far: easy", "far: motion")
    ]


def rewrite(results: Path, run: str, **changes: Any) -> None:
    """Changes a manifest's data set, environments or identity."""
    folder = RunFolder(results, "demo", run, "ope")
    manifest = folder.read_manifest()
    for name, value in changes.items():
        setattr(manifest, name, value)
    manifest.write(folder.manifest_path)


def made_by(tracker: str) -> Identity:
    return Identity(tracker, {}, None, None, "ope", "cpu", 0, 1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"identity": Identity("far", {}, None, None, "tre", "cpu", 0, 1)}, "is of protocol 'tre'"),
        ({"dataset": "otb2015"}, "is of data set 'otb2015'"),
    ],
)
def test_manifest_of_another_folder_is_left_out(results, capsys, changes, expected):
    rewrite(results, "far", **changes)
    assert scored(results, "--format", "json") == 0
    captured = capsys.readouterr()
    assert names_of(captured.out) == {"near", "also-near"}
    [line] = captured.err.splitlines()
    assert line.startswith("far is left out: ")
    assert f"far/ope/run.json {expected} and lies where " in line


def test_renamed_folder_is_reported(results, capsys):
    for name, made_as in (("far", "near"), ("near", "far"), ("also-near", "also-near")):
        rewrite(results, name, tracker=made_as)
    assert scored(results) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(";")[0] for line in lines] == [
        "far: its results were made under the name 'near'",
        "near: its results were made under the name 'far'",
    ]


def test_swapped_old_folders_are_reported(results, capsys):
    rewrite(results, "far", identity=made_by("my_trackers.py:near"))
    rewrite(results, "near", identity=made_by("my_trackers.py:far"))
    rewrite(results, "also-near", identity=made_by("my_trackers.py:third"))  # allowed: --name is free
    assert scored(results) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(";")[0] for line in lines] == [
        "far: its run.json says that tracker near was run",
        "near: its run.json says that tracker far was run",
    ]


def test_run_named_like_a_builtin_tracker_is_reported(results, capsys):
    rewrite(results, "far", identity=made_by("ncc"))
    shutil.move(results / "demo" / "far", results / "demo" / "still")
    assert scored(results, "--tracker", "still", "near") == 0
    assert capsys.readouterr().err.startswith("still: its run.json says that tracker ncc was run; ")


def test_two_environments_are_reported(results, capsys):
    environments = [
        {"python": "3.11.7", "packages": {"numpy": "2.0.0", "torch": None}, "cores": 2},
        {"python": "3.12.1", "packages": {"numpy": "2.1.0", "torch": None}, "cores": 2},
        {"python": "never used"},
    ]
    folder = RunFolder(results, "demo", "far", "ope")
    records = folder.read_manifest().sequences
    records["motion"] = replace(records["motion"], environment=1)
    rewrite(results, "far", environments=environments, sequences=records)
    assert scored(results) == 0
    assert capsys.readouterr().err == (
        "far: it was made in 2 environments, which differ in python (3.11.7; 3.12.1), "
        "packages numpy (2.0.0; 2.1.0)\n"
    )
