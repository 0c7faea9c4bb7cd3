"""Files over HTTP that survive a broken connection.

What has come lies in `<name>.part`; beside it `<name>.part.json` says which version of the file it is of
(entity tag, date, size: RFC 9110, sections 8.8 and 14). A later attempt asks for the rest of that version and
starts afresh if the server has another one by then, or cannot send parts.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

from trackers.errors import UserError

Progress = Callable[[int, int | None], None]
"""Is told how many bytes are there, and of how many if the server says so."""


class RefusedError(UserError):
    """The server answers, but does not have the file; it may have others."""


@dataclass(frozen=True)
class RetryPolicy:
    """How long to try.

    Attributes:
        timeout: seconds without a byte after which a connection counts as broken.
        attempts: how many in a row may bring nothing new.
        pause: seconds between two of them.
    """

    timeout: float = 30.0
    attempts: int = 5
    pause: float = 2.0


def fetch(url: str, target: Path, progress: Progress, retry_policy: RetryPolicy | None = None) -> None:
    """Downloads `url` to `target`, which is there only when it is whole.

    Raises:
        RefusedError: the server answers with an error that another attempt will not change.
        UserError: the server cannot be reached, or the connection breaks again and again. What has come is
            kept, and the next call goes on from there.
    """
    if not re.match(r"https?://", url):
        raise UserError(f"'{url}' is not an http or https address")
    retry_policy = retry_policy or RetryPolicy()
    part = _Part(url, target)
    most, idle = 0, 0
    while True:
        try:
            part.extend(retry_policy.timeout, progress)
            break
        except _BrokenError as error:
            have = part.size()
            idle = 0 if have > most else idle + 1
            most = max(most, have)
            if idle >= retry_policy.attempts:
                raise UserError(
                    f"{url} {error}; check the network, then give the same command again: what has come is "
                    "kept"
                ) from None
        time.sleep(retry_policy.pause)
    part.finish()


class _BrokenError(Exception):
    """An attempt failed; another may not."""


@dataclass(frozen=True)
class _Version:
    """What tells one version of a file from another; None where the server does not say."""

    url: str
    etag: str | None
    modified: str | None
    size: int | None

    @property
    def condition(self) -> str | None:
        """What `If-Range` takes: a strong entity tag, or a date."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified

    def agrees_with(self, other: _Version | None) -> bool:
        """Whether nothing speaks against both being the same; a part may come without what the whole had."""
        return other is not None and all(
            mine is None or mine == theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)
        )


class _Part:
    """The beginning of a file."""

    def __init__(self, url: str, target: Path) -> None:
        self._url = url
        self._target = target
        self._path = target.with_name(target.name + ".part")
        self._note = target.with_name(target.name + ".part.json")

    def size(self) -> int:
        """How many bytes are there."""
        return self._path.stat().st_size if self._path.exists() else 0

    def extend(self, timeout: float, progress: Progress) -> None:
        """Makes one attempt to get what is missing; raises `_BrokenError` if that fails."""
        version = self._version()
        if version is None:
            self._discard()
        have = self.size()
        if version and have == version.size:
            return
        headers = {"User-Agent": "sotbench", "Accept-Encoding": "identity"}
        if version and have:
            headers["Range"] = f"bytes={have}-"
            if version.condition:
                headers["If-Range"] = version.condition
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
                raise RefusedError(f"{self._url}: the server answers {error.code} {error.reason}") from None
            raise _BrokenError(f"is answered with {error.code} {error.reason}") from None
        except urllib.error.URLError as error:
            raise _BrokenError(f"cannot be reached ({error.reason})") from None
        except (OSError, http.client.HTTPException) as error:
            raise _BrokenError(f"breaks off ({error or type(error).__name__})") from None

    def finish(self) -> None:
        """Gives the whole file its name."""
        self._path.replace(self._target)
        self._note.unlink(missing_ok=True)

    def _receive(
        self, response: http.client.HTTPResponse, have: int, version: _Version | None, progress: Progress
    ) -> None:
        offered = _offered(self._url, response)
        if response.status == http.HTTPStatus.PARTIAL_CONTENT:
            follows = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            if not (follows and offered.agrees_with(version)):
                self._discard()
                raise _BrokenError("has changed on the server")
        else:
            have = 0
            self._discard()
            self._note.write_text(json.dumps(asdict(offered)), encoding="utf-8")
        with self._path.open("ab") as file:
            progress(have, offered.size)
            while block := response.read(1 << 18):
                file.write(block)
                have += len(block)
                progress(have, offered.size)
            file.flush()
            os.fsync(file.fileno())
        if offered.size is not None and have < offered.size:
            raise _BrokenError(f"breaks off at {have} of {offered.size} bytes")

    def _version(self) -> _Version | None:
        """The version that the part is of, or None where nothing tells."""
        try:
            noted: dict[str, Any] = json.loads(self._note.read_text(encoding="utf-8"))
            version = _Version(**noted)
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        certain = version.condition or version.size
        return version if certain and version.url == self._url else None

    def _discard(self) -> None:
        self._path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def _offered(url: str, response: http.client.HTTPResponse) -> _Version:
    size = response.headers.get("Content-Length")
    if response.status == http.HTTPStatus.PARTIAL_CONTENT:
        size = response.headers.get("Content-Range", "").rpartition("/")[2]
    return _Version(
        url=url,
        etag=response.headers.get("ETag"),
        modified=response.headers.get("Last-Modified"),
        size=int(size) if size and size.isdecimal() else None,
    )
