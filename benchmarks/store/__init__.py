"""Results on disk: layout, manifest, whole files only."""

from benchmarks.store.atomic import sweep
from benchmarks.store.folder import RunFolder, file_digest, truth_digest
from benchmarks.store.journal import ManifestWriter
from benchmarks.store.lock import FolderLock
from benchmarks.store.manifest import Identity, Manifest, RunFiles, SequenceRecord, Status
from benchmarks.store.runs import Run, find_runs, read_folder, read_run, select_runs

__all__ = [
    "FolderLock",
    "Identity",
    "Manifest",
    "ManifestWriter",
    "Run",
    "RunFiles",
    "RunFolder",
    "SequenceRecord",
    "Status",
    "file_digest",
    "find_runs",
    "read_folder",
    "read_run",
    "select_runs",
    "sweep",
    "truth_digest",
]
