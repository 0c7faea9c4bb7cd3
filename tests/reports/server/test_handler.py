"""The server over real sockets: what it answers and refuses, and that it follows a run."""

from __future__ import annotations

import contextlib
import errno
import http.client
import io
import json
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.cli.main import main as sotbench
from reports.serve import main
from reports.server.handler import Server, open_server, respond
from reports.server.results_folder import ResultsFolder
from trackers.errors import UserError


def run(results: Path, tracker: str, *sequences: str) -> None:
    words = ["--tracker", tracker, "--dataset", "demo", "--results", str(results)]
    assert sotbench(["run", *words, "--sequences", *sequences]) == 0


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "results"
    run(folder, "still", "easy", "scale")
    (folder / "secret.txt").write_text("secret")
    (folder.parent / "secret.txt").write_text("secret")
    return folder


@pytest.fixture(scope="module")
def server(results: Path) -> Iterator[Server]:
    with open_server(ResultsFolder(results, None), 0) as opened:
        thread = threading.Thread(target=opened.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield opened
        opened.shutdown()
        thread.join()


def ask(
    server: Server, path: str, method: str = "GET", **headers: str
) -> tuple[int, bytes, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def test_server_listens_only_on_loopback(server):
    assert server.server_address[0] == "127.0.0.1"


def test_index_report_data_details_and_frames(server):
    status, body, _ = ask(server, "/")
    assert status == 200
    assert b'href="/demo/ope/"' in body
    status, body, headers = ask(server, "/demo/ope/")
    assert status == 200
    assert b"data-live" in body
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    data = json.loads(ask(server, "/demo/ope/data.json")[1])
    assert [sequence["name"] for sequence in data["sequences"]] == ["easy", "scale"]
    detail = json.loads(ask(server, "/demo/ope/sequence/easy")[1])
    assert detail["frames"] == {"address": "/demo/ope/frames/easy"}
    status, body, headers = ask(server, f"{detail['frames']['address']}/59.jpg")
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    with Image.open(io.BytesIO(body)) as image:
        assert image.size == (320, 240)
    assert ask(server, "/plotly.min.js")[0] == 200


def test_head_is_get_without_the_body(server):
    status, body, headers = ask(server, "/demo/ope/stamp", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) == len(ask(server, "/demo/ope/stamp")[1])


def test_large_answers_are_compressed_on_request(server):
    plain = ask(server, "/demo/ope/data.json")
    small = ask(server, "/demo/ope/data.json", **{"Accept-Encoding": "gzip"})
    assert small[2]["Content-Encoding"] == "gzip"
    assert len(small[1]) < len(plain[1])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "MKCOL"])
def test_write_methods_are_refused(server, results, method):
    before = sorted(results.rglob("*"))
    status, _, headers = ask(server, "/demo/ope/run.json", method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert sorted(results.rglob("*")) == before


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "localhost.evil.example", ""]
)
def test_other_host_names_are_refused(server, host):
    status, body, _ = ask(server, "/demo/ope/data.json", Host=host)
    assert status == 403
    assert b"easy" not in body


def test_localhost_is_accepted(server):
    assert ask(server, "/", Host=f"LOCALHOST:{server.server_port}")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/secret.txt",
        "/../secret.txt",
        "/demo/../secret.txt",
        "/demo/ope/../../secret.txt",
        "/demo/ope/..%2F..%2Fsecret.txt",
        "/..%2f/..%2f/",
        "/demo%2Fstill/ope/",
        "/demo/still/ope/run.json",
        "/demo/ope/run.json",
        "/demo/ope/sequence/..%2F..%2Fsecret",
        "/demo/ope/sequence/motion",
        "/demo/ope/frames/easy/60.jpg",
        "/demo/ope/frames/easy/-1.jpg",
        "/demo/ope/frames/easy/%D9%A1.jpg",
        "/demo/ope/frames/easy/1.png",
        "/demo/ope/frames/..%2Feasy/1.jpg",
        "/demo/tre/",
        "/otb2015/ope/",
        "/%00/%00/",
        "//evil.example/demo/ope/",
        "/demo/ope",
    ],
)
def test_unknown_path_is_not_found(server, path):
    status, body, _ = ask(server, path)
    assert status == 404
    assert body == b"not found\n"


PARTS = ["demo", "ope", "..", ".", "", "frames", "sequence", "easy", "%2e%2e", "%2F", "\x00", "1.jpg", "["]


def test_any_address_is_answered_or_not_found(server):
    @given(st.lists(st.sampled_from(PARTS), max_size=7))
    @settings(max_examples=60, deadline=None)
    def hold(parts):
        try:
            answer = respond(server.results_folder, "/".join(parts))
        except (KeyError, UserError):
            return
        assert b"secret" not in answer.body

    hold()


