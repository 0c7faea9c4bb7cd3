"""The campaign's bookkeeping, with a fake engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import campaign as campaigns
from tests.fuzz import target as targets
from tests.fuzz.__main__ import main
from tests.fuzz.campaign import Campaign, report
from tests.fuzz.registry import TARGETS
from tests.fuzz.target import Target, read_inputs, write_inputs
from trackers.errors import UserError


def parse(data: bytes) -> None:
    if data == b"bad":
        raise UserError("bad input")
    if data == b"worse":
        raise UserError
    int(data)


TARGET = Target("numbers", parse, lambda: [b"1", b"bad"], (b'"\\', b"\x00\xff"))


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of stored inputs."""
    monkeypatch.setattr(targets, "HERE", tmp_path / "home")
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_only_documented_errors_are_accepted() -> None:
    TARGET.run(b"7")
    TARGET.run(b"bad")
    with pytest.raises(ValueError, match="invalid literal"):
        TARGET.run(b"x")
    with pytest.raises(AssertionError, match="without a message"):
        TARGET.run(b"worse")


@given(st.lists(st.binary(max_size=20)))
def test_inputs_are_stored_byte_by_byte(
    tmp_path_factory: pytest.TempPathFactory, inputs: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("inputs") / "corpus" / "x.txt"
    write_inputs(path, inputs)
    assert set(read_inputs(path)) == set(inputs)
    content = path.read_bytes()
    write_inputs(path, reversed(inputs))
    assert path.read_bytes() == content


def test_executions_are_counted_across_campaigns(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def engine(self: Campaign, target: Target, *options: str) -> tuple[int, bytes]:
        calls.append(options)
        return (0, b"#5 DONE\nstat::number_of_executed_units: 1200\n") if len(calls) == 1 else (77, b"")

    monkeypatch.setattr(Campaign, "_engine", engine)
    assert Campaign(tmp_path).fuzz(TARGET, 1000, None)
    assert not Campaign(tmp_path).fuzz(TARGET, None, 2.6)
    tally = Campaign(tmp_path).tallies["numbers"]
    assert (tally.executions, tally.crashes) == (1200, 1)
    assert "-runs=1000" in calls[0]
    assert "-max_total_time=3" in calls[1]
    assert {path.read_bytes() for path in Campaign(tmp_path).corpus(TARGET).iterdir()} == {b"1", b"bad"}
    assert (tmp_path / "numbers.dict").read_text() == '"\\x22\\x5C"\n"\\x00\\xFF"\n'
    assert report(Campaign(tmp_path), [TARGET]).splitlines()[-1].split()[:2] == ["total", "1,200"]


def test_smallest_new_inputs_are_kept(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def engine(self: Campaign, target: Target, *options: str) -> tuple[int, bytes]:
        for number, data in enumerate((b"22", b"1", b"4" * 100, b"crashed")):
            (Path(options[-2]) / str(number)).write_bytes(data)
        return 0, b""

    monkeypatch.setattr(Campaign, "_engine", engine)
    monkeypatch.setattr(campaigns, "MAX_CORPUS_BYTES", 60)
    write_inputs(replace(TARGET).crashes, [b"crashed"])
    assert Campaign(tmp_path).minimize(TARGET) == 1
    assert read_inputs(TARGET.corpus) == [b"22"]
    assert TARGET.inputs() == [b"1", b"bad", b"crashed", b"22"]


def test_command_lists_targets_and_refuses_unknown_ones(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(TARGETS)
    assert main(["--target", "manifests", "--seconds", "1"]) == 2
    assert "did you mean 'manifest'?" in capsys.readouterr().err
    assert main(["--folder", str(tmp_path)]) == 2
    assert "give --executions N or --seconds S" in capsys.readouterr().err
