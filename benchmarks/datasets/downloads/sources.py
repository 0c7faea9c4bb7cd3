"""Download addresses of data sets, and instructions for those without direct ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from benchmarks.datasets.disk_dataset import DiskDataset
from trackers.errors import UserError


@dataclass(frozen=True)
class Archive:
    """A zip file.

    Attributes:
        url: its address.
        into: the sub-folder of the sequence that it is unpacked to.
        md5: its digest, if known.
    """

    url: str
    into: str = ""
    md5: str | None = None


@dataclass(frozen=True)
class Package:
    """Archives that together fill the folders of some sequences."""

    sequences: tuple[str, ...]
    archives: tuple[Archive, ...]


Fetch = Callable[[str], Path]
"""Downloads an address and returns the path of the file."""


@dataclass(frozen=True)
class DownloadSource:
    """A server that has a data set.

    Attributes:
        base: the base of relative addresses; ends in a slash.
        packages: takes `base`, a data set, some of its sequences and a function that downloads listings;
            returns the packages that contain these sequences.
    """

    base: str
    packages: Callable[[str, DiskDataset, Sequence[str], Fetch], list[Package]]


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
                    md5=sequence["annotations"].get("checksum"),
                ),
                Archive(
                    urljoin(listing, sequence["channels"]["color"]["url"]),
                    into="color",
                    md5=sequence["channels"]["color"].get("checksum"),
                ),
            )
            for sequence in json.loads(text.decode())["sequences"]
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{listing} is not a listing of VOT sequences ({error!r:.200})") from None


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
}
"""Data sets with direct addresses."""

MANUAL_DOWNLOADS: Mapping[str, str] = {
    "lasot": (
        "LaSOT has no direct address: its authors share it through drive links that need a browser. "
        "Start from http://vision.cs.stonybrook.edu/~lasot/, download the archives of the classes you want "
        "and unpack them to {root}/lasot/<class>/<class>-<n>/groundtruth.txt and img/. To score results "
        "without frames, the folder annos of https://github.com/HengLan/LaSOT_Evaluation_Toolkit is "
        "enough: put it at {root}/lasot/annos. Then check it with `sotbench verify --dataset lasot`."
    ),
    "demo": "The demo needs no files: its frames are rendered.",
    "folder": "Data set 'folder' is your own folder of videos, which --data-root names.",
}
"""Instructions for the other data sets; `{root}` is replaced by the data root."""
