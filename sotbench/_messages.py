"""Messages in the words of Python: the command line's options become the keywords of the function called."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from trackers.errors import UserError

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

_SAME_NAME: Final = (
    "attribute",
    "batch",
    "by",
    "columns",
    "data-root",
    "dataset",
    "decoder",
    "device",
    "force",
    "format",
    "frames",
    "isolate",
    "kind",
    "label",
    "metric",
    "name",
    "normalized",
    "out",
    "overwrite",
    "precision",
    "profile",
    "protocol",
    "published",
    "record",
    "repeat",
    "repetitions",
    "results",
    "seed",
    "sequences",
    "settings",
    "skip-bad",
    "skip-columns",
    "split",
    "style",
    "threads",
    "timeout",
    "tracker",
    "trials",
    "warm-up",
    "weights",
    "workers",
)
"""Options whose keywords have their names."""

_KEYWORDS: Final = {option: option.replace("-", "_") for option in _SAME_NAME} | {
    "from": "format",
    "one-based": "origin",
    "zero-based": "origin",
}
"""By option without its hyphens, the keyword that says the same."""

_FLAGS: Final = {
    "force": "True",
    "isolate": "True",
    "normalized": "True",
    "one-based": '"one"',
    "overwrite": "True",
    "record": "True",
    "skip-bad": "True",
    "zero-based": '"zero"',
}
"""Options without a value, and what their keywords are set to."""

_NAMED: Final = ("dataset", "decoder", "device", "profile", "protocol", "split")
"""Options whose values messages suggest."""

_PLACEHOLDER: Final = re.compile(r" ([A-Z]{1,4}|\d+)\b")
_NAME: Final = re.compile(r" (?!(?:and|in|is|or|out|that|to|which|with)\b)([a-z0-9][a-z0-9-]*)")
"""The value behind an option; other words belong to the sentence."""

LOADING: Final = ("dataset", "trackers", "protocol", "results", "data_root", "split")
"""Keywords of `load_results`, which chose what methods of results and scores work on."""

_OPTION: Final = re.compile(r"(?<![\w-])--([a-z][a-z-]*[a-z])")
_SETTINGS: Final = re.compile(r"(?<![\w-])--set((?: [\w.]+=[^\s;,)]+)*)(?![\w-])")
_COMMAND: Final = re.compile(r"(`[^`]*`)")
"""What a message quotes, such as a command for a terminal."""


def in_python(message: str, keywords: Collection[str]) -> str:
    """Returns a message with options of the command line replaced by keywords.

    `--data-root DIR` becomes `data_root=DIR`, `--overwrite` becomes `overwrite=True`, and `--set rate=0.1`
    becomes `settings={"rate": "0.1"}`. Commands in backticks stay as they are, and so do options without a
    keyword.

    Args:
        message: a sentence that may name options.
        keywords: the keywords of the function that the caller has called.
    """
    parts = _COMMAND.split(message)
    return "".join(part if part.startswith("`") else _translated(part, keywords) for part in parts)


def python_errors(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Wraps a function so that the messages of its `UserError`s name its keywords."""
    keywords = tuple(inspect.signature(function).parameters)
    if "self" in keywords:
        keywords += LOADING

    @wraps(function)
    def wrapped(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        try:
            return function(*args, **kwargs)
        except UserError as error:
            error.args = (in_python(str(error), keywords), *error.args[1:])
            raise

    return wrapped


def _translated(text: str, keywords: Collection[str]) -> str:
    if "settings" in keywords:
        text = _SETTINGS.sub(lambda found: _setting(found[1], keywords), text)
    done, place = [], 0
    for found in _OPTION.finditer(text):
        option = found[1]
        keyword = _KEYWORDS.get(option)
        if keyword == "tracker" and "trackers" in keywords:
            keyword = "trackers"
        if keyword is None or keyword not in keywords:
            continue
        end = found.end()
        value = _FLAGS.get(option, "")
        if option in _NAMED and (behind := _NAME.match(text, end)):
            value, end = f'"{behind[1]}"', behind.end()
        elif not value and (behind := _PLACEHOLDER.match(text, end)):
            value, end = behind[1], behind.end()
        done += [text[place : found.start()], f"{keyword}={value}"]
        place = end
    return "".join([*done, text[place:]])


def _setting(pairs: str, keywords: Collection[str]) -> str:
    """Returns the keyword that sets `name=value` pairs."""
    words = [pair.partition("=") for pair in pairs.split()]
    is_range = any(":" in value for _, _, value in words)
    keyword = "ranges" if is_range and "ranges" in keywords else "settings"
    if not words:
        return f"{keyword}="
    values = ", ".join(f'"{name}": "{value}"' for name, _, value in words)
    return f"{keyword}={{{values}}}"
