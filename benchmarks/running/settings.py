"""The settings of a run, and the rules that follow from them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.environment import device_type
from benchmarks.protocols import PROTOCOLS, Protocol
from benchmarks.running.parallel.ray_options import RayOptions
from benchmarks.store import Identity, RunFolder
from trackers.catalog import TrackerSpec
from trackers.errors import UserError

if TYPE_CHECKING:
    from benchmarks.running.tracking.provider import TrackerInfo


@dataclass(frozen=True)
class RunSettings:
    """What to run, how, and where to write the results. Picklable: workers receive it whole.

    Attributes:
        spec: the tracker.
        name: the name under which its results are stored.
        results: the folder of all results.
        protocol: the protocol's name.
        seed: seeds the generators of Python, numpy and torch before each run, together with the sequence's
            name and the run's number, so that a random tracker's results depend neither on the order of
            sequences nor on resumption.
        repeat: number of repetitions of each run; None for the protocol's number, or 1 for a deterministic
            tracker.
        timeout: seconds that one sequence may take, all its runs included; None for no timeout.
        overwrite: run finished sequences again, and replace results that were made with other settings.
        batch: number of sequences that a batch tracker follows at once.
        decoder: how the frames of a batch are decoded: one of `DECODERS`.
        live: show the current frame in the terminal and write a strip of thumbnails for each sequence.
        workers: number of processes, each with its own tracker.
        ray: the Ray cluster to run on, if any.
        quiet: show no progress and no failures.
    """

    spec: TrackerSpec
    name: str
    results: Path
    protocol: str = "ope"
    seed: int = 0
    repeat: int | None = None
    timeout: float | None = None
    overwrite: bool = False
    batch: int = 1
    decoder: str = "pillow"
    live: bool = False
    workers: int = 1
    ray: RayOptions | None = None
    quiet: bool = False

    def check(self) -> None:
        """Checks that the settings can be combined.

        Raises:
            UserError: they cannot, or the protocol is unknown.
        """
        parallel = self.workers > 1 or self.ray is not None
        if self.live and (self.batch > 1 or parallel):
            raise UserError("--live shows one sequence at a time; leave --batch, --workers and --ray out")
        if self.decoder != "pillow" and self.batch == 1:
            raise UserError(f"--decoder {self.decoder} decodes the frames of a batch; give --batch N as well")
        protocol = self.load_protocol()
        if protocol.is_realtime and parallel:
            raise UserError(
                f"protocol {protocol.name} simulates real time from the tracker's measured times, which are "
                "valid only when the tracker has the machine to itself; leave --workers and --ray out"
            )
        if protocol.is_realtime and self.batch > 1:
            raise UserError(
                f"protocol {protocol.name} needs the time of each update, which cannot be measured in a "
                "batch; leave --batch out"
            )

    def absolute(self) -> RunSettings:
        """Returns the settings with absolute paths: a tracker may change the working directory."""
        return replace(self, results=self.results.absolute(), spec=self.spec.with_absolute_paths())

    def folder(self, dataset: str) -> RunFolder:
        """Returns the folder of the results on a data set of this name."""
        return RunFolder(self.results, dataset, self.name, self.protocol)

    def load_protocol(self) -> Protocol:
        """Returns the protocol.

        Raises:
            UserError: it is unknown.
        """
        protocol: Protocol = PROTOCOLS.load(self.protocol)
        return protocol

    def repetitions(self, deterministic: bool) -> int:
        """Returns the number of repetitions of each run, for a tracker that is `deterministic` or not."""
        return self.repeat or (1 if deterministic else self.load_protocol().repeat)

    def slots(self, sequences: int) -> int:
        """Returns the number of slots of a batch tracker that is given this number of sequences."""
        return max(min(self.batch, sequences), 1)

    def deadline(self) -> float | None:
        """Returns the reading of `time.perf_counter` at which a sequence that starts now times out."""
        return None if self.timeout is None else time.perf_counter() + self.timeout

    def identity(self, tracker_info: TrackerInfo) -> Identity:
        """Returns what the results are made with: only results of the same identity may be mixed."""
        return Identity(
            tracker=self.spec.tracker,
            settings={name: str(value) for name, value in sorted(self.spec.settings.items())},
            weights=tracker_info.weights,
            code=tracker_info.code,
            protocol=self.protocol,
            device=device_type(tracker_info.device),
            seed=self.seed,
            repeat=self.repetitions(tracker_info.deterministic),
            decoder=self.decoder,
        )
