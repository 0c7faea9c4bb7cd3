import json
import os
import shutil
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest

from benchmarks.store import Identity, Manifest, ManifestWriter, RunFolder, SequenceRecord
from benchmarks.store.journal import journal_path, read_with_journal
from trackers.errors import UserError

IDENTITY = Identity("t", {}, None, None, "ope", "cpu", 0, 1)


def begun(path: Path, count: int) -> tuple[ManifestWriter, Manifest]:
    """A run that has kept so many sequences and goes on."""
    manifest = Manifest("demo", IDENTITY, [{"python": "3"}])
    writer = ManifestWriter(path, manifest)
    for number in range(count):
        append(writer, manifest, number)
    return writer, manifest


def append(writer: ManifestWriter, manifest: Manifest, number: int) -> None:
    manifest.sequences[f"s{number}"] = SequenceRecord("failed", f"é\u2028\r{number}", frames=number)
    writer.append(f"s{number}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "demo" / "t" / "ope" / "run.json"


def test_what_a_killed_run_kept_is_read_from_manifest_and_journal(path: Path) -> None:
    _, manifest = begun(path, 5)
    assert list(json.loads(path.read_text())["sequences"]) == ["s0"]
    assert read_with_journal(path) == manifest
    assert RunFolder(path.parents[3], "demo", "t", "ope").read_manifest() == manifest


def test_at_the_end_the_manifest_says_it_all(path: Path) -> None:
    writer, manifest = begun(path, 5)
    writer.write()
    assert [file.name for file in path.parent.iterdir()] == ["run.json"]
    assert read_with_journal(path) == manifest
    assert list(json.loads(path.read_text())["sequences"]) == [f"s{number}" for number in range(5)]


def test_settling_takes_in_a_journal_that_is_ones_own(path: Path) -> None:
    writer, manifest = begun(path, 3)
    writer.compact()
    assert not journal_path(path).exists()
    assert read_with_journal(path) == manifest
    path.unlink()
    writer.compact()
    ManifestWriter(path, manifest).compact()
    assert not path.exists()


def test_settling_leaves_alone_what_somebody_else_has_put_there(path: Path) -> None:
    writer, _ = begun(path, 3)
    other = Manifest("demo", IDENTITY, [], {"x": SequenceRecord("failed", "another run")})
    other.write(path)
    writer.compact()
    assert read_with_journal(path) == other


def test_each_sequence_costs_the_same_however_many_there_are(path: Path) -> None:
    """Writing the manifest anew each time, the second hundred costs three times as much as the first."""
    writer, manifest = begun(path, 1)
    written = []
    for last in (100, 200):
        before = journal_path(path).stat().st_size
        for number in range(last - 100, last):
            append(writer, manifest, 1000 + number)
        written.append(journal_path(path).stat().st_size - before)
    assert written[0] == written[1]
    assert path.stat().st_size < 1500


def test_a_record_that_is_replaced_is_the_last_one(path: Path) -> None:
    writer, manifest = begun(path, 3)
    manifest.sequences["s1"] = SequenceRecord("timeout", "late")
    writer.append("s1")
    assert read_with_journal(path) == manifest


def test_environments_that_come_later_are_in_the_journal(path: Path) -> None:
    writer, manifest = begun(path, 2)
    manifest.add_environment({"python": "4"})
    append(writer, manifest, 2)
    manifest.add_environment({"python": "5"})
    append(writer, manifest, 3)
    assert read_with_journal(path) == manifest
    assert len(read_with_journal(path).environments) == 3


def test_wherever_a_journal_is_cut_short_the_lines_before_count(path: Path) -> None:
    _, manifest = begun(path, 4)
    journal = journal_path(path).read_bytes()
    for length in range(len(journal)):
        journal_path(path).write_bytes(journal[:length])
        found = read_with_journal(path).sequences
        assert len(found) == 1 + max(journal[:length].count(b"\n") - 1, 0)
        assert found.items() <= manifest.sequences.items()


def test_zeros_in_place_of_a_line_are_no_record(path: Path) -> None:
    _, manifest = begun(path, 3)
    journal = journal_path(path).read_bytes()
    journal_path(path).write_bytes(journal + bytes(4096))
    assert read_with_journal(path) == manifest


def test_a_journal_of_another_manifest_is_not_read(path: Path) -> None:
    """As when a run is killed after it wrote the manifest and before it removed the journal."""
    begun(path, 3)
    other = Manifest("demo", IDENTITY, [], {"x": SequenceRecord("failed", "another run")})
    other.write(path)
    assert read_with_journal(path) == other


@pytest.mark.parametrize("line", ['{"sequence": "x"}', '{"sequence": "x", "record": {"runs": []}}', "[]"])
def test_a_line_that_is_no_record_is_refused_in_a_sentence(path: Path, line: str) -> None:
    begun(path, 2)
    with journal_path(path).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(UserError, match=r"run\.journal is not a run's journal .*; remove it"):
        read_with_journal(path)


def test_nothing_is_appended_to_a_line_that_could_not_be_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, manifest = begun(path, 3)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(os, "fsync", full)
        append(writer, manifest, 3)
    append(writer, manifest, 4)
    assert len(json.loads(path.read_text())["sequences"]) == 5
    assert read_with_journal(path) == manifest


@pytest.mark.parametrize("removed", [".", "run.json", "run.journal"])
def test_files_that_are_removed_meanwhile_come_back(path: Path, removed: str) -> None:
    writer, manifest = begun(path, 3)
    target = path.parent / removed
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink()
    append(writer, manifest, 3)
    append(writer, manifest, 4)
    assert read_with_journal(path) == manifest


def test_a_reader_never_sees_less_than_before(path: Path) -> None:
    writer, manifest = begun(path, 1)

    def write() -> None:
        for number in range(1, 150):
            append(writer, manifest, number)
            if number % 5 == 0:
                writer.write()

    thread = Thread(target=write)
    thread.start()
    seen = []
    while thread.is_alive():
        seen.append(len(read_with_journal(path).sequences))
    thread.join()
    assert len(seen) > 5
    assert all(earlier <= later for earlier, later in pairwise(seen))


def test_discarding_a_run_takes_its_journal_along(path: Path) -> None:
    begun(path, 3)
    RunFolder(path.parents[3], "demo", "t", "ope").discard()
    assert not list(path.parent.iterdir())
