"""The project's own words have American spelling."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

STEMS = (
    *("capital", "categor", "character", "custom", "discret", "emphas", "equal", "final", "general"),
    *("harmon", "initial", "local", "material", "maxim", "memor", "minim", "normal", "optim", "organ"),
    *("parallel", "parametr", "penal", "priorit", "quant", "random", "raster", "real", "recogn", "regular"),
    *("sanit", "serial", "special", "stabil", "standard", "summar", "synchron", "token", "util", "vector"),
    "visual",
)
BRITISH = re.compile(
    r"artefact|calibre|catalogue|centre|fibre|grey|judgement|licence|neighbour|programme(?![dr])|theatre"
    r"|(?<![a-z])metres?(?![a-z])|(?:behavi|col|fav|flav|hon|lab|rig)our"
    r"|(?:cancel|channel|fuel|label|level|model|signal|travel|tunnel)l(?:ed|ing|er)"
    rf"|(?:{'|'.join(STEMS)})is(?:e|ing|ation)|analys(?:e(?!s\b)|ing)",
    re.IGNORECASE,
)

EXCEPTIONS = {
    ("*", "cancellederror"): "a class of Python's",
    ("*", "labelledby"): "an attribute of HTML",
    ("CHANGELOG.md", "catalogue"): "former names of modules",
    ("CHANGELOG.md", "colour"): "the former name of an option",
    ("CHANGELOG.md", "grey"): "the former name of an option",
    ("CHANGELOG.md", "optimiser"): "the former name of an option",
    ("reports/published_sources.csv", "tracker_analyse"): "the name of somebody's repository",
    ("tests/parity/test_odd_results.py", "normalised"): "the name of a folder of shared results",
    ("tests/reports/test_presentation.py", "colour"): "a key with a mistake",
    ("tests/test_docs_commands.py", "colour"): "an option that is gone",
    ("tests/trackers/external/toolkits/test_adapters.py", "colour"): "a key with a mistake",
    ("tests/trackers/training/test_trainer.py", "colour"): "a setting of an earlier version",
}
"""Words that stay, by file (`*` for all), with the reason."""

FOREIGN = ("benchmarks/datasets/tables/", "tests/fuzz/corpus/", "tests/fuzz/crashes/")
"""Folders of other people's names, and of a fuzzer's inputs."""


def british_words(text: str) -> Iterator[str]:
    """Yields the words and identifiers in a text that have a British form in them, in lower case."""
    text = re.sub(r"[A-Za-z0-9+/=]{100,}", "", text).replace("\\n", " ")  # files in base64
    yield from (word.lower() for word in re.findall(r"\w+", text) if BRITISH.search(word))


def read(path: Path) -> str:
    """Returns a file's text, of a notebook that of its cells; the empty text for a binary file."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
    if path.suffix == ".ipynb":
        return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    return text


@cache
def findings() -> frozenset[tuple[str, str]]:
    """Returns the files that Git knows and the British words in their names and texts."""
    try:
        command = ["git", "ls-files", "-z"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no checkout of a Git repository, or Git is not installed")
    own = [name for name in done.stdout.split("\0") if name and not name.startswith(FOREIGN)]
    here = Path(__file__).relative_to(ROOT).as_posix()
    paths = {name: ROOT / name for name in own if name != here and (ROOT / name).is_file()}
    assert len(paths) > 500
    return frozenset(
        (name, word) for name, path in paths.items() for word in british_words(f"{name}\n{read(path)}")
    )


def test_files_have_american_spelling() -> None:
    allowed = EXCEPTIONS.keys()
    wrong = {(name, word) for name, word in findings() if not {(name, word), ("*", word)} & allowed}
    assert sorted(wrong) == []


def test_every_exception_is_needed() -> None:
    found = findings() | {("*", word) for _, word in findings()}
    assert EXCEPTIONS.keys() - found == set()


@pytest.mark.parametrize(
    "text",
    [
        *("--colour", "search_centre", "GREY", "initialisation", "the normalised scores", "optimiser"),
        *("behaviour", "neighbours", "analyse", "labelled", "modelling", "a programme", "CenterOfGreyLevels"),
    ],
)
def test_british_form_is_found(text: str) -> None:
    assert list(british_words(text)) != []


@pytest.mark.parametrize(
    "text",
    [
        *("color", "analyses", "programmed", "realistic", "parameters", "license", "emphasis", "specialist"),
        *(
            "four",
            "contour",
            "noise",
            "raises",
            "precision",
            "called",
            "smaller",
            "labels",
            "A" * 40 + "grey" * 40,
        ),
    ],
)
def test_american_form_is_not_found(text: str) -> None:
    assert list(british_words(text)) == []
