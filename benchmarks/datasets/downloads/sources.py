"""Download addresses of data sets, and instructions for those without direct ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from benchmarks.datasets.disk_dataset import DiskDataset
from benchmarks.datasets.downloads.hugging_face import BASE, HubFile, list_files
from trackers.errors import UserError
from trackers.registry import did_you_mean


@dataclass(frozen=True)
class Archive:
    """A zip file.

    Attributes:
        url: its address.
        into: the sub-folder of the sequence that it is unpacked to.
        checksum: its digest, if known; see `matches_checksum`.
        size: its bytes, if known.
    """

    url: str
    into: str = ""
    checksum: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Package:
    """Archives and files that together fill the folders of some sequences.

    Attributes:
        sequences: the sequences.
        archives: the archives.
        destination: the folder that the content of the archives goes to; None: each sequence's own folder.
        files: files that are no archives, by the path that they go to.
        unpacked_size: the estimated bytes of what is unpacked; None: those of the archives, because images
            hardly shrink.
    """

    sequences: tuple[str, ...]
    archives: tuple[Archive, ...]
    destination: Path | None = None
    files: tuple[tuple[Path, Archive], ...] = ()
    unpacked_size: int | None = None


Fetch = Callable[[str], Path]
"""Downloads a listing and returns the path of the file."""


@dataclass(frozen=True)
class DownloadSource:
    """A server that has a data set.

    Attributes:
        base: the base of relative addresses; ends in a slash.
        packages: takes `base`, a data set, some of its sequences and a function that downloads listings;
            returns the packages that contain these sequences.
        note: what a user should know before the download.
        repository: the name of the repository, if `base` is the Hugging Face Hub's.
    """

    base: str
    packages: Callable[[str, DiskDataset, Sequence[str], Fetch], list[Package]]
    note: str = ""
    repository: str = ""


def _otb(base: str, dataset: DiskDataset, names: Sequence[str], fetch: Fetch) -> list[Package]:  # noqa: ARG001
    """Returns one archive per folder; a folder may have two targets."""
    folders: dict[str, list[str]] = {}
    for name in names:
        folders.setdefault(dataset.folder_name(name), []).append(name)
    return [
        Package(tuple(targets), (Archive(urljoin(base, f"{folder}.zip")),))
        for folder, targets in folders.items()
    ]


def _tc128(base: str, dataset: DiskDataset, names: Sequence[str], fetch: Fetch) -> list[Package]:  # noqa: ARG001
    """Returns the single archive of all sequences."""
    return [Package(tuple(names), (Archive(urljoin(base, "Temple-color-128.zip")),))]


def _vot(base: str, dataset: DiskDataset, names: Sequence[str], fetch: Fetch) -> list[Package]:  # noqa: ARG001
    """Returns each sequence's two archives, ground truth and images, from the server's listing."""
    listing = urljoin(base, "description.json")
    described = parse_listing(fetch(listing).read_bytes(), listing)
    if missing := [name for name in names if name not in described]:
        raise UserError(f"{listing} does not list the sequence {missing[0]}")
    return [Package((name,), described[name]) for name in names]


def parse_listing(text: bytes, listing: str) -> dict[str, tuple[Archive, Archive]]:
    """Parses VOT's listing of sequences.

    Args:
        text: the listing.
        listing: its address, to which the addresses in it are relative.

    Returns:
        The archives of ground truth and of images, by sequence.

    Raises:
        UserError: the text is not such a listing.
    """
    try:
        return {
            sequence["name"]: (
                Archive(
                    urljoin(listing, sequence["annotations"]["url"]),
                    checksum=_checksum(sequence["annotations"]),
                    size=_size(sequence["annotations"]),
                ),
                Archive(
                    urljoin(listing, sequence["channels"]["color"]["url"]),
                    into="color",
                    checksum=_checksum(sequence["channels"]["color"]),
                    size=_size(sequence["channels"]["color"]),
                ),
            )
            for sequence in json.loads(text.decode())["sequences"]
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{listing} is not a listing of VOT sequences ({error!r:.200})") from None


def _checksum(entry: Mapping[str, Any]) -> str | None:
    """Returns an archive's digest; listings have md5 or sha1 without saying which."""
    digest = entry.get("checksum")
    return f"{'sha1' if len(digest) == _SHA1_DIGITS else 'md5'}:{digest}" if digest else None


