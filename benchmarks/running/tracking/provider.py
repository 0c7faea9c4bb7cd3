"""Builds the tracker of a run, and builds it again after a failure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.environment import describe_environment
from benchmarks.running.settings import RunSettings
from benchmarks.store import file_digest
from trackers.errors import UserError
from trackers.external.protocols.remote import RemoteTracker
from trackers.provenance import Provenance
from trackers.tracker import BatchTracker, Tracker


@dataclass(frozen=True)
class TrackerInfo:
    """What a run has to know about its tracker before it begins.

    Attributes:
        device: `"cpu"` or `"cuda:N"`.
        weights: sha256 of the weights file, or None.
        code: sha256 of the file that defines the tracker; of the files' digests if there are several; None
            if no file is known.
        deterministic: see `Tracker.deterministic`.
        environment: machine and versions, as the manifest stores them.
    """

    device: str
    weights: str | None
    code: str | None
    deterministic: bool
    environment: dict[str, Any]


class TrackerProvider:
    """Builds the tracker on demand and keeps it until it is discarded.

    Args:
        settings: of the run.
        log: receives the standard error of a tracker in its own process; None drops it.
    """

    def __init__(self, settings: RunSettings, log: Path | None) -> None:
        spec = settings.spec
        if settings.timeout is not None:  # a frame cannot have more time than its sequence
            timeout = min(spec.limits.frame_timeout, settings.timeout)
            spec = replace(spec, limits=replace(spec.limits, frame_timeout=timeout))
        self._spec = spec
        self._log = log
        self._tracker: Tracker | None = None
        self._batch: BatchTracker | None = None
        self._first: tuple[Provenance, str | None, str | None, bool] | None = None
        self._models: dict[str, str] = {}
        self._starts = 0

    def tracker(self) -> Tracker:
        """Returns the tracker, in working order.

        Raises:
            UserError: it cannot be built.
        """
        if self._tracker is None:
            tracker = self._spec.build(self._log)
            try:
                self._check(tracker)
            except UserError:
                if isinstance(tracker, RemoteTracker):
                    tracker.dispose()
                raise
            self._tracker = tracker
        return self._tracker

    def batch_tracker(self, slots: int) -> BatchTracker:
        """Returns the tracker as one that follows up to `slots` targets at once, in working order.

        Raises:
            UserError: it cannot be built, or follows only one target at a time.
        """
        if self._batch is None:
            batch = self._spec.build_batch(slots)
            self._check(batch)
            self._batch = batch
        return self._batch

    def tracker_info(self, **environment: Any) -> TrackerInfo:
        """Describes the tracker, which has been built; `environment` adds to the machine and versions."""
        assert self._first, "the tracker has not been built"
        provenance, weights, code, deterministic = self._first
        described = describe_environment(provenance.device) | environment
        if self._models:
            described["models"] = self._models
        return TrackerInfo(provenance.device, weights, code, deterministic, described)

    @property
    def deterministic(self) -> bool:
        """Whether the tracker, which has been built, is deterministic."""
        assert self._first, "the tracker has not been built"
        return self._first[3]

    def check_restarted(self) -> None:
        """Checks that a tracker program that has restarted is still the same program.

        Raises:
            UserError: it is not.
        """
        if isinstance(self._tracker, RemoteTracker) and self._tracker.starts != self._starts:
            self._check(self._tracker)

    def _check(self, tracker: Tracker | BatchTracker) -> None:
        """Checks that a rebuilt tracker comes from the same files as the first one.

        Raises:
            UserError: it does not, so its results must not be mixed with the first one's.
        """
        self._starts = tracker.starts if isinstance(tracker, RemoteTracker) else 0
        provenance = self._spec.provenance(tracker)
        weights, code = provenance_digests(provenance)
        if self._first is None:
            self._first = provenance, weights, code, tracker.deterministic
            self._models = model_digests(provenance)
        elif changed := [
            name for name, digest in model_digests(provenance).items() if self._models.get(name) != digest
        ]:
            raise UserError(
                f"{changed[0]}, a file of the tracker's model, was changed since the run began; run it again "
                "under another --name"
            )
        _, first_weights, first_code, _ = self._first
        if weights != first_weights:
            raise UserError(
                f"{provenance.weights} was changed since the run began; run it again under another --name"
            )
        # This process imports a module once, whatever happens to its file; a new process reads it again.
        if isinstance(tracker, RemoteTracker) and code != first_code:
            raise UserError(
                "the tracker's code was changed since the run began; run it again under another --name"
            )

    @property
    def own_process(self) -> bool:
        """Whether the tracker runs in its own process."""
        return bool(self._spec.isolate or self._spec.program)

    def discard(self) -> None:
        """Drops the tracker and ends its process: after a failure its state is unknown."""
        if isinstance(self._tracker, RemoteTracker):
            self._tracker.dispose()
        self._tracker = self._batch = None


def model_digests(provenance: Provenance) -> dict[str, str]:
    """Returns the sha256 of each file of the tracker's model by its name; by its path if two share a name."""
    names = [path.name for path in provenance.models]
    return {
        path.name if names.count(path.name) == 1 else str(path): file_digest(path)
        for path in provenance.models
    }


def provenance_digests(provenance: Provenance) -> tuple[str | None, str | None]:
    """Returns the sha256 of the weights file, and of the files that define the tracker.

    The latter is the digest of the files' digests if there are several; each is None if there is no file.
    """
    weights = file_digest(provenance.weights) if provenance.weights else None
    digests = [file_digest(path) for path in provenance.files]
    if len(digests) > 1:
        return weights, sha256("".join(digests).encode()).hexdigest()
    return weights, digests[0] if digests else None
