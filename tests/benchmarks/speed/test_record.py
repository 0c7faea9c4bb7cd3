from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from speed_records import made

from benchmarks.speed import read_record, read_records
from trackers.errors import UserError


def refuse(sentence: str) -> None:
    raise AssertionError(sentence)


def test_a_damaged_record_costs_itself_alone(tmp_path: Path) -> None:
    made([0.01], tracker="a").write(tmp_path)
    path = made([0.01], tracker="b").write(tmp_path)
    path.write_text("{")
    said: list[str] = []
    assert [record.tracker for record in read_records(tmp_path, said.append)] == ["a"]
    [sentence] = said
    assert sentence.startswith(f"a record of speed is left out: {path}")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    for record in (made([0.01, 0.0123456789012345]), made([0.01])):
        path = record.write(tmp_path)
        assert path == tmp_path / "speed/mine/20261124T160000Z.json"
        assert read_record(path) == record
        assert json.loads(path.read_text())["schema"] == 1


def test_the_latest_of_each_tracker_and_way(tmp_path: Path) -> None:
    dates = {
        "a": ["2026-11-24T16:00:00+00:00", "2026-11-23T16:00:00+00:00"],
        "b": ["2026-11-22T00:00:00+00:00"],
    }
    for tracker, moments in dates.items():
        for moment in moments:
            made([0.01, 0.02], tracker=tracker, date=moment).write(tmp_path)
    assert [(r.tracker, r.date) for r in read_records(tmp_path, refuse)] == [
        ("a", "2026-11-24T16:00:00+00:00"),
        ("b", "2026-11-22T00:00:00+00:00"),
    ]
    made([0.01], tracker="b", threads=1, date="2026-11-20T00:00:00+00:00").write(tmp_path)
    assert [(r.tracker, r.threads) for r in read_records(tmp_path, refuse)] == [("a", 2), ("b", 1), ("b", 2)]
    assert read_records(tmp_path / "nowhere", refuse) == []


def test_a_name_that_is_no_folders(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'\.\./x' cannot name a results folder"):
        made([0.01], tracker="../x").write(tmp_path)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"schema": 2}, "has schema 2; this version of sotbench reads 1"),
        ({"fps": "fast"}, r"Expected `float`, got `str` - at `\$\.fps`"),
        ({"fps": None}, r"got `null` - at `\$\.fps`"),
        ({"fps": -1.0}, r"Expected `float` > 0\.0 - at `\$\.fps`"),
        ({"fps": float("nan")}, r"Expected `float` > 0\.0 - at `\$\.fps`"),
        ({"fps": float("inf")}, r"Expected `float` <= .* at `\$\.fps`"),
        ({"frames": True}, r"Expected `int`, got `bool` - at `\$\.frames`"),
        ({"seconds": [0.01]}, "2 repetitions and 1 mean"),
        ({"seconds": [], "repetitions": 0}, r"length >= 1 - at `\$\.seconds`"),
        ({"seconds": [0.01, 0.0]}, r"Expected `float` > 0\.0 - at `\$\.seconds\[1\]`"),
        ({"seconds": [0.01, "x"]}, r"Expected `float`, got `str` - at `\$\.seconds\[1\]`"),
        ({"machine": []}, r"Expected `object`, got `array` - at `\$\.machine`"),
    ],
)
def test_a_record_that_is_none(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    path = made([0.01, 0.02]).write(tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(UserError, match=expected):
        read_record(path)


def test_unknown_keys_are_ignored(tmp_path: Path) -> None:
    record = made([0.01, 0.02])
    path = record.write(tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "later": 1}))
    assert read_record(path) == record


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "{}", '{"schema": 1}', "\x00", '{"schema": 1, "fps": NaN}']
)
def test_files_of_another_kind(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"x\.json is not a record of speed .*; give a file that"):
        read_record(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.json: No such file"):
        read_record(tmp_path / "nowhere.json")
