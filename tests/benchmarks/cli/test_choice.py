"""Parts of data sets: --sequences, --attribute, lists, and data sets that are parts of others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pages import part_of

from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset
from benchmarks.protocols import Trajectory
from benchmarks.store import Identity, Manifest, RunFolder, SequenceRecord, truth_digest
from reports.html import main as html
from reports.plot import main as plot
from reports.table import main as table


@pytest.fixture
def scored(results, capsys):
    """Returns a function that runs `score` and returns its records by tracker."""

    def score(*words: str) -> dict[str, dict[str, object]]:
        capsys.readouterr()
        assert (
            main(["score", "--dataset", "demo", "--results", str(results), *words, "--format", "json"]) == 0
        )
        return {record["tracker"]: record for record in json.loads(capsys.readouterr().out)}

    return score


def test_selected_sequences(results, scored, capsys):
    main(["score", "--dataset", "demo", "--results", str(results), "--by", "sequence", "--format", "json"])
    by_name = {(r["tracker"], r["sequence"]): r for r in json.loads(capsys.readouterr().out)}
    chosen = scored("--sequences", "Motion", "easy")["far"]
    assert (chosen["sequences"], chosen["of"]) == (2, 9)
    mean = np.mean([by_name["far", name]["success"] for name in ("easy", "motion")])
    assert chosen["success"] == pytest.approx(mean)


def test_list_in_a_file(scored, tmp_path):
    path = tmp_path / "my list.txt"
    path.write_text("# the hard ones\neasy\n\n  motion \n")
    expected = scored("--sequences", "easy", "motion", "scale")
    assert scored("--sequences", f"@{path}", "scale") == expected


def test_run_takes_names_in_any_spelling_and_from_a_file(tmp_path, capsys):
    path = tmp_path / "list.txt"
    path.write_text("# the hard ones\nMotion\n")
    words = ("--tracker", "still", "--dataset", "demo", "--results", str(tmp_path / "results"))
    assert main(["run", *words, "--sequences", "EASY", f"@{path}"]) == 0
    manifest = RunFolder(tmp_path / "results", "demo", "still", "ope").read_manifest()
    assert sorted(manifest.sequences) == ["easy", "motion"]
    capsys.readouterr()
    assert main(["run", *words, "--sequences", "@nowhere.txt"]) == 2
    assert "nowhere.txt is not a file; @FILE is a text file" in capsys.readouterr().err


def test_attribute_matches_by_attribute(results, scored, capsys):
    main(["score", "--dataset", "demo", "--results", str(results), "--by", "attribute", "--format", "json"])
    records = [r for r in json.loads(capsys.readouterr().out) if r["tracker"] == "far"]
    for record in records:
        chosen = scored("--attribute", record["attribute"].lower())["far"]
        assert {name: record[name] for name in chosen} == chosen


def test_several_attributes_are_all_required(scored):
    demo = open_dataset("demo", None)
    a, b = next(demo[name].attributes[:2] for name in demo.names() if len(demo[name].attributes) > 1)
    there = [name for name in demo.names() if {a, b} <= set(demo[name].attributes)]
    assert scored("--attribute", a, b)["far"]["sequences"] == len(there)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--sequences", "eazy"], "data set 'demo' has no sequence 'eazy' (did you mean 'easy'?)"),
        (["--sequences", "@nowhere.txt"], "nowhere.txt is not a file; @FILE is a text file"),
        (["--attribute", "OC"], "Demo has no attribute 'OC'"),
    ],
)
def test_wrong_selection_is_one_sentence(results, capsys, words, expected):
    for command in (["score"], ["compare", "near", "far"]):
        assert main([*command, "--dataset", "demo", "--results", str(results), *words]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert expected in line


def test_empty_selection_is_refused(results, tmp_path, capsys):
    (tmp_path / "empty.txt").write_text("# nothing\n")
    demo = open_dataset("demo", None)
    attribute = next(a for a in demo.attributes if a not in demo["easy"].attributes)
    for words, expected in (
        (["--sequences", f"@{tmp_path / 'empty.txt'}"], "contains no sequence names; write one per line"),
        (
            ["--sequences", "easy", "--attribute", attribute],
            "no sequence present of Demo matches easy with",
        ),
    ):
        assert main(["score", "--dataset", "demo", "--results", str(results), *words]) == 2
        assert expected in capsys.readouterr().err


def test_reports_of_a_part_say_so(results, tmp_path, capsys):
    shared = [
        "--dataset",
        "demo",
        "--results",
        str(results),
        "--sequences",
        "easy",
        "motion",
        "scale",
        "clutter",
    ]
    assert table([*shared, "--kind", "accuracy", "comparison"]) == 0
    out = capsys.readouterr().out
    assert "4 of 9" in out
    assert main(["compare", "near", "far", *shared, "--format", "json"]) == 0
    [comparison] = json.loads(capsys.readouterr().out)
    assert (comparison["sequences"], comparison["of"]) == (4, 9)
    assert plot([*shared, "--kind", "success", "--format", "svg", "--out", str(tmp_path)]) == 0
    svg = (tmp_path / "success.svg").read_text()
    assert "Demo (4 chosen sequences)" in svg
    assert "4 of 9 sequences" in svg
    assert capsys.readouterr().err == ""
    assert html([*shared, "--out", str(tmp_path / "page.html")]) == 0
    data = part_of(tmp_path / "page.html")
    assert data["title"] == "Demo (4 chosen sequences)"
    assert {one["name"] for one in data["sequences"]} == {"easy", "scale", "motion", "clutter"}
    assert data["of"] == 9


def test_published_scores_need_all_sequences(results, capsys):
    words = ["--dataset", "demo", "--results", str(results), "--attribute", "OCC", "--published"]
    assert table(words) == 2
    assert "published scores cover all sequences" in capsys.readouterr().err


def store(results: Path, dataset: str, root: Path, tracker: str, protocol: str = "ope") -> None:
    """Writes a run on a whole data set."""
    opened = open_dataset(dataset, root)
    folder = RunFolder(results, dataset, tracker, protocol)
    manifest = Manifest(dataset, Identity(tracker, {}, None, None, protocol, "cpu", 0, 1))
    for name in opened.names():
        truth = opened[name].truth
        runs = folder.write(name, [Trajectory(truth + np.array([1.0, 0, 0, 0]), np.ones(len(truth)))])
        manifest.sequences[name] = SequenceRecord("ok", truth=truth_digest(truth), runs=runs)
    manifest.write(folder.manifest_path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Writes the ground truth of a few sequences of OTB2015 and LaSOT."""
    for folder, name, rows in (
        ("Deer", "groundtruth_rect.txt", 71),
        ("Car1", "groundtruth_rect.txt", 1020),
        ("Bird2", "groundtruth_rect.txt", 99),
    ):
        place = tmp_path / "data" / "otb2015" / folder
        place.mkdir(parents=True)
        (place / name).write_text("10,10,20,20\n" * rows)
    for name, rows in (("airplane-1", 2788), ("airplane-10", 1568)):
        place = tmp_path / "data" / "lasot" / "airplane" / name
        place.mkdir(parents=True)
        (place / "groundtruth.txt").write_text("10,10,20,20\n" * rows)
        for flags in ("full_occlusion.txt", "out_of_view.txt"):
            (place / flags).write_text(",".join("0" * rows))
    return tmp_path / "data"


