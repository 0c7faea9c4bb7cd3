"""VOT's layout: a folder per sequence, a file per run: `<sequence>/<sequence>_001.txt`.

The MATLAB toolkit keeps the times of all runs in `<sequence>_time.txt`, one column each (0 where there was no
run); the Python toolkit keeps `<sequence>_001_time.value` for each run, with empty lines for frames in which
the tracker was not called, and `<sequence>_001_confidence.value`, whose first line, that of the
initialization, is empty. A multi-start run has its anchor's frame (0-based) for a number, in eight digits,
and its rows follow the tracker, backward from a backward anchor. Regions are in the coordinates of the ground
truth; the toolkits never shift them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence as Items

import numpy as np
from numpy.typing import NDArray

from benchmarks.box_text import parse_rows
from benchmarks.protocols import Trajectory
from benchmarks.store.formats.base import MULTI_START, Files, ResultLabel, StoredRun
from benchmarks.store.formats.members import Members
from benchmarks.store.formats.text import format_times, parse_times, parse_vot_regions
from benchmarks.store.formats.vot_binary import parse_binary
from benchmarks.store.trajectories import format_regions
from trackers.errors import UserError
from trackers.wording import counted

EXPERIMENTS = {
    "supervised": ("baseline", "supervised"),
    "realtime": ("realtime",),
    "long-term": ("longterm",),
    "unsupervised": ("unsupervised", "longterm"),
    "multistart": ("baseline", "multistart"),
}
"""Names of the experiments' folders, by our name of the protocol; the first is the one written."""
CONFIDENT = (MULTI_START, "long-term")
"""Protocols that keep the tracker's confidence."""
_TIME_COLUMNS = 15
"""Repetitions in the MATLAB toolkit's table of times."""

_RUN = re.compile(r"(?P<folder>(?:.*/)?(?P<sequence>[^/]+))/(?P=sequence)_(?P<number>\d{3})\.(?:txt|bin)")
_ANCHORED_RUN = re.compile(
    r"(?P<folder>(?:.*/)?(?P<sequence>[^/]+))/(?P=sequence)_(?P<number>\d{8})\.(?:txt|bin)"
)


def find_nested(names: Items[str], protocol: str) -> list[Files]:
    """Picks the runs of one protocol: those in its experiment's folder, if experiments have folders."""
    by_number: dict[str, dict[str, re.Match[str]]] = defaultdict(dict)
    # Where a run has both files, the Python toolkit reads the text, which follows the `.bin` in this order.
    for name in sorted(names):
        if run := (_ANCHORED_RUN if protocol == MULTI_START else _RUN).fullmatch(name):
            by_number[run["folder"]][run["number"]] = run
    found = {folder: list(runs.values()) for folder, runs in by_number.items()}
    experiments = {folder: folder.split("/")[-2:-1] for folder in found}
    all_experiments = {name for folders in EXPERIMENTS.values() for name in folders}
    if any(all_experiments.intersection(experiment) for experiment in experiments.values()):
        wanted = set(EXPERIMENTS.get(protocol, ()))
        found = {folder: runs for folder, runs in found.items() if wanted.intersection(experiments[folder])}
    known = set(names)
    return [
        Files(
            runs[0]["sequence"],
            tuple(run[0] for run in runs),
            _times(folder, runs, known),
            _values(runs, "confidence", known) if protocol in CONFIDENT else (),
        )
        for folder, runs in found.items()
    ]


def is_nested(name: str) -> bool:
    """Whether a file has the path of a run in this layout."""
    return _RUN.fullmatch(name) is not None


def read_nested(members: Members, files: Files) -> list[StoredRun]:
    """Reads the runs over one sequence.

    Raises:
        UserError: a file is damaged.
    """
    runs = []
    for index, name in enumerate(files.runs):
        where = members.where(name)
        if name.endswith(".bin"):
            regions, codes = parse_binary(members.read(name), where)
        else:
            regions, codes = parse_vot_regions(members.text(name), where)
        anchor = _ANCHORED_RUN.fullmatch(name)
        runs.append(
            StoredRun(
                where,
                regions,
                _seconds(members, files, index, len(regions)),
                codes,
                offset=int(anchor["number"]) if anchor else None,
                confidences=_confidences(members, files, index, len(regions)),
            )
        )
    return runs


