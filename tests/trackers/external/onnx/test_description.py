"""The description of an ONNX tracker: what it accepts, and its messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from trackers.errors import UserError
from trackers.external.onnx.description import override, parse_description, read_description

GOOD = """
[network]
model = "all.onnx"
template_input = "z"
search_input = "x"
score_output = "score"
box_output = "box"
"""


def test_defaults_and_overridden_values() -> None:
    description = parse_description(GOOD, "d.toml")
    assert description.input.search_size == 255
    changed = override(description, {"window": 0.25, "penalty": None}, "tracker 'onnx'")
    assert (changed.search.window, changed.search.penalty) == (0.25, description.search.penalty)


def test_example_is_valid() -> None:
    example = Path(__file__).parents[4] / "examples" / "nanotrack.toml"
    assert read_description(example).search.stride == 16


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[network", "d.toml: "),
        ("", "missing required field `network`"),
        (GOOD + "[input]\nwidth = 3", "input: Object contains unknown field `width`"),
        (GOOD + "[search]\nwindow = 2", r"search.window: Expected `float` <= 1.0"),
        (GOOD + '[search]\nrules = "own"', r"search.rules: Invalid enum value 'own'"),
        (GOOD + "[input]\nstd = [1, 0, 1]", "std of 0"),
        (GOOD + "[input]\nsearch_size = 64", "template_size above search_size"),
        (GOOD.replace("model", "backbone"), "either backbone and head, or model alone"),
        (GOOD + 'head = "head.onnx"', "either backbone and head, or model alone"),
    ],
)
def test_mistakes_are_one_sentence(text: str, expected: str) -> None:
    with pytest.raises(UserError, match=expected) as caught:
        parse_description(text, "d.toml")
    assert "\n" not in str(caught.value)


def test_missing_file_and_bad_override_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.toml: No such file"):
        read_description(tmp_path / "none.toml")
    with pytest.raises(UserError, match="tracker 'onnx': window: Expected"):
        override(parse_description(GOOD, "d.toml"), {"window": "wide"}, "tracker 'onnx'")
