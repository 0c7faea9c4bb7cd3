"""What a snapshot leaves out, keeps, and tells apart."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path

import pytest

from tests.snapshot.comparing import differences
from tests.snapshot.normalize import described, described_file, digest, retime, sorted_lines, words


def entry(status: int = 0, out: str = "", err: str = "", **files: str) -> dict:
    return {
        "status": status,
        "stdout": described(out),
        "stderr": described(err) | {"lines": err.count("\n")},
        "files": {name: described(text) for name, text in files.items()},
    }


def test_only_what_varies_is_replaced():
    normalized = words({"/tmp/x": "<WORK>", "/tmp/x/checkout": "<CHECKOUT>"})
    assert normalized("/tmp/x/checkout/a.py and /tmp/x/b") == "<CHECKOUT>/a.py and <WORK>/b"
    assert normalized("60 frames, 94.7 FPS, -0 s left") == "60 frames, <N> FPS, <N> s left"
    assert normalized("2026-01-02T03:04:05.6+00:00: 0.647") == "<DATE>: 0.647"
    assert normalized("a" * 40 + "+changes") == "<COMMIT>"
    assert normalized("a" * 64) == "a" * 64


def test_the_order_of_workers_is_left_out():
    assert sorted_lines("[1/2] b: 60\n[2/2] a: 60\n") == sorted_lines("[1/2] a: 60\n[2/2] b: 60\n")
    assert sorted_lines("[1/2] b: 60\n") != sorted_lines("[1/2] b: 61\n")


def test_equal_records_have_no_differences():
    assert list(differences({"c": entry(out="a")}, {"c": entry(out="a")})) == []


@pytest.mark.parametrize(
    ("after", "line"),
    [
        (entry(2, "a\n", "b\n", x="c"), "exit status: 0 -> 2"),
        (entry(0, "z\n", "b\n", x="c"), "+z"),
        (entry(0, "a\n", "z\n", x="c"), "+z"),
        (entry(0, "a\n", "b\n", x="z"), "+z"),
        (entry(0, "a\n", "b\n"), "file x: only before"),
    ],
)
def test_each_part_is_compared(after, line):
    [difference] = differences({"c": entry(0, "a\n", "b\n", x="c")}, {"c": after})
    assert line in difference.splitlines()


def test_a_command_in_one_record_alone_is_a_difference():
    assert list(differences({"c": entry()}, {})) == ["== c\nonly before"]
    assert list(differences({}, {"c": entry()})) == ["== c\nonly after"]


def test_ignoring_messages_keeps_statuses_data_and_the_number_of_lines():
    def found(before, after, command="benchmarks score"):
        return list(differences({command: before}, {command: after}, ignore_messages=True))

    assert found(entry(2, "a", "x\n"), entry(2, "b", "y\n")) == []
    assert found(entry(**{"run.json (messages)": "a"}), entry(**{"run.json (messages)": "b"})) == []
    assert found(entry(2, err="x\n"), entry(1, err="x\n"))
    assert found(entry(err="x\n"), entry(err="x\ny\n"))
    assert found(entry(**{"run.json": "a"}), entry(**{"run.json": "b"}))
    assert found(entry(out="1"), entry(out="2"), "benchmarks score --format json")
    assert found(entry(out="1"), entry(out="2"), "reports.table --dataset demo")


def test_a_manifest_is_kept_without_times_and_machine(tmp_path: Path):
    content = {"schema": 1, "environments": [{"commit": "x", "device": "cpu"}], "message": "why"}
    path = tmp_path / "run.json"
    path.write_text(json.dumps(content))
    kept = described_file(path, "run.json", words({}))
    assert json.loads(kept["run.json"]["text"]) == {
        "schema": 1,
        "environments": [{"device": "cpu"}],
        "message": True,
    }
    assert json.loads(kept["run.json (messages)"]["text"]) == ["why"]


def test_a_pages_numbers_are_compared_and_its_date_is_not(tmp_path: Path):
    def page(made: str, numbers: bytes) -> Path:
        head = json.dumps({"made": made, "values": {"$packed": ["f8", 0, len(numbers), 0]}}).encode()
        data = base64.b64encode(zlib.compress(len(head).to_bytes(4, "little") + head + numbers)).decode()
        path = tmp_path / "page.html"
        path.write_text(f'<p>text</p><script type="text/plain" id="data">{data}</script>')
        return path

    first, later, other = (
        described_file(page(*made), "p", words({})) for made in [("a", b"1"), ("b", b"1"), ("a", b"2")]
    )
    assert first == later
    assert {name for name in first if first[name] != other[name]} == {"p"}


@pytest.mark.parametrize(("stem", "runs"), [("cat", 1), ("a.2", 1), ("cat", 2)])
def test_times_are_replaced_with_their_digests(stem: str, runs: int, tmp_path: Path):
    names = [stem] if runs == 1 else [f"{stem}.{k + 1}" for k in range(runs)]
    for k, name in enumerate(names):
        (tmp_path / f"{name}.time.txt").write_text("0.5\nnan\n" + "0.7\n" * k)
    sequence = {"runs": [{"times": "old", "boxes": "b"} for _ in names], "transport": 0.3}
    (tmp_path / "run.json").write_text(json.dumps({"sequences": {stem: sequence}}))
    retime(tmp_path / "run.json")
    found = json.loads((tmp_path / "run.json").read_text())["sequences"][stem]
    assert found["transport"] == 0
    for k, (name, run) in enumerate(zip(names, found["runs"], strict=True)):
        content = (tmp_path / f"{name}.time.txt").read_bytes()
        assert content == b"0.010\nnan\n" + b"0.012\n" * k
        assert run == {"times": digest(content), "boxes": "b"}
