"""Writes docs/datasets.md from the code: the registry, the modules' docstrings, profiles and downloads.

python tools/dataset_page.py            writes the page
python tools/dataset_page.py --check    exits with status 1 if the page differs
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

from benchmarks.datasets import DATASETS
from benchmarks.datasets.downloads.sources import MANUAL_DOWNLOADS, SOURCES
from benchmarks.scoring.catalog import PROFILES
from benchmarks.scoring.profiles import ScoringProfile

PAGE = Path(__file__).parents[1] / "docs" / "datasets.md"
WITHOUT_FILES = ("demo", "folder")

HEADER = """\
# Data sets

<!-- Written by tools/dataset_page.py from the code; edit the docstrings and tables there. -->

The data sets that `--dataset` takes, how to get and lay out each one, how it is scored by default, and what
its reader takes care of. Videos of your own need none of them: [own videos](own-videos.md). The demo,
`--dataset demo`, needs no files.

All data sets lie in one folder, which `--data-root` or the environment variable `SOTBENCH_DATA` names. A part
of a data set is enough: sequences that are missing are left out, and scores say so. Ground truth without
frames is enough to score.

```sh
sotbench download --dataset otb2015 --data-root ~/data   # or prints where to get it
sotbench verify --dataset otb2015 --data-root ~/data     # what is missing, damaged or misnamed
sotbench list sequences --dataset otb2015 --data-root ~/data
```

Boxes are converted to 0-based pixels when they are read; the column "first pixel" tells how the files count.
The default profile is the one that the figures published on a data set follow; `--profile` names another, and
[scoring](scoring.md) describes them.
"""


def default_profile(dataset: str) -> ScoringProfile:
    """Returns the profile that a data set's results are scored by, if none is named."""
    profiles = [PROFILES.load(name) for name in PROFILES.entries]
    standard = [profile for profile in profiles if dataset in profile.standard_for]
    return (standard or [profile for profile in profiles if profile.applies(dataset, "ope")])[0].on(dataset)


def overview(names: Iterable[str]) -> str:
    """Returns a table with a row per data set."""
    columns = ("data set", "what", "splits", "attributes", "first pixel", "default profile")
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for name in names:
        kind = DATASETS.load(name)
        cells = [
            f"[`{name}`](#{_anchor(_in_same_module(name))})",
            DATASETS.summary(name),
            ", ".join(f"`{split}`" for split in kind.splits) or "-",
            str(len(kind.attributes)) if kind.attributes else "-",
            "1" if kind.one_based else "0",
            f"`{default_profile(name).name}`",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def section(names: list[str]) -> str:
    """Returns the section of the data sets of one module, which its docstring describes."""
    module = import_module(DATASETS.load(names[0]).__module__)
    parts = [f"## {', '.join(names)}", _as_markdown(module.__doc__ or "")]
    parts += [
        f"**Get {_list_of(which, names)}.** {text}" for text, which in _grouped(names, _how_to_get).items()
    ]
    parts += [
        f"**Attributes of {_list_of(which, names)}.** {text}."
        for text, which in _grouped(names, lambda name: " ".join(DATASETS.load(name).attributes)).items()
        if text
    ]
    parts += [
        f"**Scores of {_list_of(which, names)}.** {text}"
        for text, which in _grouped(names, _how_it_is_scored).items()
    ]
    return "\n\n".join(parts)


def _grouped(names: Iterable[str], describe: Callable[[str], str]) -> dict[str, list[str]]:
    """Returns the data sets by what `describe` says of them."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(describe(name), []).append(name)
    return groups


def _list_of(which: list[str], names: list[str]) -> str:
    """Returns some data sets of a section in words; "it" or "them" would be the whole section."""
    if which == names:
        return "it" if len(names) == 1 else "all of them"
    return ", ".join(which)


def _how_it_is_scored(name: str) -> str:
    profile = default_profile(name)
    kind = DATASETS.load(name)
    served = f" Its ground truth is on a server: see `--to {kind.server_format}`." if kind.server else ""
    return (
        f"The default profile is `{profile.name}`: {profile.title}. It follows {profile.reference}. "
        f"What sets it apart: {profile.differs}.{served}"
    )


def _how_to_get(name: str) -> str:
    if (source := SOURCES.get(name)) is None:
        text = MANUAL_DOWNLOADS[name].format(root="DATA_ROOT")
        return re.sub(r"(https?://\S*[^\s.,])", r"<\1>", text)
    note = f" Note: {source.note}." if source.note else ""
    address = f"{source.base}datasets/{source.repository}" if source.repository else source.base
    return f"`sotbench download` fetches it from <{address}>.{note}"


def _in_same_module(name: str) -> list[str]:
    """Returns the data sets that share a section with one."""
    module = DATASETS.load(name).__module__
    return [other for other in _described() if DATASETS.load(other).__module__ == module]


def _anchor(names: list[str]) -> str:
    """Returns the anchor of a section's heading, as GitHub and MyST make it."""
    return "-".join(names)


def _described() -> list[str]:
    return [name for name in DATASETS.entries if name not in WITHOUT_FILES]


def _as_markdown(docstring: str) -> str:
    """Returns a module's docstring with its indented blocks as code blocks."""
    paragraphs = []
    for paragraph in docstring.strip("\n").split("\n\n"):
        if paragraph.startswith("    "):
            paragraphs.append(f"```text\n{textwrap.dedent(paragraph)}\n```")
        else:
            paragraphs.append(paragraph)
    return "\n\n".join(paragraphs)


def render() -> str:
    """Returns the page."""
    names = _described()
    sections = dict.fromkeys(tuple(_in_same_module(name)) for name in names)
    return "\n\n".join([HEADER.rstrip(), overview(names), *(section(list(s)) for s in sections)]) + "\n"


def main() -> int:
    """Writes or checks the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare the page instead of writing it")
    if parser.parse_args().check:
        if PAGE.read_text(encoding="utf-8") != render():
            print(f"{PAGE} differs from the code; run python tools/dataset_page.py", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
