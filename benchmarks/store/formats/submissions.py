"""Zip files of results for evaluation servers, which keep the ground truth of their test sets.

A server scores what it is sent, and some limit how often one may send. So a submission is checked before it
is written: every sequence, a row for each frame, the times that the server asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry.pixel_origin import from_zero_based
from benchmarks.protocols import Trajectory
from benchmarks.wording import first_names
from benchmarks.zipfiles import pack
from trackers.errors import UserError
from trackers.wording import agree, counted, counted_of


class Server:
    """An evaluation server and the layout of its submissions."""

    name: ClassVar[str]
    dataset: ClassVar[str]
    split: ClassVar[str | None] = None
    """The part of the data set that the server scores; None where it has no parts."""
    read_as: ClassVar[str]
    """The format of results that reads such a zip file."""
    decimals: ClassVar[int]
    """Decimals of the boxes."""
    max_runs: ClassVar[int] = 1
    """Repetitions that a submission may hold."""
    needs_times: ClassVar[bool] = False

    def files(self, sequence: str, runs: list[Trajectory]) -> dict[str, str]:
        """Returns the texts of a sequence's files by path; boxes are in the coordinates of the files."""
        raise NotImplementedError

    def boxes_text(self, run: Trajectory) -> str:
        """Formats boxes; a frame without a box is 0, 0, 0, 0, which overlaps nothing."""
        boxes = np.where(np.isnan(run.boxes).any(axis=1, keepdims=True), 0.0, run.boxes)
        return _format(boxes, self.decimals)


class GOT10kServer(Server):
    """got-10k.aitestunion.com: up to three runs over the test set, with the seconds of each frame.

    `<sequence>/<sequence>_001.txt` to `_003.txt` and `<sequence>/<sequence>_time.txt` with a column per run,
    as the authors' toolkit writes them (github.com/got-10k/toolkit).
    """

    name = "got10k-server"
    dataset = "got10k"
    split = "test"
    read_as = "got10k"
    decimals = 3
    max_runs = 3
    needs_times = True

    def files(self, sequence: str, runs: list[Trajectory]) -> dict[str, str]:
        stem = f"{sequence}/{sequence}"
        texts = {f"{stem}_{number:03}.txt": self.boxes_text(run) for number, run in enumerate(runs, start=1)}
        seconds = np.stack([run.seconds for run in runs], axis=1)
        return texts | {f"{stem}_time.txt": _format(seconds, decimals=8)}


class TrackingNetServer(Server):
    """eval.tracking-net.org: one run over the test set, `<sequence>.txt`, without times."""

    name = "trackingnet-server"
    dataset = "trackingnet"
    read_as = "txt"
    decimals = 2

    def files(self, sequence: str, runs: list[Trajectory]) -> dict[str, str]:
        return {f"{sequence}.txt": self.boxes_text(runs[0])}


SERVERS: Mapping[str, Server] = {server.name: server for server in (GOT10kServer(), TrackingNetServer())}


@dataclass(frozen=True)
class Submission:
    """The results to submit.

    Attributes:
        trajectories: by sequence, one for each repetition, 0-based.
        frames: number of frames by sequence, of every sequence that the server scores; None: not known.
        failed: by sequence, why it has no results.
    """

    trajectories: Mapping[str, list[Trajectory]]
    frames: Mapping[str, int | None]
    failed: Mapping[str, str]


def write_submission(server: Server, submission: Submission, first_pixel: int) -> tuple[bytes, list[str]]:
    """Writes the zip file that a server takes.

    Args:
        server: the server.
        submission: the results.
        first_pixel: the coordinate of the first pixel in the data set's own files, 0 or 1.

    Returns:
        The zip file, the same bytes for the same results; and notes on anything unusual.

    Raises:
        UserError: results are incomplete, or not what the server takes; the message says what is missing.
    """
    if problems := find_problems(server, submission):
        raise UserError(f"{server.name} would not accept these results: {'; '.join(problems)}")
    texts: list[tuple[str, str]] = []
    absent = 0
    for name in submission.frames:
        runs = [
            Trajectory(from_zero_based(run.boxes, first_pixel), run.seconds)
            for run in submission.trajectories[name]
        ]
        absent += sum(int(np.isnan(run.boxes).any(axis=1).sum()) for run in runs)
        texts += server.files(name, runs).items()
    return pack(texts), [_absent_note(absent)] if absent else []


def _absent_note(absent: int) -> str:
    have, they_are = agree(absent, "has", "have"), agree(absent, "it is", "they are")
    return f"{counted(absent, 'frame')} {have} no box: {they_are} written as 0, 0, 0, 0"


def find_problems(server: Server, submission: Submission) -> list[str]:
    """Returns what keeps results from being a complete submission, a clause each; empty if nothing does."""
    trajectories = {
        name: submission.trajectories[name] for name in submission.frames if name in submission.trajectories
    }
    problems = _missing(submission)
    if wrong := [
        f"{name} has {len(run.boxes)} for {counted(frames, 'frame')}"
        for name, frames in submission.frames.items()
        for run in trajectories.get(name, [])
        if frames is not None and len(run.boxes) != frames
    ]:
        problems.append(f"the number of rows is wrong: {first_names(wrong)}")
    counts = sorted({len(runs) for runs in trajectories.values()})
    if counts and counts[-1] > server.max_runs:
        problems.append(
            f"there are {counts[-1]} runs per sequence, and the server takes {server.max_runs}: run again "
            f"with --repeat {server.max_runs}, under another --name"
        )
    elif len(counts) > 1:
        fewer = [name for name, runs in trajectories.items() if len(runs) < counts[-1]]
        problems.append(f"sequences have fewer runs than others: {first_names(fewer)}")
    if other := [name for name, runs in trajectories.items() if any(run.boxes.shape[1] != 4 for run in runs)]:
        problems.append(f"regions are polygons, not boxes: {first_names(other)}")
    if server.needs_times and (
        timeless := [
            name for name, runs in trajectories.items() if any(np.isnan(run.seconds).any() for run in runs)
        ]
    ):
        problems.append(f"times per frame are missing: {first_names(timeless)}")
    return problems


def _missing(submission: Submission) -> list[str]:
    absent = [name for name in submission.frames if name not in submission.trajectories]
    if not absent:
        return []
    described = [
        f"{name} ({submission.failed[name]})" if name in submission.failed else name for name in absent
    ]
    lacking = counted_of(len(absent), len(submission.frames), "sequence")
    return [f"{lacking} {agree(len(absent), 'is', 'are')} missing: {first_names(described)}"]


def _format(table: NDArray[np.float64], decimals: int) -> str:
    """Formats a table with a fixed number of decimals, comma-separated, without negative zeros."""
    zero, negative = f"{0.0:.{decimals}f}", f"{-0.0:.{decimals}f}"
    lines = ([f"{value:.{decimals}f}" for value in row] for row in table.tolist())
    return "".join(",".join(zero if word == negative else word for word in line) + "\n" for line in lines)
