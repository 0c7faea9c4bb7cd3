"""The interface of a result format: how its files are found, read and written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence as Items
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.protocols import Trajectory
from benchmarks.store.formats.members import Members
from trackers.errors import UserError
from trackers.tracker import Boxes

Origin: TypeAlias = Literal["zero", "one"]
"""The number of the first pixel of a row or column in a file."""

ONE_PASS = ("ope", "unsupervised", "long-term")
MULTIPLE = ("tre", "sre")
"""One-pass protocols that make several runs over a sequence."""
MULTI_START = "multistart"
"""VOT's protocol with a run from each anchor of a sequence."""
SUPERVISED = ("supervised", "realtime")
"""Protocols whose files hold VOT's codes beside the regions."""


@dataclass(frozen=True)
class Files:
    """The files of one sequence.

    Attributes:
        stem: the text that names the sequence: a file's name without its suffix, or a folder's name.
        runs: the files of its runs, in order; a file may hold several runs.
        times: the files of their times, if there are any; one file may serve several runs.
        confidences: the files of the tracker's confidences, one for each run, if there are any.
    """

    stem: str
    runs: tuple[str, ...]
    times: tuple[str, ...] = ()
    confidences: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class StoredRun:
    """One run as stored in a file.

    Attributes:
        where: the file, for messages.
        boxes: shape (n, 4), or polygons (n, 8), in the file's own coordinates; of a table, shape (n, k).
        seconds: shape (n,), or None where the format has no times or they do not fit the boxes.
        codes: int8, shape (n,), of `protocols.Code`; None where every line is a region.
        offset: the run's first frame (0-based), as the file states it.
        length: the run's number of frames, as the file states it.
        run_count: the number of runs in the file.
        is_table: whether the meaning of the columns of `boxes` still has to be found out.
        header: the column names of a table, lower-case, where the file has them.
        confidences: shape (n,), NaN where there is none; None where the format has none.
    """

    where: str
    boxes: Boxes
    seconds: NDArray[np.float64] | None = None
    codes: NDArray[np.int8] | None = None
    offset: int | None = None
    length: int | None = None
    run_count: int = 1
    is_table: bool = False
    header: tuple[str, ...] = ()
    confidences: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class ResultLabel:
    """The names under which a format writes the runs of one sequence.

    Attributes:
        tracker: the tracker's name.
        sequence: the sequence's name as the format's tools spell it.
        protocol: our name of the protocol.
    """

    tracker: str
    sequence: str
    protocol: str


class Format(ABC):
    """The result files of one tool."""

    name: ClassVar[str]
    origin: ClassVar[Origin | None] = None
    """The pixel origin of the files, where the format itself defines one."""
    protocols: ClassVar[tuple[str, ...]]
    """The protocols that it can hold; the first is the default."""
    whole_truth: ClassVar[bool] = False
    """Whether its tool compares rows with the whole ground-truth file, even if the sequence begins later."""
    separator: ClassVar[str] = "."
    """What its tools put between a folder with several targets and the target's number: Jogging.1."""

    @abstractmethod
    def find(self, names: Items[str], protocol: str) -> list[Files]:
        """Picks the files of runs from all file names, without knowing the sequences."""

    @abstractmethod
    def read(self, members: Members, files: Files) -> list[StoredRun]:
        """Reads the runs over one sequence.

        Raises:
            UserError: a file is damaged, or not of this format.
        """

    @abstractmethod
    def write(self, label: ResultLabel, runs: Items[Trajectory]) -> dict[str, bytes]:
        """Writes the runs over one sequence.

        Args:
            label: the names to write them under.
            runs: trajectories in the coordinates of the files.

        Returns:
            Content by path within the folder of all results.
        """

    def check(self, protocol: str) -> None:
        """Refuses a protocol that the format cannot hold.

        Raises:
            UserError: it cannot hold `protocol`.
        """
        if protocol not in self.protocols:
            raise UserError(
                f"format '{self.name}' cannot hold results of protocol '{protocol}'; "
                f"it takes {', '.join(self.protocols)}"
            )
