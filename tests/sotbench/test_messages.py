"""Messages of the Python API name keywords, not options of the command line."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import sotbench as sot
from sotbench._messages import _KEYWORDS, in_python

RUN = tuple(inspect.signature(sot.run).parameters)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("give --data-root DIR or set SOTBENCH_DATA", "give data_root=DIR or set SOTBENCH_DATA"),
        ("leave --batch out or --isolate", "leave batch= out or isolate=True"),
        (
            "give --name to keep both, or --overwrite to replace",
            "give name= to keep both, or overwrite=True to",
        ),
        ("cannot be used; give --device cpu", 'cannot be used; give device="cpu"'),
        ("use --protocol ope or supervised", 'use protocol="ope" or supervised'),
        ("another --protocol or --split", "another protocol= or split="),
        ("takes --split val or test", 'takes split="val" or test'),
        ("give --repeat 3 and --batch N", "give repeat=3 and batch=N"),
        ("leave --set out", "leave settings= out"),
        ("give --set a=1 b=x.toml; or", 'give settings={"a": "1", "b": "x.toml"}; or'),
        ("see `sotbench list sequences --dataset demo`", "see `sotbench list sequences --dataset demo`"),
        ("leave --ray out, and --batching", "leave --ray out, and --batching"),
    ],
)
def test_options_become_keywords_where_there_are_any(message: str, expected: str) -> None:
    assert in_python(message, RUN).startswith(expected)


def test_keywords_are_those_of_the_function_called() -> None:
    assert in_python("see --tracker", inspect.signature(sot.load_results).parameters) == "see trackers="
    assert in_python("see --tracker", RUN) == "see tracker="
    ranges = inspect.signature(sot.tune).parameters
    assert in_python("such as --set a=1:2", ranges) == 'such as ranges={"a": "1:2"}'
    assert in_python("--from vot, --one-based", inspect.signature(sot.import_results).parameters) == (
        'format= vot, origin="one"'
    )


def test_every_keyword_exists_somewhere() -> None:
    functions = [getattr(sot, name) for name in sot.__all__ if name[0].islower()]
    functions += [sot.Results.score, sot.Scores.plot, sot.Scores.table, sot.Scores.to_frame]
    known = {name for function in functions for name in inspect.signature(function).parameters}
    known |= set(sot.TrackerOptions.__annotations__)
    assert set(_KEYWORDS.values()) <= known


def test_functions_speak_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOTBENCH_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    for call in (
        lambda: sot.open_dataset("otb2015"),
        lambda: sot.run("still", "otb2015"),
        lambda: sot.load_results("otb2015"),
    ):
        with pytest.raises(sot.UserError, match=r"give data_root=DIR or set SOTBENCH_DATA") as caught:
            call()
        assert "--" not in str(caught.value)
    with pytest.raises(sot.UserError, match="leave weights= out"):
        sot.run("still", "demo", weights="x.pth")
    with pytest.raises(sot.UserError, match=r'such as ranges=\{"scale_step": "1.02:1.08"\}'):
        sot.tune("ncc", "demo", {})
    assert sot.run.__name__ == "run"
    assert "tracker" in inspect.signature(sot.run).parameters
