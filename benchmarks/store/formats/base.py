"""What a format of results is: where its runs lie among files, how they are read, how they are written."""

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
"""What the first pixel of a row or column is called in a file."""

ONE_PASS = ("ope", "unsupervised")
MULTIPLE = ("tre", "sre")
"""One-pass protocols that make several runs over a sequence."""
SUPERVISED = ("supervised", "realtime")
"""Protocols whose files hold VOT's codes beside the regions."""


@dataclass(frozen=True)
class Files:
    """The files of one sequence.

    Attributes:
        stem: the text that names the sequence: a file's name without its ending, or a folder's.
        runs: the files of its runs, in order; a file may hold several runs.
        times: the files of their times, if there are any; one file may serve several runs.
    """

    stem: str
    runs: tuple[str, ...]
    times: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class StoredRun:
    """One run as a file holds it.

    Attributes:
        where: the file, for messages.
        boxes: shape (n, 4), or polygons (n, 8), in the file's own coordinates; of a `table`, shape (n, k).
        seconds: shape (n,), or None where the format has no times or they do not fit the boxes.
        codes: int8, shape (n,), of `protocols.Code`; None where every line is a region.
        offset: how many frames after the first the file says that the run starts.
        length: how many frames the file says that the run has.
        several: how many runs the file holds.
        table: whether it is still to be found out what the columns of `boxes` mean.
        header: the names of a table's columns, lower-case, where the file has them.
    """

    where: str
    boxes: Boxes
    seconds: NDArray[np.float64] | None = None
    codes: NDArray[np.int8] | None = None
    offset: int | None = None
    length: int | None = None
    several: int = 1
    table: bool = False
    header: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResultLabel:
    """What a format writes the runs of one sequence under.

    Attributes:
        tracker: the tracker's name.
        sequence: the sequence's name as the format's tools spell it.
        protocol: our name of the protocol.
    """

    tracker: str
    sequence: str
    protocol: str


class Format(ABC):
    """One tool's way to store results."""

    name: ClassVar[str]
    origin: ClassVar[Origin | None] = None
    """What its files call the first pixel, where the format itself says so."""
    protocols: ClassVar[tuple[str, ...]]
    """What it can hold; the first is assumed where none is named."""
    whole_truth: ClassVar[bool] = False
    """Whether its tool compares with ground-truth files from their first row, wherever a sequence begins."""
    separator: ClassVar[str] = "."
    """What its tools put between a folder of several targets and the target's number: Jogging.1."""

    @abstractmethod
    def find(self, names: Items[str], protocol: str) -> list[Files]:
        """Picks the files of runs out of all files' names; what they are a sequence of is not decided yet."""

    @abstractmethod
    def read(self, members: Members, files: Files) -> list[StoredRun]:
        """Reads the runs over one sequence.

        Raises:
            UserError: a file is damaged, or not of this format.
        """

    @abstractmethod
    def write(self, target: ResultLabel, runs: Items[Trajectory]) -> dict[str, bytes]:
        """Writes the runs over one sequence.

        Args:
            target: whose they are.
            runs: in the coordinates that the files are to have.

        Returns:
            Content by path within the folder of all results.
        """

    def check(self, protocol: str) -> None:
        """Refuses a protocol that this format has no place for.

        Raises:
            UserError: it cannot hold `protocol`.
        """
        if protocol not in self.protocols:
            raise UserError(
                f"format '{self.name}' cannot hold results of protocol '{protocol}'; "
                f"it takes {', '.join(self.protocols)}"
            )
