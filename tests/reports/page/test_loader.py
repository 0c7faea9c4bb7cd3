"""Reading runs for a report: caching, and runs that cannot be read or scored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cli.main import main as sotbench
from benchmarks.datasets.views import CachedDataset
from benchmarks.scoring import choose_profiles
from benchmarks.store import Manifest, RunFolder, SequenceRecord
from benchmarks.store.journal import read_with_journal
from reports.page.data import scored_names
from reports.page.loader import ReportLoader
from trackers.errors import UserError


@pytest.fixture
def results(squares, tmp_path: Path) -> Path:
    run(tmp_path, "right", "down")
    return tmp_path


def run(results: Path, *sequences: str) -> None:
    words = ["--tracker", "still", "--dataset", "squares", "--results", str(results)]
    sotbench(["run", *words, "--sequences", *sequences])


def loader(results: Path, squares) -> ReportLoader:
    profiles = choose_profiles("all", "squares", "ope")
    return ReportLoader(CachedDataset(squares), profiles)


def still(results: Path) -> list[RunFolder]:
    return [RunFolder(results, "squares", "still", "ope")]


def test_only_changed_runs_are_read_again(results, squares):
    reader = loader(results, squares)
    [first] = reader.load(still(results))
    assert reader.load(still(results))[0] is first
    assert set(first.series) == {"right", "down"}
    assert first.fps is not None
    run(results, "both")
    assert set(reader.load(still(results))[0].series) == {"right", "down", "both"}


def test_shared_worker_times_give_no_fps(results, squares):
    path = RunFolder(results, "squares", "still", "ope").manifest_path
    manifest = read_with_journal(path)
    manifest.environments.append({**manifest.environments[0], "workers": 2})
    manifest.write(path)
    assert loader(results, squares).load(still(results))[0].fps is None


def test_ground_truth_is_read_once(results, squares, monkeypatch):
    asked: list[str] = []
    read = type(squares).__getitem__
    monkeypatch.setattr(
        type(squares), "__getitem__", lambda self, name: (asked.append(name), read(self, name))[1]
    )
    loader(results, squares).load(still(results))
    assert sorted(asked) == ["down", "right"]


def test_changed_files_are_reported(results, squares):
    (results / "squares" / "still" / "ope" / "right.txt").write_text("1,2,3,4\n")
    said: list[str] = []
    [report] = loader(results, squares).load(still(results), said.append)
    assert set(report.series) == {"down"}
    assert said == [f"still: right is left out: {report.unscored['right']}"]
    (results / "squares" / "still" / "ope" / "down.txt").unlink()
    with pytest.raises(UserError, match="no profile can score"):
        loader(results, squares).load(still(results))


def test_regions_are_kept_only_if_wanted(results, squares):
    [whole] = loader(results, squares).load(still(results))
    reader = loader(results, squares)
    reader.regions = False
    [plain] = reader.load(still(results))
    for name, series in plain.series.items():
        assert np.array_equal(series.overlaps, whole.series[name].overlaps)
        assert (len(series.regions), len(whole.series[name].regions)) == (0, len(series.overlaps))
    assert scored_names(squares, [replace(plain, series={})]) == scored_names(squares, [whole])


def test_unreadable_run_is_left_out_until_readable(results, squares):
    sotbench(["run", "--tracker", "ncc", "--dataset", "squares", "--results", str(results)])
    folders = [RunFolder(results, "squares", name, "ope") for name in ("ncc", "still")]
    content = folders[0].manifest_path.read_text()
    folders[0].manifest_path.write_text("{")
    reader, said = loader(results, squares), []
    assert [report.tracker for report in reader.load(folders, said.append)] == ["still"]
    assert list(reader.left_out) == ["ncc"]
    assert said == [f"ncc is left out: {reader.left_out['ncc']}"]
    with pytest.raises(UserError, match="is not a run's manifest"):
        reader.load(folders[:1])
    folders[0].manifest_path.write_text(content)
    assert [report.tracker for report in reader.load(folders)] == ["ncc", "still"]
    assert reader.left_out == {}


def test_run_that_failed_everywhere_stays_on_the_page(results, squares):
    folder = RunFolder(results, "squares", "lost", "ope")
    records = {name: SequenceRecord("failed", "out of memory") for name in ("right", "down")}
    Manifest("squares", None, sequences=records).write(folder.manifest_path)
    said: list[str] = []
    lost, _ = loader(results, squares).load([folder, *still(results)], said.append)
    assert set(lost.unscored) == {"right", "down"}
    assert said == [
        "lost: otb, got10k, pysot, pytracking is left out: no sequence of 'lost' can be scored: right: "
        "failed: out of memory; and 1 more"
    ]


def test_sequences_with_only_a_first_box_are_named(squares, tmp_path, monkeypatch):
    whole = type(squares).__getitem__

    def with_first_box(self, name):
        sequence = whole(self, name)
        if name != "right":
            return sequence
        truth = sequence.truth.copy()
        truth[1:] = np.nan
        return replace(sequence, truth=truth)

    monkeypatch.setattr(type(squares), "__getitem__", with_first_box)
    run(tmp_path, "right", "down", "both")
    said: list[str] = []
    [report] = loader(tmp_path, squares).load(still(tmp_path), said.append)
    sentence = "not scored, because only the first box is known: right"
    assert sentence in report.notes
    assert f"still: {sentence}" in said
