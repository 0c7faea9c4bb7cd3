"""Downloads the missing sequences of a data set into its folder."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.datasets.disk_dataset import DiskDataset
from benchmarks.datasets.downloads.archives import ArchiveError, unpack
from benchmarks.datasets.downloads.http_transfer import Progress, RefusedError, RetryPolicy, fetch
from benchmarks.datasets.downloads.sources import DownloadSource, Package
from benchmarks.datasets.sequence_names import normalize_name
from benchmarks.datasets.verification import verify

STAGING = ".download"
"""Folder in the data set's root for unfinished downloads."""


def download(
    dataset: DiskDataset,
    source: DownloadSource,
    names: Sequence[str],
    progress: Callable[[str], Progress],
    base: str | None = None,
    retry_policy: RetryPolicy | None = None,
) -> list[str]:
    """Downloads those of `names` that are not complete.

    A sequence's folder appears in one step, after its archives have been downloaded, checked and unpacked. If
    the folder exists already, files with the same name are replaced; others are kept.

    Args:
        dataset: the data set; sequences go to its root.
        source: the source to download from.
        names: sequences.
        progress: called with the title of a file; returns the callback for its progress.
        base: the address of a mirror, which replaces the source's own.
        retry_policy: when to give up.

    Returns:
        A message for each package that failed while the server was reachable.

    Raises:
        UserError: the server cannot be reached.
    """
    complete = {result.sequence for result in verify(dataset, names) if result.complete}
    wanted = [name for name in names if name not in complete]
    if not wanted:
        return []
    base = base or source.base
    with _staging(dataset.root) as staging:

        def fetch_file(url: str, title: str = "", md5: str | None = None) -> Path:
            path = staging / _file_name(url)
            # A file kept by an earlier call may be older than the listing.
            if path.exists() and not _has_digest(path, md5):
                path.unlink()
            if not path.exists():
                fetch(url, path, progress(title or path.name), retry_policy)
                if not _has_digest(path, md5):
                    path.unlink()
                    raise ArchiveError(f"{url} is not the file in the listing: its md5 differs")
            return path

        problems = []
        for package in source.packages(base.rstrip("/") + "/", dataset, wanted, fetch_file):
            try:
                _install(dataset, package, fetch_file)
            except (RefusedError, ArchiveError) as error:
                problems.append(str(error))
    return problems


@contextmanager
def _staging(root: Path) -> Iterator[Path]:
    """Yields the staging folder; complete and partial archives stay in it for the next call."""
    staging = root / STAGING
    staging.mkdir(exist_ok=True)
    _clean_up(staging)
    try:
        yield staging
    finally:
        _clean_up(staging)
        if not any(staging.iterdir()):
            staging.rmdir()


def _clean_up(staging: Path) -> None:
    # Listings may change until the next call; a killed process leaves half unpacked folders.
    for path in staging.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix == ".json" and not path.name.endswith(".part.json"):
            path.unlink()


def _install(
    dataset: DiskDataset, package: Package, fetch_file: Callable[[str, str, str | None], Path]
) -> None:
    folders = list(dict.fromkeys(dataset.folder_name(name) for name in package.sequences))
    with tempfile.TemporaryDirectory(prefix="unpacked-", dir=dataset.root / STAGING) as temporary:
        unpacked = Path(temporary, "files")
        paths = []
        for archive in package.archives:
            title = folders[0] if len(folders) == 1 else _file_name(archive.url)
            path = fetch_file(archive.url, title, archive.md5)
            try:
                unpack(path, unpacked / archive.into, label=archive.url)
            except ArchiveError:
                path.unlink()
                raise
            paths.append(path)
        missing = []
        for folder in folders:
            found = _find_folder(unpacked, folder)
            if found is None:
                missing.append(folder)
            else:
                _move_or_merge(found, dataset.find_folder(folder))
    for path in paths:
        path.unlink()
    if missing:
        raise ArchiveError(f"{package.archives[0].url} contains no folder {', '.join(missing)}")


def _has_digest(path: Path, md5: str | None) -> bool:
    """Returns whether a file's md5 is as given; True if none is given."""
    if md5 is None:
        return True
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest() == md5.lower()


def _find_folder(unpacked: Path, folder: str) -> Path | None:
    """Finds a sequence's folder in an unpacked archive, at any depth, or the archive itself."""
    for path in sorted(unpacked.rglob("*"), key=lambda path: (path.name != folder, len(path.parts), path)):
        if path.is_dir() and normalize_name(path.name) == normalize_name(folder):
            return path
    return unpacked if any(unpacked.glob("groundtruth*.txt")) else None


def _move_or_merge(folder: Path, target: Path) -> None:
    """Moves a folder to `target`, or its files if `target` exists."""
    if not target.exists():
        folder.rename(target)
        return
    for path in folder.rglob("*"):
        if path.is_file():
            destination = target / path.relative_to(folder)
            destination.parent.mkdir(parents=True, exist_ok=True)
            path.replace(destination)


def _file_name(url: str) -> str:
    """Returns a unique file name for an address; files of a listing may have the same name."""
    name = Path(urlsplit(url).path).name
    return f"{hashlib.sha256(url.encode()).hexdigest()[:8]}-{name}"
