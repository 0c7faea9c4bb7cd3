"""Downloads the missing sequences of a data set into its folder."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from rich.filesize import decimal

from benchmarks.datasets.disk_dataset import DiskDataset
from benchmarks.datasets.downloads.archives import ArchiveError, unpack
from benchmarks.datasets.downloads.http_transfer import Progress, RefusedError, RetryPolicy, fetch
from benchmarks.datasets.downloads.hugging_face import matches_checksum
from benchmarks.datasets.downloads.new_folder import new_folder
from benchmarks.datasets.downloads.sources import Archive, DownloadSource, Package
from benchmarks.datasets.sequence_names import normalize_name
from benchmarks.datasets.verification import verify
from trackers.errors import UserError
from trackers.images import is_image
from trackers.wording import counted

STAGING = ".download"
"""Folder in the data set's root for unfinished downloads."""


def download(
    dataset: DiskDataset,
    source: DownloadSource,
    names: Sequence[str],
    progress: Callable[[str], Progress],
    base: str | None = None,
    retry_policy: RetryPolicy | None = None,
    notify: Callable[[str], None] | None = None,
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
        notify: is told beforehand, in sentences, how much is downloaded and how much room it takes.

    Returns:
        A message for each package that failed while the server was reachable.

    Raises:
        UserError: the server cannot be reached, or the disk has too little room.
    """
    complete = {result.sequence for result in verify(dataset, names) if result.complete}
    wanted = [name for name in names if name not in complete]
    if not wanted:
        return []
    base = base or source.base
    with _staging(dataset.root) as staging:

        def fetch_listing(url: str) -> Path:
            path = staging / f"{_file_name(url).removesuffix('.json')}.json"
            path.unlink(missing_ok=True)
            fetch(url, path, progress(path.name), retry_policy)
            return path

        def fetch_archive(archive: Archive, title: str) -> Path:
            path = staging / _file_name(archive.url)
            # A file kept by an earlier call may be older than the listing.
            if path.exists() and not matches_checksum(path, archive.checksum):
                path.unlink()
            if not path.exists():
                fetch(archive.url, path, progress(title), retry_policy)
                if not matches_checksum(path, archive.checksum):
                    path.unlink()
                    kind = (archive.checksum or "").partition(":")[0].replace("git", "Git object name")
                    raise ArchiveError(f"{archive.url} is not the file in the listing: its {kind} differs")
            return path

        packages = source.packages(base.rstrip("/") + "/", dataset, wanted, fetch_listing)
        space = estimate_space(packages, staging)
        if space and notify:
            notify(space.describe(dataset.root))
        if space and space.needed > space.free:
            raise UserError(
                f"{dataset.root} has {decimal(space.free)} free, and {decimal(space.needed)} are "
                "needed; make room, or name fewer with --sequences or --categories"
            )
        problems = []
        for package in packages:
            try:
                _install(dataset, package, fetch_archive)
            except (RefusedError, ArchiveError) as error:
                problems.append(str(error))
    return problems


@dataclass(frozen=True)
class Space:
    """The sizes of a download, in bytes.

    Attributes:
        files: number of files.
        download: what still has to be received.
        needed: the most that is on disk at once beyond what is there already.
        free: the free space of the disk.
    """

    files: int
    download: int
    needed: int
    free: int

    def describe(self, root: Path) -> str:
        """Returns the sizes in a sentence."""
        return (
            f"{counted(self.files, 'file')}, {decimal(self.download)} to download; this needs about "
            f"{decimal(self.needed)} in {root}, which has {decimal(self.free)} free"
        )


def estimate_space(packages: Sequence[Package], staging: Path) -> Space | None:
    """Estimates the room that packages take: each archive is removed once it is unpacked.

    Args:
        packages: what to download.
        staging: the folder of unfinished downloads, which may hold parts of them.

    Returns:
        None if the size of a file is not known.
    """
    kept = unpacked = most = total = count = 0
    for package in packages:
        files = [*package.archives, *(file for _, file in package.files)]
        sizes = [file.size for file in files if file.size is not None]
        if len(sizes) < len(files):
            return None
        received = sum(
            min(_received(staging, file.url), size) for file, size in zip(files, sizes, strict=True)
        )
        packed = sum(sizes)
        unpacked += packed if package.unpacked_size is None else package.unpacked_size
        most = max(most, packed - received)
        kept += received
        total += packed
        count += len(files)
    return Space(count, total - kept, unpacked + most, shutil.disk_usage(staging).free)


def _received(staging: Path, url: str) -> int:
    """Returns the bytes of a file that an earlier call received."""
    path = staging / _file_name(url)
    found = [each for each in (path, path.with_name(path.name + ".part")) if each.exists()]
    return found[0].stat().st_size if found else 0


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


def _install(dataset: DiskDataset, package: Package, fetch_archive: Callable[[Archive, str], Path]) -> None:
    folders = {dataset.folder_name(name): dataset.folder(name) for name in package.sequences}
    paths = []
    with tempfile.TemporaryDirectory(prefix="unpacked-", dir=dataset.root / STAGING) as temporary:
        unpacked = Path(temporary, "files")
        for archive in package.archives:
            title = next(iter(folders)) if len(folders) == 1 else _file_name(archive.url)
            path = fetch_archive(archive, title)
            try:
                unpack(path, unpacked / archive.into, label=archive.url, wanted=_chooser(package, folders))
            except ArchiveError:
                path.unlink()
                raise
            paths.append(path)
        for target, file in package.files:
            path = fetch_archive(file, target.name)
            shutil.copyfile(path, Path(temporary, "file"))
            with new_folder(target.parent):
                Path(temporary, "file").replace(target)
            paths.append(path)
        missing = []
        for folder, target in folders.items():
            found = _find_folder(unpacked, folder)
            if found is None:
                missing.append(folder)
            else:
                _move_or_merge(found, package.destination or target)
    for path in paths:
        path.unlink()
    if missing:
        raise ArchiveError(f"{package.archives[0].url} contains no folder {', '.join(missing)}")


def _chooser(package: Package, folders: Collection[str]) -> Callable[[PurePosixPath], bool] | None:
    """Returns which paths of an archive to unpack; None for all.

    Archives of a category hold the folders of all its sequences, of which a few may be wanted.
    """
    if package.unpacked_size is None:
        return None
    normalized = set(map(normalize_name, folders))
    return lambda path: not normalized.isdisjoint(map(normalize_name, path.parts))


def _find_folder(unpacked: Path, folder: str) -> Path | None:
    """Finds a sequence's folder in an unpacked archive, at any depth, or the archive itself."""
    for path in sorted(unpacked.rglob("*"), key=lambda path: (path.name != folder, len(path.parts), path)):
        if path.is_dir() and normalize_name(path.name) == normalize_name(folder):
            return path
    own = any(unpacked.glob("groundtruth*.txt")) or any(map(is_image, unpacked.glob("*.*")))
    return unpacked if own else None


def _move_or_merge(folder: Path, target: Path) -> None:
    """Moves a folder to `target`, or its files if `target` exists."""
    if not target.exists():
        with new_folder(target.parent):
            folder.rename(target)
        return
    for path in folder.rglob("*"):
        if path.is_file():
            destination = target / path.relative_to(folder)
            with new_folder(destination.parent):
                path.replace(destination)


def _file_name(url: str) -> str:
    """Returns a unique file name for an address; files of a listing may have the same name."""
    name = Path(urlsplit(url).path).name
    return f"{hashlib.sha256(url.encode()).hexdigest()[:8]}-{name}"