def write_nested(folder: str, label: ResultLabel, runs: Items[Trajectory]) -> dict[str, bytes]:
    """Writes the runs over one sequence as the MATLAB toolkit does; see `Format.write`."""
    stem = f"{folder}/{label.sequence}/{label.sequence}"
    content = {
        f"{stem}_{number:03}.txt": format_regions(run.boxes, run.codes).encode()
        for number, run in enumerate(runs, start=1)
    }
    if not any(np.isnan(run.seconds).any() for run in runs):
        missing = [np.zeros(len(runs[0].seconds))] * (_TIME_COLUMNS - len(runs))
        content[f"{stem}_time.txt"] = format_times([*(run.seconds for run in runs), *missing])
    return content


def write_toolkit_runs(folder: str, label: ResultLabel, runs: Items[Trajectory]) -> dict[str, bytes]:
    """Writes multi-start or long-term runs over a sequence as the Python toolkit does; see `Format.write`."""
    content: dict[str, bytes] = {}
    # If any run has times or confidences, all have the file, so that none seems to be missing.
    timed = any(np.isfinite(run.seconds).any() for run in runs)
    confident = any(run.confidences is not None for run in runs)
    for number, run in enumerate(runs, start=1):
        name = f"{run.start:08}" if label.protocol == MULTI_START else f"{number:03}"
        stem = f"{folder}/{label.sequence}/{label.sequence}_{name}"
        content[f"{stem}.txt"] = format_regions(run.boxes, run.codes).encode()
        if timed:
            content[f"{stem}_time.value"] = _format_values(run.seconds)
        if confident:
            given = np.full(len(run.boxes), np.nan) if run.confidences is None else run.confidences
            content[f"{stem}_confidence.value"] = _format_values(given)
    return content


def _format_values(values: NDArray[np.float64]) -> bytes:
    """Formats a number per line, and an empty line where it is not known."""
    return "".join("\n" if np.isnan(value) else f"{value!r}\n" for value in values.tolist()).encode()


def _values(runs: list[re.Match[str]], name: str, known: set[str]) -> tuple[str, ...]:
    """Returns the files of a value of each run; none if one of them is missing."""
    values = tuple(f"{run[0].rpartition('.')[0]}_{name}.value" for run in runs)
    return values if known.issuperset(values) else ()


def _times(folder: str, runs: list[re.Match[str]], known: set[str]) -> tuple[str, ...]:
    table = f"{folder}/{runs[0]['sequence']}_time.txt"
    if table in known:
        return (table,)
    return _values(runs, "time", known)


def _seconds(members: Members, files: Files, index: int, frames: int) -> NDArray[np.float64] | None:
    if not files.times:
        return None
    shared = files.times[0].endswith(".txt")
    name = files.times[0 if shared else index]
    text = members.text(name)
    if not shared:
        text = _filled(text)
    table = parse_times(text, members.where(name))
    column = index if shared else 0
    if table is None or len(table) != frames or column >= table.shape[1]:
        return None
    seconds: NDArray[np.float64] = table[:, column]
    return seconds


def _confidences(members: Members, files: Files, index: int, frames: int) -> NDArray[np.float64] | None:
    """Reads a run's confidences; None if there are none, or only empty lines.

    Raises:
        UserError: they are not a number or an empty line for each region.
    """
    if not files.confidences:
        return None
    where = members.where(files.confidences[index])
    values = parse_rows(_filled(members.text(files.confidences[index])), 1, where)[:, 0]
    if len(values) != frames:
        regions = counted(frames, "region")
        raise UserError(
            f"{where}: {counted(len(values), 'confidence')} for {regions}; download the file again"
        )
    return None if np.isnan(values).all() else values


def _filled(text: str) -> str:
    """Returns the text of a `.value` file with NaN in its empty lines."""
    return "\n".join(line if line.strip() else "nan" for line in text.splitlines())
