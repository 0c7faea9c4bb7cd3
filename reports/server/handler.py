"""HTTP on loopback: reads only, answers only to its own name, and knows no path but those it made.

    /                                  what there is
    /DATASET/PROTOCOL/                 the report
    /DATASET/PROTOCOL/stamp            changes when a run does
    /DATASET/PROTOCOL/data.json        the report's data
    /DATASET/PROTOCOL/sequence/NAME    what happened within a sequence
    /DATASET/PROTOCOL/frames/NAME/N.jpg
    /plotly.min.js

Names are looked up among those that exist; none is ever joined to a path. The `Host` header has to name this
machine, so that no page of another site can be pointed here (DNS rebinding), and nothing allows other sites
to read an answer.
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
_SECONDS_TO_ASK = 20
_WORTH_PACKING = 2_000


class Answer(NamedTuple):
    """What goes back: the body and its type."""

    body: bytes
    kind: str
    status: HTTPStatus = HTTPStatus.OK
    kept: str = "no-store"
    policy: str = ""


class Server(ThreadingHTTPServer):
    """A server of one results_folder on 127.0.0.1; each request has a thread that does not outlive it."""

    daemon_threads = True

    def __init__(self, results_folder: ResultsFolder, port: int) -> None:
        self.results_folder = results_folder
        super().__init__((ADDRESS, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that closes a connection early is no error; anything else shows its traceback."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def open_server(results_folder: ResultsFolder, port: int) -> Server:
    """Opens the port; `serve_forever` then answers.

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
    timeout = _SECONDS_TO_ASK

    def do_GET(self) -> None:
        """Answers with what the address names."""
        self._send(self._answer())

    def do_HEAD(self) -> None:
        """Answers as GET does, without the body."""
        self._send(self._answer())

    def _refuse(self) -> None:
        self.close_connection = True  # whatever body follows is not read
        self._send(
            _text("only GET and HEAD are answered: nothing can be written", HTTPStatus.METHOD_NOT_ALLOWED)
        )

    def __getattr__(self, name: str) -> Any:
        """Methods other than GET and HEAD, whatever they are called."""
        if name.startswith("do_"):
            return self._refuse
        raise AttributeError(name)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answers what is no request; the base class would repeat it in a page."""
        status = HTTPStatus(code)
        self.close_connection = True
        self._send(_text(f"this is no request that can be answered: {code} {status.phrase}", status))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Says nothing: what is asked is nobody's business but the browser's."""

    def _answer(self) -> Answer:
        port = self.server.server_port
        # The names under which a browser on this machine reaches us; port 80 is left out of the header.
        own = {name + end for name in (ADDRESS, "localhost") for end in (f":{port}", *([""] * (port == 80)))}
        hosts = [name.lower() for name in self.headers.get_all("Host", [])]
        if len(hosts) != 1 or hosts[0] not in own:
            return _text(f"this server answers to http://{ADDRESS}:{port}/ alone", HTTPStatus.FORBIDDEN)
        lengths = self.headers.get_all("Content-Length", [])
        odd = lengths not in ([], ["0"]) or self.headers.defects  # what the parser made no header of
        if odd or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # what follows would be read as a request of its own
            return _text("a request that reads has no body", HTTPStatus.BAD_REQUEST)
        try:
            return respond(self.server.results_folder, self.path)
        except KeyError:
            return _text("there is nothing here", HTTPStatus.NOT_FOUND)
        except UserError as error:
            return _text(str(error), HTTPStatus.CONFLICT)
        except Exception:
            self.close_connection = True
            self._send(
                _text("the server made a mistake; its output says which", HTTPStatus.INTERNAL_SERVER_ERROR)
            )
            raise

    def _send(self, answer: Answer) -> None:
        body = answer.body
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        packable = len(body) > _WORTH_PACKING and not answer.kind.startswith("image/")
        if packable and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", answer.kept)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        if answer.status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        allowed = answer.policy if answer.kind.startswith("text/html") else "default-src 'none'; "
        self.send_header("Content-Security-Policy", f"{allowed}frame-ancestors 'none'")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def respond(results_folder: ResultsFolder, target: str) -> Answer:
    """The answer to a request for `target`, the address as the browser sent it.

    Raises:
        KeyError: there is nothing under this address.
        UserError: there is, but it cannot be shown; a sentence says why.
    """
    # Split before unquoting: a sequence's name may hold slashes of its own.
    parts = [unquote(part) for part in urlsplit(_only_path(target)).path.split("/")[1:]]
    if parts == [""]:
        return _page(_index(results_folder), f"{policy([])}; ")
    if parts == ["plotly.min.js"]:
        return Answer(plotly_script().encode(), "text/javascript; charset=utf-8", kept="max-age=3600")
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
    """The target without what makes `urlsplit` take its beginning for a host's name or refuse it."""
    if not target.startswith("/"):
        raise KeyError(target)
    return "/" + target.lstrip("/").partition("?")[0].partition("#")[0]


def _frame(report_cache: ReportCache, sequence: str, file: str) -> Answer:
    number = re.fullmatch(r"(\d{1,9})\.jpg", file, re.ASCII)
    if not number:
        raise KeyError(file)
    return Answer(report_cache.frame(sequence, int(number[1])), "image/jpeg", kept="max-age=600")


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
