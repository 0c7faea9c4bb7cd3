"""The commands that the documentation shows have the options and values that it gives them."""

from __future__ import annotations

import argparse
import re
import shlex
import textwrap
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import gpu_jobs
import pytest

from sotbench import cli
from trackers import train

ROOT = Path(__file__).parents[1]
PAGES = (
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md"))),
    *("README.md", "CONTRIBUTING.md", "bench/README.md", "results/README.md"),
)

SPAN = re.compile(r"`([^`]+)`")
BLOCK = re.compile(r"^```(?:sh|text)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(
    r"^(?:\.venv/bin/)?(sotbench(?= [a-z-])|python -m (?:benchmarks|reports|trackers)\S*) +(.*)"
)
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")


OTHER_OPTIONS = {"--weights", "--help", "--count"}
"""Options that the pages on training name and other commands have."""


class Parsed(BaseException):
    """Ends a command once its arguments are parsed."""


def is_placeholder(text: str) -> bool:
    """Tells whether a word stands for the reader's own value, as in `--steps N`."""
    return re.fullmatch(r"[A-Z]+", text) is not None


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yields the program and the arguments of each command in a page's code blocks."""
    for block in BLOCK.findall(text):
        for line in re.sub(r" *\\\n *", " ", block).splitlines():
            for part in re.split(r" && | \| | > ", line):
                if found := COMMAND.match(part.strip()):
                    words = re.sub(r"(--[\w-]+) \.\.\.", r"\1 VALUE", found[2])
                    words = re.sub(r"\[[^]]*\]|(?<= )\.\.\.|(?<=\w)\|\w+", "", words)
                    words = words.replace("SOURCES", "--source folder:images=2")
                    yield found[1], shlex.split(words, comments=True)


def entry_point(program: str) -> Callable[[Sequence[str]], int]:
    """Returns the function behind `sotbench` or `python -m MODULE`."""
    if program == "sotbench":
        return cli.main
    name = program.removeprefix("python -m ")
    if name in ("benchmarks", "trackers"):
        name += ".__main__"
    main: Callable[[Sequence[str]], int] = import_module(name).main
    return main


@pytest.fixture
def parse(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, list[str]], None]:
    """Parses a command's arguments by its own parser, and runs nothing.

    Examples may leave out what is required, and have placeholders for values.
    """
    parse_args, parse_known = argparse.ArgumentParser.parse_args, argparse.ArgumentParser.parse_known_args
    get_value, check_value = argparse.ArgumentParser._get_value, argparse.ArgumentParser._check_value

    def stop(parser: argparse.ArgumentParser, *args: Any) -> None:
        parse_args(parser, *args)
        raise Parsed

    def lenient(parser: argparse.ArgumentParser, *args: Any, **more: Any) -> Any:
        for action in parser._actions:
            action.required = False
        return parse_known(parser, *args, **more)

    def value(parser: argparse.ArgumentParser, action: argparse.Action, text: str) -> Any:
        return text if is_placeholder(text) else get_value(parser, action, text)

    def check(parser: argparse.ArgumentParser, action: argparse.Action, found: Any, *more: Any) -> None:
        if not (isinstance(found, str) and is_placeholder(found)):
            check_value(parser, action, found, *more)

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", stop)
    monkeypatch.setattr(argparse.ArgumentParser, "parse_known_args", lenient)
    monkeypatch.setattr(argparse.ArgumentParser, "_get_value", value)
    monkeypatch.setattr(argparse.ArgumentParser, "_check_value", check)

    def run(program: str, words: list[str]) -> None:
        with pytest.raises(Parsed):
            entry_point(program)(words)

    return run


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page_parse(page: str, parse: Callable[[str, list[str]], None]) -> None:
    for program, words in commands((ROOT / page).read_text(encoding="utf-8")):
        parse(program, words)


def test_training_examples_parse(parse: Callable[[str, list[str]], None]) -> None:
    examples = list(commands(f"```\n{textwrap.dedent(train.EXAMPLES.split('sources:')[0])}\n```\n"))
    assert len(examples) == train.EXAMPLES.count("sotbench train") == 2
    for program, words in examples:
        parse(program, words)


@pytest.mark.parametrize(
    "job", [job for job in gpu_jobs.JOBS if "trackers.train" in job.command], ids=lambda job: job.name
)
def test_training_jobs_parse(job: gpu_jobs.Job) -> None:
    names = dict.fromkeys(job.needs(), "1") | {"out": "out", "images": "images"}
    dash_m, module, *words = (word.format(**names) for word in job.command)
    assert (dash_m, module) == ("-m", "trackers.train")
    args = train.build_parser().parse_args(words)
    assert str(args.out / "weights.safetensors") == f"out/{job.writes}"


@pytest.mark.parametrize("page", ["docs/training.md", "docs/models.md"])
def test_options_in_the_prose_on_training_exist(page: str) -> None:
    text = BLOCK.sub("", (ROOT / page).read_text(encoding="utf-8"))
    named = {option for span in SPAN.findall(text) for option in OPTION.findall(span)}
    known = set(train.build_parser()._option_string_actions) | OTHER_OPTIONS
    assert len(named) > 5
    assert named - known == set()


@pytest.mark.parametrize("words", [["--colour", "0.1"], ["--tracker", "gradnet", "--objective", "none"]])
def test_stale_option_is_found(words: list[str], parse: Callable[[str, list[str]], None]) -> None:
    (program, arguments), *_ = commands(f"```sh\nsotbench train {shlex.join(words)}\n```\n")
    with pytest.raises(SystemExit):
        parse(program, arguments)
