"""HTTP downloads that resume after a broken connection.

Partial data is kept in `<name>.part`, with the server's entity tag, date and size of the file in
`<name>.part.json` (RFC 9110, sections 8.8 and 14). A later attempt requests the rest of that version. It
starts over if the file has changed on the server, or if the server cannot send ranges.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from trackers.errors import UserError

Progress = Callable[[int, int | None], None]
"""Called with the number of bytes received, and the total if the server sends it."""


class RefusedError(UserError):
    """The server is reachable, but does not provide this file; it may provide others."""


@dataclass(frozen=True)
class RetryPolicy:
    """When to retry and when to give up.

    Attributes:
        timeout: seconds without data after which a connection counts as broken.
        attempts: number of consecutive attempts without new data before giving up.
        pause: seconds between attempts.
    """

    timeout: float = 30.0
    attempts: int = 5
    pause: float = 2.0


def fetch(url: str, target: Path, progress: Progress, retry_policy: RetryPolicy | None = None) -> None:
    """Downloads `url` to `target`, which exists only once it is complete.

    Raises:
        RefusedError: the server responds with an error that a retry will not change.
        DiskError: the disk is full, or cannot be written for another reason; what fits is kept.
        UserError: the server cannot be reached, or the connection is lost repeatedly. Partial data is kept,
            and the next call resumes.
    """
    if not re.match(r"https?://", url):
        raise UserError(f"'{url}' is not an http or https address")
    retry_policy = retry_policy or RetryPolicy()
    part = _Part(url, target)
    largest_size, attempts = 0, 0
    while True:
        try:
            part.extend(retry_policy.timeout, progress)
            break
        except _BrokenError as error:
            have = part.size()
            attempts = 0 if have > largest_size else attempts + 1
            largest_size = max(largest_size, have)
            if attempts >= retry_policy.attempts:
                raise UserError(
                    f"{url}: {error}; check the network and repeat the command to resume"
                ) from None
        time.sleep(retry_policy.pause)
    part.finish()


class DiskError(UserError):
    """What was received cannot be stored."""


class _BrokenError(Exception):
    """An attempt failed; another may succeed."""


@dataclass(frozen=True)
class _Version:
    """The headers that identify a version of a file; None where the server sends none."""

    url: str
    etag: str | None
    modified: str | None
    size: int | None

    @property
    def if_range(self) -> str | None:
        """The value of `If-Range`: a strong entity tag, or a date."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified

    def agrees_with(self, other: _Version | None) -> bool:
        """Returns whether this is consistent with `other`; partial responses may lack some headers."""
        return other is not None and all(
            own is None or own == expected
            for own, expected in zip(astuple(self), astuple(other), strict=True)
        )


class _Part:
    """The partial file of a download and the note of its version."""

    def __init__(self, url: str, target: Path) -> None:
        self._url = url
        self._target = target
        self._path = target.with_name(target.name + ".part")
        self._note = target.with_name(target.name + ".part.json")

    def size(self) -> int:
        """Returns the number of bytes received so far."""
        return self._path.stat().st_size if self._path.exists() else 0

    def extend(self, timeout: float, progress: Progress) -> None:
        """Makes one attempt to download the rest; raises `_BrokenError` if it fails."""
        version = self._version()
        if version is None:
            self._discard()
        have = self.size()
        if version and have == version.size:
            return
        headers = {"User-Agent": "sotbench", "Accept-Encoding": "identity"}
        if version and have:
            headers["Range"] = f"bytes={have}-"
            if version.if_range:
                headers["If-Range"] = version.if_range
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self._url, headers=headers), timeout=timeout
            ) as response:
                self._receive(response, have, version, progress)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                self._discard()
            elif error.code < 500 and error.code not in (408, 429):
                raise RefusedError(f"{self._url}: the server returned {error.code} {error.reason}") from None
            raise _BrokenError(f"the server returned {error.code} {error.reason}") from None
        except urllib.error.URLError as error:
            raise _BrokenError(f"cannot connect to the server ({error.reason})") from None
        except (OSError, http.client.HTTPException) as error:
            raise _BrokenError(f"connection lost ({error or type(error).__name__})") from None

    def finish(self) -> None:
        """Renames the complete file to its final name."""
        self._path.replace(self._target)
        self._note.unlink(missing_ok=True)

    def _receive(
        self, response: http.client.HTTPResponse, have: int, version: _Version | None, progress: Progress
    ) -> None:
        server_version = _server_version(self._url, response)
        if response.status == http.HTTPStatus.PARTIAL_CONTENT:
            range_matches = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            if not (range_matches and server_version.agrees_with(version)):
                self._discard()
                raise _BrokenError("the file has changed on the server")
        else:
            have = 0
            self._discard()
            with self._storing():
                self._note.write_text(json.dumps(asdict(server_version)), encoding="utf-8")
        # Unbuffered, so that all that was received before an error is on disk.
        with self._storing(), self._path.open("ab", buffering=0) as file:
            progress(have, server_version.size)
            while block := _read(response):
                _write(file, block)
                have += len(block)
                progress(have, server_version.size)
            os.fsync(file.fileno())
        if server_version.size is not None and have < server_version.size:
            raise _BrokenError(f"connection lost after {have} of {server_version.size} bytes")

    @contextmanager
    def _storing(self) -> Iterator[None]:
        """Turns errors of the disk into `DiskError`: another attempt would meet them again."""
        try:
            yield
        except OSError as error:
            raise DiskError(
                f"{self._path}: {error.strerror or error}; make room and repeat the command to resume"
            ) from None

    def _version(self) -> _Version | None:
        """Returns the version of the partial file; None if it is unknown."""
        try:
            note: dict[str, Any] = json.loads(self._note.read_text(encoding="utf-8"))
            version = _Version(**note)
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        identified = version.if_range or version.size
        return version if identified and version.url == self._url else None

    def _discard(self) -> None:
        self._path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def _read(response: http.client.HTTPResponse) -> bytes:
    """Returns the next bytes; empty at the end."""
    try:
        return response.read(1 << 18)
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenError(f"connection lost ({error or type(error).__name__})") from None


def _write(file: FileIO, block: bytes) -> None:
    """Writes all of a block; a single call may write a part."""
    view = memoryview(block)
    while len(view) > 0:
        view = view[file.write(view) :]


def _server_version(url: str, response: http.client.HTTPResponse) -> _Version:
    size = response.headers.get("Content-Length")
    if response.status == http.HTTPStatus.PARTIAL_CONTENT:
        size = response.headers.get("Content-Range", "").rpartition("/")[2]
    return _Version(
        url=url,
        etag=response.headers.get("ETag"),
        modified=response.headers.get("Last-Modified"),
        size=int(size) if size and size.isdecimal() else None,
    )
