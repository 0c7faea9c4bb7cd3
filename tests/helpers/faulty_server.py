"""A local HTTP server that breaks off, redirects and misbehaves as it is told."""

from __future__ import annotations

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Serves files from memory, with faults."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.requests: list[tuple[str, str | None]] = []
        self.breaks: list[int] = []  # bytes after which the next responses break off
        self.statuses: list[int] = []  # error codes of the next responses
        self.claims = 0  # bytes added to the true Content-Length
        self.conditions: list[str | None] = []
        self.ranges = True
        self.misplaced = 0  # bytes by which a partial response begins too early
        self.etag: str | None = '"one"'
        self.modified: str | None = None
        self.redirects: dict[str, str] = {}  # from one path to another

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignores broken connections, which are intended."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        self.server.requests.append((self.path, wanted))
        if target := self.server.redirects.get(self.path.lstrip("/")):
            self.send_response(302)
            self.send_header("Location", f"/{target}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = self.server.files.get(self.path.lstrip("/"))
        if content is None or self.server.statuses:
            self.send_error(self.server.statuses.pop(0) if self.server.statuses else 404)
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted).group(1)) if wanted else 0  # type: ignore[union-attr]
        condition = self.headers["If-Range"]
        self.server.conditions.append(condition)
        partial = (
            self.server.ranges and wanted and condition in (None, self.server.etag, self.server.modified)
        )
        if partial and start >= len(content):
            self.send_error(416)
            return
        start -= self.server.misplaced if partial else 0
        body = content[start:] if partial else content
        self.send_response(206 if partial else 200)
        self.send_header("Content-Length", str(len(body) + self.server.claims))
        if partial:
            total = len(content) + self.server.claims
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        if self.server.etag:
            self.send_header("ETag", self.server.etag)
        if self.server.modified and not partial:
            self.send_header("Last-Modified", self.server.modified)
        self.end_headers()
        self.wfile.write(body[: self.server.breaks.pop(0)] if self.server.breaks else body)

    def log_message(self, *words: object) -> None:
        pass
