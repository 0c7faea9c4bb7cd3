"""Files of a data set's repository on the Hugging Face Hub, and how to check them.

They are transferred like any other file, from
`https://huggingface.co/datasets/<owner>/<name>/resolve/main/<path>`.
The package `huggingface_hub` would do the same, but brings an HTTP client and a cache of its own, in which
each archive would lie a second time, and it neither knows which sequences are wanted nor unpacks.

The Hub lists a folder as JSON: of each file its path, size and digest. Large files have the sha256 of their
content; small ones are in Git, with the sha1 of Git's blob.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from trackers.errors import UserError

BASE = "https://huggingface.co/"


@dataclass(frozen=True)
class HubFile:
    """A file in a repository.

    Attributes:
        url: its address.
        size: bytes.
        checksum: see `matches_checksum`.
    """

    url: str
    size: int
    checksum: str


def list_files(base: str, repository: str, folder: str, fetch: Callable[[str], Path]) -> dict[str, HubFile]:
    """Lists the files of a folder of a data set's repository, those in folders below left out.

    The Hub sends at most 1,000 entries at once, more than the folders used here have.

    Args:
        base: the Hub's address; ends in a slash.
        repository: `<owner>/<name>`.
        folder: a path in the repository; empty for its top.
        fetch: downloads an address and returns the path of the file.

    Returns:
        By file name.

    Raises:
        UserError: the server cannot be reached, or what it sends is not such a listing.
    """
    url = f"{base}api/datasets/{repository}/tree/main" + (f"/{quote(folder)}" if folder else "")
    try:
        entries = json.loads(fetch(url).read_bytes().decode())
        files = [entry for entry in entries if entry["type"] == "file"]
        return {
            entry["path"].rpartition("/")[2]: HubFile(
                f"{base}datasets/{repository}/resolve/main/{quote(entry['path'])}",
                int(entry["size"]),
                f"sha256:{entry['lfs']['oid']}" if entry.get("lfs") else f"git:{entry['oid']}",
            )
            for entry in files
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{url} is not a listing of files ({error!r:.200})") from None


def matches_checksum(path: Path, checksum: str | None) -> bool:
    """Returns whether a file has a checksum: `md5:<hex>`, `sha256:<hex>` or `git:<hex>`; True without one.

    The last is the name of a blob in Git: the sha1 of the header `blob <size>`, a null byte and the content.
    """
    if checksum is None:
        return True
    kind, _, expected = checksum.partition(":")
    if kind == "git":
        content = path.read_bytes()
        header = f"blob {len(content)}\0".encode()
        return hashlib.sha1(header + content, usedforsecurity=False).hexdigest() == expected.lower()
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest() == expected.lower()
