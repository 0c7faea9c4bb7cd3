"""Fetches the sequences of a data set that are not there, and puts them where they belong."""

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
from benchmarks.datasets.names import normalize_name
from benchmarks.datasets.verification import verify

STAGING = ".download"
"""Folder of the data set's root in which files lie while they are on their way."""


def download(
    dataset: DiskDataset,
    source: DownloadSource,
    names: Sequence[str],
    progress: Callable[[str], Progress],
    base: str | None = None,
    retry_policy: RetryPolicy | None = None,
) -> list[str]:
    """Fetches those of `names` that are not whole.

    A sequence's folder appears in one step when its archives are there, checked and unpacked. Where there is
    a folder already, files of the archives take the place of those of the same name; others are left alone.

    Args:
        dataset: whose sequences; its root is where they go.
        source: where to fetch from.
        names: which sequences.
        progress: is given what is being fetched, and returns what is told of its progress.
        base: an address to use in place of the source's own, for mirrors.
        retry_policy: how long to try.

    Returns:
        A sentence for each package that could not be had, though others could.

    Raises:
        UserError: the server cannot be reached.
    """
    whole = {result.sequence for result in verify(dataset, names) if result.whole}
    wanted = [name for name in names if name not in whole]
    if not wanted:
        return []
    base = base or source.base
    with _staging(dataset.root) as staging:

        def fetch_file(url: str, title: str = "", md5: str | None = None) -> Path:
            path = staging / _file_name(url)
            # What an earlier call kept may be older than the listing.
            if path.exists() and not _has_digest(path, md5):
                path.unlink()
            if not path.exists():
                fetch(url, path, progress(title or path.name), retry_policy)
                if not _has_digest(path, md5):
                    path.unlink()
                    raise ArchiveError(
                        f"{url} is not the file that its listing speaks of: its md5 is another"
                    )
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
    """The folder of files on their way; archives and parts of them stay there for the next time."""
    staging = root / STAGING
    staging.mkdir(exist_ok=True)
    _tidy(staging)
    try:
        yield staging
    finally:
        _tidy(staging)
        if not any(staging.iterdir()):
            staging.rmdir()


def _tidy(staging: Path) -> None:
    # A listing may have changed by the next time; a killed process leaves what it was unpacking.
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
                unpack(path, unpacked / archive.into, called=archive.url)
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
                _put(found, dataset.find_folder(folder))
    for path in paths:
        path.unlink()
    if missing:
        raise ArchiveError(f"{package.archives[0].url} holds no folder {', '.join(missing)}")


def _has_digest(path: Path, md5: str | None) -> bool:
    """Whether nothing speaks against a file's being the one that has this md5."""
    if md5 is None:
        return True
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest() == md5.lower()


def _find_folder(unpacked: Path, folder: str) -> Path | None:
    """The folder of a sequence in an unpacked archive, which may have a folder around it, or be one."""
    for path in sorted(unpacked.rglob("*"), key=lambda path: (path.name != folder, len(path.parts), path)):
        if path.is_dir() and normalize_name(path.name) == normalize_name(folder):
            return path
    return unpacked if any(unpacked.glob("groundtruth*.txt")) else None


def _put(folder: Path, target: Path) -> None:
    """Moves a folder to where there is none yet, or its files over those that are there."""
    if not target.exists():
        folder.rename(target)
        return
    for path in folder.rglob("*"):
        if path.is_file():
            place = target / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)


def _file_name(url: str) -> str:
    """A name of its own for every address: listings may call two files alike."""
    name = Path(urlsplit(url).path).name
    return f"{hashlib.sha256(url.encode()).hexdigest()[:8]}-{name}"
