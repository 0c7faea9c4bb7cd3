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


def start_run(path: Path, count: int) -> tuple[ManifestWriter, Manifest]:
    """Returns the writer and manifest of a run that has recorded `count` sequences."""
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


def test_killed_run_is_read_from_manifest_and_journal(path: Path) -> None:
    _, manifest = start_run(path, 5)
    assert list(json.loads(path.read_text())["sequences"]) == ["s0"]
    assert read_with_journal(path) == manifest
    assert RunFolder(path.parents[3], "demo", "t", "ope").read_manifest() == manifest


def test_final_manifest_replaces_the_journal(path: Path) -> None:
    writer, manifest = start_run(path, 5)
    writer.write()
    assert [file.name for file in path.parent.iterdir()] == ["run.json"]
    assert read_with_journal(path) == manifest
    assert list(json.loads(path.read_text())["sequences"]) == [f"s{number}" for number in range(5)]


def test_compact_merges_own_journal(path: Path) -> None:
    writer, manifest = start_run(path, 3)
    writer.compact()
    assert not journal_path(path).exists()
    assert read_with_journal(path) == manifest
    path.unlink()
    writer.compact()
    ManifestWriter(path, manifest).compact()
    assert not path.exists()


def test_compact_keeps_manifest_of_another_run(path: Path) -> None:
    writer, _ = start_run(path, 3)
    other = Manifest("demo", IDENTITY, [], {"x": SequenceRecord("failed", "another run")})
    other.write(path)
    writer.compact()
    assert read_with_journal(path) == other


def test_bytes_per_sequence_are_constant(path: Path) -> None:
    """With a manifest rewritten each time, the second hundred would cost three times as much as the first."""
    writer, manifest = start_run(path, 1)
    written = []
    for last in (100, 200):
        before = journal_path(path).stat().st_size
        for number in range(last - 100, last):
            append(writer, manifest, 1000 + number)
        written.append(journal_path(path).stat().st_size - before)
    assert written[0] == written[1]
    assert path.stat().st_size < 1500


def test_last_record_of_a_sequence_counts(path: Path) -> None:
    writer, manifest = start_run(path, 3)
    manifest.sequences["s1"] = SequenceRecord("timeout", "late")
    writer.append("s1")
    assert read_with_journal(path) == manifest


def test_journal_holds_new_environments(path: Path) -> None:
    writer, manifest = start_run(path, 2)
    manifest.add_environment({"python": "4"})
    append(writer, manifest, 2)
    manifest.add_environment({"python": "5"})
    append(writer, manifest, 3)
    assert read_with_journal(path) == manifest
    assert len(read_with_journal(path).environments) == 3


def test_truncated_journal_counts_up_to_the_cut(path: Path) -> None:
    _, manifest = start_run(path, 4)
    journal = journal_path(path).read_bytes()
    for length in range(len(journal)):
        journal_path(path).write_bytes(journal[:length])
        found = read_with_journal(path).sequences
        assert len(found) == 1 + max(journal[:length].count(b"\n") - 1, 0)
        assert found.items() <= manifest.sequences.items()


def test_zeros_after_the_last_line_are_ignored(path: Path) -> None:
    _, manifest = start_run(path, 3)
    journal = journal_path(path).read_bytes()
    journal_path(path).write_bytes(journal + bytes(4096))
    assert read_with_journal(path) == manifest


def test_journal_of_another_manifest_is_ignored(path: Path) -> None:
    """As when a run is killed between writing the manifest and removing the journal."""
    start_run(path, 3)
    other = Manifest("demo", IDENTITY, [], {"x": SequenceRecord("failed", "another run")})
    other.write(path)
    assert read_with_journal(path) == other


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"sequence": "x"}', r"missing required field `record` - at `\$\[1\]`"),
        ('{"sequence": "x", "record": {"runs": []}}', "missing required field `status`"),
        ('{"sequence": "x", "record": {"status": "ok"}}', "is ok and has no files"),
        ('{"sequence": "x", "record": {"status": "failed"}, "environments": [1]}', r"environments\[0\]"),
        ("[]", "Expected `object`, got `array`"),
    ],
)
def test_invalid_line_is_refused_in_one_sentence(path: Path, line: str, problem: str) -> None:
    start_run(path, 2)
    with journal_path(path).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(UserError, match=rf"run\.journal is not a run's journal \(.*{problem}.*\); remove it"):
        read_with_journal(path)


def test_failed_line_is_never_continued(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, manifest = start_run(path, 3)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(os, "fsync", full)
        append(writer, manifest, 3)
    append(writer, manifest, 4)
    assert len(json.loads(path.read_text())["sequences"]) == 5
    assert read_with_journal(path) == manifest


@pytest.mark.parametrize("removed", [".", "run.json", "run.journal"])
def test_removed_files_are_written_again(path: Path, removed: str) -> None:
    writer, manifest = start_run(path, 3)
    target = path.parent / removed
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink()
    append(writer, manifest, 3)
    append(writer, manifest, 4)
    assert read_with_journal(path) == manifest


def test_concurrent_reader_never_loses_records(path: Path) -> None:
    writer, manifest = start_run(path, 1)

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


def test_discard_removes_the_journal(path: Path) -> None:
    start_run(path, 3)
    RunFolder(path.parents[3], "demo", "t", "ope").discard()
    assert not list(path.parent.iterdir())