def _size(entry: Mapping[str, Any]) -> int | None:
    return entry["compressed"] if isinstance(entry.get("compressed"), int) else None


def _lasot(
    repository: str, base: str, dataset: DiskDataset, names: Sequence[str], fetch: Fetch
) -> list[Package]:
    """Returns one archive per category; of each, only the wanted sequences are unpacked."""
    listed = list_files(base, repository, "", fetch)
    categories: dict[str, list[str]] = {}
    for name in names:
        categories.setdefault(category(name), []).append(name)
    packages = []
    for key, wanted in categories.items():
        file = _require_listed(listed, f"{key}.zip", repository)
        share = len(wanted) / _SEQUENCES_PER_CATEGORY[dataset.name]
        archive = Archive(file.url, checksum=file.checksum, size=file.size)
        packages.append(Package(tuple(wanted), (archive,), unpacked_size=int(file.size * share)))
    return packages


def _trackingnet(base: str, dataset: DiskDataset, names: Sequence[str], fetch: Fetch) -> list[Package]:
    """Returns each sequence's archive of frames, and the file of its first box."""
    archives = list_files(base, _TRACKINGNET, "TEST/zips", fetch)
    truth = list_files(base, _TRACKINGNET, "TEST/anno", fetch)
    packages = []
    for name in names:
        frames = _require_listed(archives, f"{name}.zip", f"{_TRACKINGNET}/TEST/zips")
        box = _require_listed(truth, f"{name}.txt", f"{_TRACKINGNET}/TEST/anno")
        packages.append(
            Package(
                (name,),
                (Archive(frames.url, checksum=frames.checksum, size=frames.size),),
                destination=dataset.root / "TEST" / "frames" / name,
                files=(
                    (
                        dataset.root / "TEST" / "anno" / f"{name}.txt",
                        Archive(box.url, checksum=box.checksum, size=box.size),
                    ),
                ),
            )
        )
    return packages


def _require_listed(listed: Mapping[str, HubFile], name: str, place: str) -> HubFile:
    if name not in listed:
        raise UserError(f"{place} on the Hugging Face Hub does not list {name}")
    return listed[name]


def category(name: str) -> str:
    """Returns the category of a sequence of LaSOT: `airplane` for `airplane-1`."""
    return name.rpartition("-")[0]


def select_categories(wanted: Sequence[str], names: Sequence[str], dataset: str) -> list[str]:
    """Returns those of a data set's sequences that are in one of the categories.

    Raises:
        UserError: the data set has no categories, or not one of these.
    """
    if dataset not in _SEQUENCES_PER_CATEGORY:
        raise UserError(f"{dataset} has no categories; name sequences with --sequences")
    known = list(dict.fromkeys(map(category, names)))
    for one in wanted:
        if one not in known:
            raise UserError(f"{dataset} has no category '{one}'{did_you_mean(one, known)}")
    return [name for name in names if category(name) in wanted]


_LASOT, _LASOT_EXT, _TRACKINGNET = "l-lt/LaSOT", "l-lt/LaSOT-ext", "SilvioGiancola/TrackingNet"
"""Repositories on the Hugging Face Hub."""
_SHA1_DIGITS = 40
_SEQUENCES_PER_CATEGORY = {"lasot": 20, "lasot-ext": 10}

_OTB = DownloadSource("http://cvlab.hanyang.ac.kr/tracker_benchmark/seq/", _otb)


def _vot_source(address: str) -> DownloadSource:
    return DownloadSource(f"http://data.votchallenge.net/{address}/", _vot)


