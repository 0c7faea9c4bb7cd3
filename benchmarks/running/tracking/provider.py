"""The tracker of a run: made, and made anew after a failure."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.environment import describe_environment
from benchmarks.running.schedulers.base import TrackerInfo
from benchmarks.store import file_digest
from trackers.catalogue import TrackerSpec
from trackers.errors import UserError
from trackers.external.protocols.remote import RemoteTracker
from trackers.provenance import Provenance
from trackers.tracker import BatchTracker, Tracker


class TrackerProvider:
    """Makes the tracker when it is needed.

    Args:
        spec: which tracker.
        timeout: seconds that one sequence may take, or None.
        log: keeps the standard error of a tracker in a process of its own; None keeps none of it.
    """

    def __init__(self, spec: TrackerSpec, timeout: float | None, log: Path | None) -> None:
        limits = spec.limits
        if timeout is not None:  # a frame has no more time than its sequence
            limits = replace(limits, frame_timeout=min(limits.frame_timeout, timeout))
        self._spec = replace(spec, limits=limits)
        self._log = log
        self._tracker: Tracker | None = None
        self._batch: BatchTracker | None = None
        self._made_of: tuple[str | None, str | None] | None = None
        self._device = "cpu"
        self._starts = 0

    def tracker(self) -> Tracker:
        """The tracker, in working order.

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
        """The tracker as one that follows up to `slots` targets at once, in working order.

        Raises:
            UserError: it cannot be built, or follows one target at a time.
        """
        if self._batch is None:
            batch = self._spec.build_batch(slots)
            self._check(batch)
            self._batch = batch
        return self._batch

    def tracker_info(self, deterministic: bool, **environment: Any) -> TrackerInfo:
        """What the tracker is; `environment` is what there is to say beside machine and versions."""
        assert self._made_of, "there is a tracker"
        about = describe_environment(self._device) | environment
        return TrackerInfo(self._device, *self._made_of, deterministic, about)

    def check_restarted(self) -> None:
        """Makes sure that a program that was started anew is still the same.

        Raises:
            UserError: it is not.
        """
        if isinstance(self._tracker, RemoteTracker) and self._tracker.starts != self._starts:
            self._check(self._tracker)

    def _check(self, tracker: Tracker | BatchTracker) -> None:
        """Makes sure that a tracker that is made anew is made of the same files as the first.

        Raises:
            UserError: it is not, and may not answer under the first one's name.
        """
        self._starts = tracker.starts if isinstance(tracker, RemoteTracker) else 0
        provenance = self._spec.provenance(tracker)
        made_of = (file_digest(provenance.weights) if provenance.weights else None, code_digest(provenance))
        if self._made_of is None:
            self._made_of, self._device = made_of, provenance.device
        if made_of[0] != self._made_of[0]:
            raise UserError(
                f"{provenance.weights} was changed since the run began; run it again under another --name"
            )
        # A module is imported here once, whatever becomes of its file; a process of its own reads it anew.
        if isinstance(tracker, RemoteTracker) and made_of[1] != self._made_of[1]:
            raise UserError(
                "the tracker's code was changed since the run began; run it again under another --name"
            )

    @property
    def own_process(self) -> bool:
        """Whether the tracker has a process of its own."""
        return bool(self._spec.isolate or self._spec.program)

    def discard(self) -> None:
        """Gives up the tracker there is, with its process: nobody knows what state a failure left it in."""
        if isinstance(self._tracker, RemoteTracker):
            self._tracker.dispose()
        self._tracker = self._batch = None


def code_digest(provenance: Provenance) -> str | None:
    """Digest of the files that define a tracker; of their digests where there are several."""
    digests = [file_digest(path) for path in provenance.files]
    if len(digests) > 1:
        return sha256("".join(digests).encode()).hexdigest()
    return digests[0] if digests else None
