"""A read-only HTTP server on loopback.

    /                                  the list of reports
    /DATASET/PROTOCOL/                 a report
    /DATASET/PROTOCOL/stamp            changes when a run does
    /DATASET/PROTOCOL/data.json        a report's data
    /DATASET/PROTOCOL/sequence/NAME    the data within a sequence
    /DATASET/PROTOCOL/frames/NAME/N.jpg
    /plotly.min.js

Names are looked up among existing ones and never joined to a path. The `Host` header must name this machine,
which prevents DNS rebinding; no header allows other sites to read a response.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from reports.page.document import environment, live_page, plotly_script, policy, resource
from reports.page.pack import json_text
from reports.server.results_folder import ReportCache, ResultsFolder
from trackers.errors import UserError, printable

ADDRESS = "127.0.0.1"
_REQUEST_TIMEOUT = 20.0
"""Seconds."""
_MIN_COMPRESSED = 2_000
"""Bytes; shorter bodies are not compressed."""


class Answer(NamedTuple):
    """An HTTP response: its body, media type, status, `Cache-Control` and content security policy."""

    body: bytes
    media_type: str
    status: HTTPStatus = HTTPStatus.OK
    cache_control: str = "no-store"
    policy: str = ""


class Server(ThreadingHTTPServer):
    """A server of a results folder on 127.0.0.1, with a daemon thread per connection."""

    daemon_threads = True

    def __init__(self, results_folder: ResultsFolder, port: int) -> None:
        self.results_folder = results_folder
        super().__init__((ADDRESS, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints the traceback of an error, unless a browser just closed the connection early."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def open_server(results_folder: ResultsFolder, port: int) -> Server:
    """Returns a server that listens on `port`; call its `serve_forever`.

    Raises:
        OSError: the port is taken or not allowed.
    """
    return Server(results_folder, port)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: Server
    server_version = "sotbench"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = _REQUEST_TIMEOUT

    def do_GET(self) -> None:
        """Answers a GET request."""
        self._send(self._answer())

    def do_HEAD(self) -> None:
        """Answers as to GET, without the body."""
        self._send(self._answer())

    def _refuse(self) -> None:
        self.close_connection = True  # a body that follows is not read
        self._send(
            _text("this server is read-only: only GET and HEAD are allowed", HTTPStatus.METHOD_NOT_ALLOWED)
        )

    def __getattr__(self, name: str) -> Any:
        """Refuses all methods other than GET and HEAD."""
        if name.startswith("do_"):
            return self._refuse
        raise AttributeError(name)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answers malformed requests; the base class would repeat them in a page."""
        status = HTTPStatus(code)
        self.close_connection = True
        self._send(_text(f"malformed request: {code} {status.phrase}", status))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Does not log requests."""

    def _answer(self) -> Answer:
        port = self.server.server_port
        # Browsers leave port 80 out of the header.
        own = {name + end for name in (ADDRESS, "localhost") for end in (f":{port}", *([""] * (port == 80)))}
        hosts = [name.lower() for name in self.headers.get_all("Host", [])]
        if len(hosts) != 1 or hosts[0] not in own:
            return _text(
                f"this server only answers requests to http://{ADDRESS}:{port}/", HTTPStatus.FORBIDDEN
            )
        lengths = self.headers.get_all("Content-Length", [])
        malformed = lengths not in ([], ["0"]) or self.headers.defects  # lines that are not headers
        if malformed or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # the body would be read as another request
            return _text("a GET or HEAD request must not have a body", HTTPStatus.BAD_REQUEST)
        try:
            return respond(self.server.results_folder, self.path)
        except KeyError:
            return _text("not found", HTTPStatus.NOT_FOUND)
        except UserError as error:
            return _text(str(error), HTTPStatus.CONFLICT)
        except Exception:
            self.close_connection = True
            self._send(
                _text("internal server error; see the server's output", HTTPStatus.INTERNAL_SERVER_ERROR)
            )
            raise

    def _send(self, answer: Answer) -> None:
        body = answer.body
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        compressible = len(body) > _MIN_COMPRESSED and not answer.media_type.startswith("image/")
        if compressible and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", answer.cache_control)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        if answer.status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        allowed = answer.policy if answer.media_type.startswith("text/html") else "default-src 'none'; "
        self.send_header("Content-Security-Policy", f"{allowed}frame-ancestors 'none'")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def respond(results_folder: ResultsFolder, target: str) -> Answer:
    """Returns the answer to a GET request.

    Args:
        results_folder: the results.
        target: the address as the browser sent it.

    Raises:
        KeyError: there is no such address.
        UserError: the report cannot be shown.
    """
    # Split before unquoting: names of sequences may contain slashes.
    parts = [unquote(part) for part in urlsplit(_only_path(target)).path.split("/")[1:]]
    if parts == [""]:
        return _page(_index(results_folder), f"{policy([])}; ")
    if parts == ["plotly.min.js"]:
        return Answer(
            plotly_script().encode(), "text/javascript; charset=utf-8", cache_control="max-age=3600"
        )
    if len(parts) < 3:
        raise KeyError(target)
    dataset, protocol, what, *more = parts
    report_cache = results_folder.report_cache(dataset, protocol)
    answers: dict[str, Callable[[], Answer]] = {
        "": lambda: _page(live_page(report_cache.data()), ""),
        "stamp": lambda: _json({"stamp": report_cache.stamp()}),
        "data.json": lambda: _json(report_cache.data()),
    }
    if what in answers and not more:
        return answers[what]()
    if what == "sequence" and len(more) == 1:
        address = f"/{quote(dataset)}/{quote(protocol)}/frames/{quote(more[0], safe='')}"
        return _json(report_cache.detail(more[0], address))
    if what == "frames" and len(more) == 2:
        return _frame(report_cache, *more)
    raise KeyError(target)


def _only_path(target: str) -> str:
    """Returns the path of a target, such that `urlsplit` neither takes it for a host nor refuses it."""
    if not target.startswith("/"):
        raise KeyError(target)
    return "/" + target.lstrip("/").partition("?")[0].partition("#")[0]


def _frame(report_cache: ReportCache, sequence: str, file: str) -> Answer:
    number = re.fullmatch(r"(\d{1,9})\.jpg", file, re.ASCII)
    if not number:
        raise KeyError(file)
    return Answer(report_cache.frame(sequence, int(number[1])), "image/jpeg", cache_control="max-age=600")


def _index(results_folder: ResultsFolder) -> str:
    reports = [
        {
            "address": f"/{quote(dataset)}/{quote(protocol)}/",
            "dataset": dataset,
            "protocol": protocol,
            "trackers": trackers,
            "trouble": printable(results_folder.unavailable_reason(dataset, protocol)),
        }
        for dataset, protocol, trackers in results_folder.contents()
    ]
    page = environment().from_string(resource("index.html"))
    results = printable(str(results_folder.results))
    return page.render(style=resource("style.css"), results=results, reports=reports)


def _page(text: str, content_policy: str) -> Answer:
    return Answer(text.encode(), "text/html; charset=utf-8", policy=content_policy)


def _json(content: Any) -> Answer:
    return Answer(json_text(content).encode(), "application/json")


def _text(sentence: str, status: HTTPStatus) -> Answer:
    text = f"{printable(sentence)}\n"
    return Answer(text.encode(errors="replace"), "text/plain; charset=utf-8", status)