SOURCES: Mapping[str, DownloadSource] = {
    "otb2015": _OTB,
    "otb2013": _OTB,
    "otb50": _OTB,
    "tc128": DownloadSource("http://www.dabi.temple.edu/~hbling/data/TColor-128/", _tc128),
    "vot2017": _vot_source("vot2017/main"),
    "vot2018": _vot_source("vot2017/main"),
    "vot2019": _vot_source("vot2019/main"),
    "vot2020": _vot_source("vot2020/shortterm"),
    "vot2021": _vot_source("vot2021/shortterm"),
    "vot2022": _vot_source("vot2022/stb"),
    "vot2018-lt": _vot_source("vot2018/longterm"),
    "vot2019-lt": _vot_source("vot2019/longterm"),
    "lasot": DownloadSource(
        BASE,
        partial(_lasot, _LASOT),
        repository=_LASOT,
        note="each category's archive also holds its training sequences. To score results without "
        "frames, the folder annos of https://github.com/HengLan/LaSOT_Evaluation_Toolkit is enough: put "
        "it in the data set's folder",
    ),
    "lasot-ext": DownloadSource(BASE, partial(_lasot, _LASOT_EXT), repository=_LASOT_EXT),
    "trackingnet": DownloadSource(BASE, _trackingnet, repository=_TRACKINGNET),
}
"""Data sets with direct addresses."""

_UAV123 = (
    "UAV123 and UAV20L are one archive, which its authors share from their page "
    "https://cemse.kaust.edu.sa/ivul/uav123 through a drive that needs a browser. Unpack it, so that "
    "{root}/uav123 has data_seq/ and anno/. Then check it with `sotbench verify --dataset uav123`."
)

MANUAL_DOWNLOADS: Mapping[str, str] = {
    "uav123": _UAV123,
    "uav20l": _UAV123.replace("--dataset uav123", "--dataset uav20l"),
    "uav123_10fps": (
        "UAV123@10fps is an archive of its own, which its authors share from their page "
        "https://cemse.kaust.edu.sa/ivul/uav123 through a drive that needs a browser. Unpack it to "
        "{root}/uav123_10fps. Then check it with `sotbench verify --dataset uav123_10fps`."
    ),
    "nfs": (
        "Need for Speed has one archive per sequence, on its authors' page http://ci2cv.net/nfs/index.html. "
        "Unpack them to {root}/nfs. Then check it with `sotbench verify --dataset nfs`."
    ),
    "nfs-240": (
        "Need for Speed has one archive per sequence, on its authors' page http://ci2cv.net/nfs/index.html, "
        "with its frames at 240 and at 30 per second. Unpack them to {root}/nfs. Then check it with "
        "`sotbench verify --dataset nfs-240`."
    ),
    "got10k": (
        "GOT-10k needs an account: get the archives of val and test from "
        "http://got-10k.aitestunion.com/downloads and unpack them to {root}/got10k/val and "
        "{root}/got10k/test. Then check it with `sotbench verify --dataset got10k`."
    ),
    "tnl2k": (
        "TNL2K is shared through drives that need a browser: start from "
        "https://sites.google.com/view/langtrackbenchmark/ and unpack the 700 test sequences to "
        "{root}/tnl2k. Then check it with `sotbench verify --dataset tnl2k`."
    ),
    "dtb70": (
        "DTB70 is shared through drives that need a browser: start from "
        "https://github.com/flyers/drone-tracking and unpack it to {root}/dtb70. Then check it with "
        "`sotbench verify --dataset dtb70`."
    ),
    "uavdt": (
        "UAVDT is shared through drives that need a browser: start from "
        "https://sites.google.com/view/grli-uavdt, take the part for single-object tracking, and unpack it "
        "to {root}/uavdt. Then check it with `sotbench verify --dataset uavdt`."
    ),
    "vasttrack": (
        "VastTrack is shared through drives that need a browser: start from "
        "https://github.com/HengLan/VastTrack and unpack the test set to {root}/vasttrack. Then check it "
        "with `sotbench verify --dataset vasttrack`."
    ),
    "avist": (
        "AVisT is shared through drives that need a browser: start from "
        "https://sites.google.com/view/avist-benchmark and unpack it to {root}/avist. Then check it with "
        "`sotbench verify --dataset avist`."
    ),
    "demo": "The demo needs no files: its frames are rendered.",
    "folder": "Data set 'folder' is your own folder of videos, which --data-root names.",
}
"""Instructions for the other data sets; `{root}` is replaced by the data root."""