@pytest.mark.parametrize(
    "request_",
    [
        b"\x00\xff\xfe\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
def test_server_survives_malformed_requests(server, request_):
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
        connection.sendall(request_)
        answer = connection.recv(4096)
    assert re.search(rb"40\d|41\d|43\d|505|Error code", answer)
    assert ask(server, "/demo/ope/stamp")[0] == 200


def raw(server: Server, request: bytes) -> bytes:
    """Reads until the server closes the connection or is silent for a second."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=1) as connection:
        connection.sendall(request.replace(b"PORT", str(server.server_port).encode()))
        answer = b""
        with contextlib.suppress(TimeoutError):
            while chunk := connection.recv(65536):
                answer += chunk
    return answer


HOST = b"Host: 127.0.0.1:PORT\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n\r\n", 403),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n" + HOST + b"\r\n", 403),
        (b"GET / HTTP/1.1\r\n\r\n", 403),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"GET /%c0%ae%c0%ae/%c0%ae%c0%ae/secret.txt HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"GET /%252e%252e/secret.txt HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"GET /demo/ope/sequence/%0d%0aX-Evil:1 HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"<b>ET / HTTP/1.1\r\n" + HOST + b"\r\n", 405),
        (b"CONNECT evil.example:80 HTTP/1.1\r\n" + HOST + b"\r\n", 405),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\nsomething", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ],
)
def test_odd_requests_get_plain_answers(server, request_, status):
    answer = raw(server, request_)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert answer.count(b"HTTP/1.1 ") == 1
    for header in (
        b"Content-Type: text/plain",
        b"X-Content-Type-Options: nosniff",
        b"Content-Security-Policy: default-src 'none'",
    ):
        assert header in head
    assert b"secret" not in answer
    assert b"X-Evil" not in answer
    assert len(body) < 200


def test_body_is_not_a_second_request(server):
    hidden = b"GET /demo/ope/data.json HTTP/1.1\r\n" + HOST + b"\r\n"
    answer = raw(
        server,
        b"GET / HTTP/1.1\r\n" + HOST + f"Content-Length: {len(hidden) + 1}\r\n\r\n".encode() + hidden,
    )
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"easy" not in answer


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 0\r\nContent-Length: {0}",
        "Content-Length: {0}\r\nContent-Length: 0",
        "Content-Length: 0\r\ncontent-length: 0",
        "Content-Length: 0, {0}",
        "Content-Length: 0\r\n {0}",
        "Content-Length : {0}",
        "Content-Length: +{0}",
        "Content-Length:\r\nContent-Length: {0}",
    ],
)
def test_ambiguous_lengths_are_refused(server, headers):
    hidden = b"GET /demo/ope/data.json HTTP/1.1\r\n" + HOST + b"\r\n"
    lengths = headers.format(len(hidden)).encode()
    answer = raw(server, b"GET / HTTP/1.1\r\n" + HOST + lengths + b"\r\n\r\n" + hidden)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"easy" not in answer


def test_users_own_folder_is_shown(tmp_path, capsys):
    root = tmp_path / "my videos"
    (root / "cup" / "img").mkdir(parents=True)
    (root / "sotbench.toml").write_text("one_based = false\n")
    (root / "cup" / "groundtruth.txt").write_text("1,2,10,8\n2,2,10,8\n")
    for number in (1, 2):
        Image.new("RGB", (32, 24)).save(root / "cup" / "img" / f"{number}.png")
    results = tmp_path / "results"
    words = ["--tracker", "still", "--dataset", "folder", "--data-root", str(root)]
    assert sotbench(["run", *words, "--results", str(results)]) == 0
    for place in (root, tmp_path):
        results_folder = ResultsFolder(results, place)
        assert results_folder.contents() == [("folder-my-videos", "ope", ["still"])]
        data = json.loads(respond(results_folder, "/folder-my-videos/ope/data.json").body)
        assert [sequence["name"] for sequence in data["sequences"]] == ["cup"]
        assert respond(results_folder, "/folder-my-videos/ope/frames/cup/0.jpg").media_type == "image/jpeg"
    for place in (None, results):
        page = respond(ResultsFolder(results, place), "/").body.decode()
        assert "folder-my-videos · ope" in page
        assert "data-root" in page
        with pytest.raises(UserError):
            respond(ResultsFolder(results, place), "/folder-my-videos/ope/")


def test_unreadable_data_set_is_named_others_shown(tmp_path, monkeypatch):
    run(tmp_path, "still", "easy")
    closed = tmp_path / "otb2015"
    closed.mkdir()
    listdir = os.listdir

    def denied(path):
        if Path(path) == closed:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return listdir(path)

    monkeypatch.setattr(os, "listdir", denied)
    results_folder = ResultsFolder(tmp_path, None)
    page = respond(results_folder, "/").body.decode()
    assert "demo" in page
    assert f"{closed}: Permission denied" in page
    assert respond(results_folder, "/demo/ope/").status == 200
    with pytest.raises(UserError, match="Permission denied"):
        respond(results_folder, "/otb2015/ope/")


def test_damaged_run_is_named_others_shown(tmp_path):
    run(tmp_path, "still", "easy")
    run(tmp_path, "ncc", "easy")
    (tmp_path / "demo" / "ncc" / "ope" / "run.json").write_text("{ \u202e")
    results_folder = ResultsFolder(tmp_path, None)
    data = json.loads(respond(results_folder, "/demo/ope/data.json").body)
    assert [tracker["name"] for tracker in data["trackers"]] == ["still"]
    [[name, why]] = data["left_out"]
    assert name == "ncc"
    assert "run.json is not a run's manifest" in why
    assert respond(results_folder, "/demo/ope/sequence/easy").status == 200
    run(tmp_path, "still", "scale")
    assert len(json.loads(respond(results_folder, "/demo/ope/data.json").body)["sequences"]) == 2


def test_untrusted_control_characters_are_escaped(tmp_path):
    results = tmp_path / "a\x1b[31m\u202eb"
    run(results, "still", "easy")
    path = results / "demo" / "still" / "ope" / "run.json"
    content = json.loads(path.read_text())
    content["sequences"]["scale"] = content["sequences"]["easy"] | {
        "status": "failed",
        "message": "no\x1b[2J \u202edne\0",
        "traceback": "one\n\ttwo\x07",
        "runs": [],
    }
    content["environments"][0]["pro\u202ecessor"] = "x\x9b31m"
    path.write_text(json.dumps(content))
    results_folder = ResultsFolder(results, None)
    index = respond(results_folder, "/").body.decode()
    assert r"a\x1b[31m\u202eb" in index
    data = json.loads(respond(results_folder, "/demo/ope/data.json").body)
    [lacking] = data["trackers"][0]["run"]["lacking"]
    assert lacking["message"] == r"no\x1b[2J \u202edne\x00"
    assert lacking["traceback"] == "one\n\ttwo\\x07"
    assert data["trackers"][0]["run"]["environments"][0][r"pro\u202ecessor"] == r"x\x9b31m"
    assert not set(index + json.dumps(data, ensure_ascii=False)) & set("\x1b\u202e\x07\x9b\0")


def test_malformed_request_is_not_echoed(server):
    answer = raw(server, b"GET /<script>alert(1)</script> HTTP/1.1 \x1b[31m\r\n\r\n")
    assert b"400 Bad Request" in answer
    assert b"script" not in answer
    assert b"\x1b" not in answer


def test_slow_clients_do_not_block_others(server):
    with contextlib.ExitStack() as stack:
        for beginning in (b"", b"GET", b"GET / HTTP/1.1\r\nHost: ") * 10:
            connection = socket.create_connection(("127.0.0.1", server.server_port), timeout=5)
            stack.enter_context(connection).sendall(beginning)
        begin = time.monotonic()
        assert ask(server, "/demo/ope/stamp")[0] == 200
        assert time.monotonic() - begin < 5


def test_links_in_results_are_not_followed(server, results, tmp_path):
    (results / "demo" / "linked").symlink_to(tmp_path)
    (results / "demo" / "still" / "ope" / "secret.txt").symlink_to(results / "secret.txt")
    try:
        for path in ("/demo/linked/", "/demo/ope/secret.txt", "/demo/ope/sequence/secret"):
            assert ask(server, path)[0] == 404
        assert b"secret" not in ask(server, "/demo/ope/data.json")[1]
    finally:
        (results / "demo" / "linked").unlink()
        (results / "demo" / "still" / "ope" / "secret.txt").unlink()


def test_server_follows_a_run(server, results):
    before = json.loads(ask(server, "/demo/ope/stamp")[1])["stamp"]
    assert json.loads(ask(server, "/demo/ope/data.json")[1])["stamp"] == before
    run(results, "still", "rotation")
    after = json.loads(ask(server, "/demo/ope/stamp")[1])["stamp"]
    assert after != before
    data = json.loads(ask(server, "/demo/ope/data.json")[1])
    assert data["stamp"] == after
    assert [sequence["name"] for sequence in data["sequences"]] == ["easy", "scale", "rotation"]
    assert data["trackers"][0]["run"]["done"] == 3


def test_missing_ground_truth_is_one_sentence(tmp_path):
    folder = tmp_path / "otb2015" / "ncc" / "ope"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    results_folder = ResultsFolder(tmp_path, None)
    assert b"data set &#39;otb2015&#39; needs its files" in respond(results_folder, "/").body
    with pytest.raises(UserError, match="needs its files"):
        respond(results_folder, "/otb2015/ope/")


def test_missing_folder_and_taken_port_are_one_sentence(server, results, tmp_path, capsys):
    assert main(["--results", str(tmp_path / "none")]) == 2
    assert main(["--results", str(results), "--port", str(server.server_port)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("none; name one with --results")
    assert "cannot be used" in second
    with pytest.raises(SystemExit) as status:
        main(["--port", "70000"])
    assert status.value.code == 2
