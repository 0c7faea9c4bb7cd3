"""Results on disk: folder layout, manifests, locks, and atomic writing."""

from benchmarks.store.digests import file_digest, truth_digest
from benchmarks.store.journal import ManifestWriter
from benchmarks.store.lock import FolderLock
from benchmarks.store.manifest import Identity, Manifest, RunFiles, SequenceRecord, Status
from benchmarks.store.run_folder import RunFolder
from benchmarks.store.runs import RunResults, find_runs, other_protocols, read_folder, read_run, select_runs
from trackers.atomic import remove_temporary_files

__all__ = [
    "FolderLock",
    "Identity",
    "Manifest",
    "ManifestWriter",
    "RunFiles",
    "RunFolder",
    "RunResults",
    "SequenceRecord",
    "Status",
    "file_digest",
    "find_runs",
    "other_protocols",
    "read_folder",
    "read_run",
    "remove_temporary_files",
    "select_runs",
    "truth_digest",
]