@pytest.mark.parametrize(("part", "count", "of"), [("otb2013", 1, 51), ("otb50", 2, 50)])
def test_otb2015_run_is_scored_on_its_parts(root, tmp_path, capsys, part, count, of):
    store(tmp_path / "r", "otb2015", root, "mine")
    shared = ["--dataset", part, "--data-root", str(root), "--results", str(tmp_path / "r")]
    assert main(["score", *shared, "--format", "json"]) == 0
    captured = capsys.readouterr()
    [record] = json.loads(captured.out)
    assert (record["dataset"], record["sequences"], record["of"]) == (part, count, of)
    assert captured.err == "mine: it is scored from its run on otb2015\n"
    assert html([*shared, "--out", str(tmp_path / "page.html")]) == 0
    assert part_of(tmp_path / "page.html")["trackers"][0]["run"]["remarks"] == [
        "it is scored from its run on otb2015"
    ]
    assert "mine: it is scored from its run on otb2015" in capsys.readouterr().err
    store(tmp_path / "r", part, root, "mine")
    assert main(["score", *shared]) == 0
    assert "scored from" not in capsys.readouterr().err


def test_missing_run_names_both_data_sets(root, tmp_path, capsys):
    words = ["--dataset", "otb2013", "--data-root", str(root), "--results", str(tmp_path / "none")]
    assert main(["score", *words]) == 2
    assert "on otb2013 in" in (said := capsys.readouterr().err)
    assert "nor on otb2015, which has its sequences" in said


def test_lasot_run_is_scored_on_its_test_set(root, tmp_path, capsys):
    opened = open_dataset("lasot", root, "all")
    folder = RunFolder(tmp_path / "r", "lasot", "mine", "ope")
    manifest = Manifest("lasot", None)
    for name in opened.names():
        truth = opened[name].truth
        runs = folder.write(name, [Trajectory(truth.copy(), np.ones(len(truth)))])
        manifest.sequences[name] = SequenceRecord("ok", truth=truth_digest(truth), runs=runs)
    manifest.write(folder.manifest_path)
    shared = ["--dataset", "lasot", "--data-root", str(root), "--results", str(tmp_path / "r")]
    for split, count, of in (("test", 1, 280), ("all", 2, 1400)):
        assert main(["score", *shared, "--split", split, "--format", "json"]) == 0
        [record] = json.loads(capsys.readouterr().out)
        assert (record["sequences"], record["of"]) == (count, of)


def test_vot2018_is_scored_from_a_run_on_vot2017(tmp_path, capsys):
    place = tmp_path / "vot2017" / "ants1"
    place.mkdir(parents=True)
    (place / "groundtruth.txt").write_text("10,10,30,10,30,30,10,30\n" * 325)
    (place / "sequence").write_text("width=100\nheight=80\nlength=325\n")
    store(tmp_path / "r", "vot2017", tmp_path, "mine", "unsupervised")
    for dataset in ("vot2017", "vot2018"):
        words = ["--dataset", dataset, "--data-root", str(tmp_path), "--results", str(tmp_path / "r")]
        assert main(["score", *words, "--protocol", "unsupervised", "--format", "json"]) == 0
        captured = capsys.readouterr()
        assert json.loads(captured.out)[0]["dataset"] == dataset
        assert ("scored from its run on vot2017" in captured.err) is (dataset == "vot2018")
