"""Interference with a run's folder; tests/faults does the same to real runs."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.protocols import Trajectory
from benchmarks.running.run_writer import RunWriter
from benchmarks.running.schedulers.base import Outcome
from benchmarks.store import Identity, RunFolder, SequenceRecord
from trackers import atomic
from trackers.errors import UserError

IDENTITY = Identity("t", {}, None, None, "ope", "cpu", 0, 1)


def outcome(name: str) -> tuple[Outcome, SequenceRecord]:
    record = SequenceRecord("ok", frames=3)
    return Outcome(name, record, [Trajectory(np.ones((3, 4)), np.ones(3))]), record


def test_results_removed_while_writing_are_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is removed after it is created and before the file is written."""
    folder = RunFolder(tmp_path / "r", "demo", "t", "ope")
    make, left = atomic.tempfile.mkstemp, iter([True])

    def removed(dir: Path, prefix: str, suffix: str) -> tuple[int, str]:  # noqa: A002
        if next(left, False):
            shutil.rmtree(tmp_path / "r")
        return make(dir=dir, prefix=prefix, suffix=suffix)

    with RunWriter(folder, IDENTITY, overwrite=False) as run_writer:
        records = {"a": run_writer.write(*outcome("a"))}
        monkeypatch.setattr(atomic.tempfile, "mkstemp", removed)
        records["b"] = run_writer.write(*outcome("b"))
        assert next(left, None) is None, "it was removed"
        assert list(run_writer.finalize(records)) == ["a"], "what was there before is gone, and said to be"
    manifest = folder.read_manifest()
    assert manifest is not None
    assert folder.is_complete("b", manifest.sequences["b"])
    assert manifest.sequences["a"].status == "failed"


def test_full_disk_is_not_retried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def full(*parts: object) -> None:
        tried.append(parts)
        raise OSError(errno.ENOSPC, "No space left on device", "a.txt")

    with RunWriter(RunFolder(tmp_path / "r", "demo", "t", "ope"), IDENTITY, overwrite=False) as run_writer:
        monkeypatch.setattr(RunFolder, "write", full)
        with pytest.raises(UserError, match=r"^a\.txt: No space left on device; finished sequences are kept"):
            run_writer.write(*outcome("a"))
    assert len(tried) == 1
