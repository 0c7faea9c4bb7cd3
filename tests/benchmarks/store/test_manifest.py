"""The text of manifests: stable bytes, and one sentence for what does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.store import Identity, Manifest, RunFiles, SequenceRecord
from benchmarks.store.manifest import parse_manifest
from trackers.errors import UserError

IDENTITY = Identity("ncc", {"reach": "2"}, None, "abc", "ope", "cpu", 0, 1)

# NaN and lone surrogates (file names that are not UTF-8) are not JSON, but runs have written both.
TEXT = r"""{
 "schema": 1,
 "dataset": "demo",
 "identity": {
  "tracker": "ncc",
  "settings": {
   "reach": "2"
  },
  "weights": null,
  "code": "abc",
  "protocol": "ope",
  "device": "cpu",
  "seed": 0,
  "repeat": 1,
  "decoder": "pillow"
 },
 "environments": [
  {
   "python": "3.11",
   "load": NaN
  }
 ],
 "sequences": {
  "\u00e9 \udc80": {
   "status": "ok",
   "message": "",
   "traceback": "",
   "frames": 5,
   "truth": "a1",
   "images": "b2",
   "runs": [
    {
     "boxes": "c3",
     "times": "d4",
     "start": 2
    }
   ],
   "environment": 0,
   "transport": 1e-07
  }
 },
 "tracker": "t"
}
"""


def test_manifest_bytes_are_stable(tmp_path: Path) -> None:
    files = (RunFiles("c3", "d4", 2),)
    record = SequenceRecord("ok", frames=5, truth="a1", images="b2", runs=files, transport=1e-7)
    manifest = Manifest(
        "demo", IDENTITY, [{"python": "3.11", "load": float("nan")}], {"é \udc80": record}, "t"
    )
    manifest.write(tmp_path / "run.json")
    assert (tmp_path / "run.json").read_text() == TEXT
    parse_manifest(TEXT.encode(), "run.json").write(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == TEXT


def manifest_with(change: str) -> str:
    """Returns a manifest in which the members `change` replace those of an empty one."""
    members = {"schema": 1, "dataset": "demo", "identity": None, "environments": [], "sequences": {}}
    return json.dumps(members | json.loads("{" + change + "}"))


def sequence(members: str) -> str:
    return manifest_with('"sequences": {"easy": {' + members + "}}")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("\x00", "Expecting value"),
        ("[" * 100_000, "maximum recursion depth"),
        ('{"schema": ' + "1" * 5000 + "}", "digits"),
        ("[]", "Expected `object`, got `array`"),
        ('"text"', "Expected `object`, got `str`"),
        ("{}", "missing required field `schema`"),
        ('{"schema": 1, "sequences": {}}', "missing required field `dataset`"),
        ('{"schema": 1, "dataset": "demo", "identity": null}', "missing required field `sequences`"),
        (manifest_with('"dataset": 3'), r"got `int` - at `\$\.dataset`"),
        (manifest_with('"environments": "x"'), r"got `str` - at `\$\.environments`"),
        (manifest_with('"environments": ["x"]'), r"got `str` - at `\$\.environments\[0\]`"),
        (manifest_with('"identity": {"tracker": 1}'), r"got `int` - at `\$\.identity\.tracker`"),
        (manifest_with('"identity": {"x": 1}'), r"missing required field `tracker` - at `\$\.identity`"),
        (sequence('"status": "fine", "runs": []'), r"enum value 'fine' - at .*status"),
        (sequence(r'"status": "a\nb", "runs": []'), r"enum value 'a\\nb' - at .*status"),
        (sequence('"status": "ok", "runs": []'), "is ok and has no files"),
        (sequence('"status": "failed", "frames": true'), r"got `bool` - at .*frames"),
        (sequence('"status": "ok", "runs": [{"boxes": 1, "times": "t"}]'), r"got `int` - at .*boxes"),
        (
            sequence('"status": "ok", "runs": [{"boxes": "b", "times": "t", "start": "x"}]'),
            r"got `str` - at .*runs\[0\]\.start",
        ),
    ],
)
def test_damaged_manifest_is_refused_in_one_sentence(content: str, problem: str) -> None:
    with pytest.raises(
        UserError, match=rf"^run\.json is not a run's manifest \(.*{problem}.*\); remove its folder"
    ) as error:
        parse_manifest(content.encode(), "run.json")
    assert len(str(error.value).splitlines()) == 1


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(UserError, match=r"run\.json is not a run's manifest \('utf-8' codec"):
        parse_manifest(b'{"schema": 1, "dataset": "\xff"}', "run.json")


def test_later_schema_is_refused() -> None:
    with pytest.raises(UserError, match=r"run\.json has schema 99; this version of sotbench reads 1"):
        parse_manifest(b'{"schema": 99}', "run.json")


def test_unknown_keys_are_ignored() -> None:
    text = sequence('"status": "failed", "later": 1').replace('"schema"', '"later": [], "schema"')
    assert parse_manifest(text.encode(), "run.json").sequences == {"easy": SequenceRecord("failed")}


def test_identities_name_their_differences() -> None:
    other = Identity("ncc", {"reach": "3"}, "w", "abc", "ope", "cuda", 0, 1)
    assert IDENTITY.differences(IDENTITY) == []
    assert IDENTITY.differences(other) == ["settings", "weights", "device"]
