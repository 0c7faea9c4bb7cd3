"""The conformance test: rules that a tracker must keep, and properties that its author should know."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trackers.box_validation import to_bounding_box
from trackers.catalog import TrackerSpec
from trackers.checking.synthetic import SyntheticSequence, blank_frame, edge_boxes
from trackers.errors import TrackerError, UserError
from trackers.external.protocols.remote import RemoteTracker
from trackers.regions import iou
from trackers.tracker import Boxes, Frame

Verdict = Literal["ok", "note", "violation"]

FRAMES = 40
"""Length of sequences whose boxes are compared."""

MEMORY_FRAMES = 240
MEMORY_SECONDS = 15.0
"""The memory check takes `MEMORY_FRAMES` frames, or fewer if they would take longer than this."""

LEAK = 40_000
"""Bytes per frame, in both halves of the memory check; above the noise of allocators."""

SPEED_FRAMES = 25

_CLOCK_STEP = 1.1
"""Seconds between two runs, so that a generator seeded by the clock, in whole seconds, differs."""


@dataclass(frozen=True)
class Finding:
    """Result of a check.

    Attributes:
        check: name of the check.
        verdict: `violation` if a rule is broken, `note` if the author should know something.
        text: the result in a sentence.
    """

    check: str
    verdict: Verdict
    text: str


class ConformanceTest:
    """Checks one tracker in a separate process, which is restarted after a failure.

    Args:
        spec: the tracker.

    Raises:
        UserError: the tracker cannot be started.
    """

    def __init__(self, spec: TrackerSpec) -> None:
        begin = time.perf_counter()
        tracker = replace(spec, isolate=True).build(watch=True)
        assert isinstance(tracker, RemoteTracker)
        self.tracker = tracker
        self.started = time.perf_counter() - begin
        self.changed = False
        self.moved = ""
        self.first = np.empty((0, 4))

    def findings(self) -> Iterator[Finding]:
        """Runs the checks and yields their results; stops after `follows` if the tracker fails there."""
        yield Finding("starts", "ok", f"ready after {self.started:.2f} s")
        follows = self._guarded("follows", self._follows)
        yield follows
        if follows.verdict == "violation":
            return
        checks = {
            "repeats": self._repeats,
            "forgets": self._forgets,
            "edges": self._edges,
            "gray": self._gray,
            "one frame": self._one_frame,
            "memory": self._memory,
            "speed": self._speed,
        }
        for name, check in checks.items():
            yield self._guarded(name, check)
        if self.changed:
            yield Finding("input", "violation", "it writes into its frames; work on a copy")
        else:
            yield Finding("input", "ok", "it left all frames unchanged")
        if self.moved:
            yield Finding(
                "directory",
                "violation",
                f"it changes the working directory, to {self.moved}; open files by their absolute paths",
            )
        else:
            yield Finding("directory", "ok", "it left the working directory unchanged")

    def close(self) -> None:
        """Ends the tracker's process."""
        self.tracker.dispose()

    def _guarded(self, name: str, check: Callable[[], tuple[Verdict, str]]) -> Finding:
        try:
            return Finding(name, *check())
        except (TrackerError, UserError) as error:
            self.tracker.close(grace=0)
            return Finding(name, "violation", str(error))

    def _run(self, sequence: SyntheticSequence, frames: int | None = None, seed: int = 1) -> Boxes:
        """Returns the tracker's boxes in the first frames of a sequence, shape (frames, 4)."""
        return self._track(
            [sequence.frame(index) for index in range(frames or FRAMES)], sequence.box(0), seed
        )

    def _track(self, frames: list[Frame], box: Boxes, seed: int = 1) -> Boxes:
        self.tracker.next_seed = seed
        boxes = [box]
        for number, frame in enumerate(frames):
            try:
                if number == 0:
                    self.tracker.init(frame, box.copy())
                else:
                    boxes.append(to_bounding_box(self.tracker.update(frame), frame.shape[:2]))
            except TrackerError as error:
                error.frame = number
                raise
            self.moved = self.moved or self.tracker.moved
            self.changed |= self.tracker.changed or not self.tracker.frames.holds(frame)
        return np.array(boxes)

    def _follows(self) -> tuple[Verdict, str]:
        sequence = SyntheticSequence()
        self.first = self._run(sequence)
        truth = np.array([sequence.box(index) for index in range(FRAMES)])
        overlap = float(iou(self.first, truth).mean())
        text = f"{FRAMES} frames with valid boxes; mean overlap with a moving target {overlap:.2f}"
        return ("ok", text) if overlap > 0.2 else ("note", f"{text}: it does not follow")

    def _repeats(self) -> tuple[Verdict, str]:
        """Checks whether the same frames give the same boxes, with the same seed and with another one."""
        declared = self.tracker.deterministic
        boxes = []
        for seed in (1, 2):
            self.tracker.close()
            time.sleep(_CLOCK_STEP)
            boxes.append(self._run(SyntheticSequence(), seed=seed))
        far = [_max_difference(self.first, other) for other in boxes]
        if declared and max(far):
            return "violation", f"declared deterministic, but boxes differ by up to {max(far):.3g} px"
        if far[0]:
            return "note", f"not deterministic: with the same seed, boxes differ by up to {far[0]:.3g} px"
        if far[1]:
            return "ok", "random, but reproducible with the same seed"
        return ("ok", "deterministic") if declared else (
            "note", "deterministic but not declared so; protocols that repeat runs repeat them all"
        )  # fmt: skip

    def _forgets(self) -> tuple[Verdict, str]:
        """Checks whether a sequence changes the boxes of the next one."""
        self.tracker.close()
        before = self._run(SyntheticSequence())
        self._run(SyntheticSequence(width=200, height=160, seed=3, target=(20, 30)), 15)
        after = self._run(SyntheticSequence())
        far = _max_difference(before, after)
        usual = _max_difference(before, self.first)
        if far <= usual + 1e-3:
            return "ok", "a sequence does not affect the next one"
        if usual:
            return "note", "cannot be checked, because the tracker is not deterministic"
        return (
            "violation",
            f"boxes differ by up to {far:.3g} px after another sequence; start afresh in init",
        )

    def _edges(self) -> tuple[Verdict, str]:
        """Checks whether the tracker survives unusual initial boxes."""
        sequence = SyntheticSequence()
        frames = [sequence.frame(index) for index in range(4)]
        failures = []
        for what, box in edge_boxes(sequence.width, sequence.height).items():
            try:
                self._track(frames, box)
            except TrackerError as error:
                self.tracker.close(grace=0)
                failures.append(f"an initial box {what}: {str(error)[:120]}")
        if failures:
            return "violation", "; ".join(failures)
        return "ok", "initial boxes at and beyond the border, tiny, thin and as large as the image"

    def _gray(self) -> tuple[Verdict, str]:
        sequence = SyntheticSequence(gray=True)
        self._run(sequence, 6)
        self._track([blank_frame(sequence.width, sequence.height)] * 4, sequence.box(0))
        return "ok", "gray and blank frames"

    def _one_frame(self) -> tuple[Verdict, str]:
        self._run(SyntheticSequence(seed=5), 1)
        self._run(SyntheticSequence(seed=6, width=64, height=48, target=(16, 12)), 3)
        return "ok", "sequences of one frame, and small frames after large ones"

    def _memory(self) -> tuple[Verdict, str]:
        """Checks whether memory grows: a third of the frames to warm up, then growth in both other thirds."""
        sequence = SyntheticSequence()
        period = [sequence.frame(index) for index in range(FRAMES)]
        begin = time.perf_counter()
        self._track(period, sequence.box(0))
        per_frame = (time.perf_counter() - begin) / FRAMES
        third = max(min(MEMORY_FRAMES, int(MEMORY_SECONDS / per_frame)) // 3, 5)
        sizes = []
        for _ in range(3):
            for index in range(third):
                self.tracker.update(period[index % FRAMES])
            sizes.append(self.tracker.resident_memory())
        growth: NDArray[np.float64] = np.diff(sizes) / third
        grown = growth.mean() / 1e3
        text = f"{sizes[-1] / 1e6:.0f} MB; over {2 * third} frames it grew by {grown:.1f} KB per frame"
        return ("violation", f"{text}: it keeps data of every frame") if growth.min() > LEAK else ("ok", text)

    def _speed(self) -> tuple[Verdict, str]:
        sequence = SyntheticSequence(width=640, height=480, target=(80, 60))
        frames = [sequence.frame(index) for index in range(SPEED_FRAMES)]
        self.tracker.init(frames[0], sequence.box(0))
        own, transport = [], []
        for frame in frames[1:]:
            begin = time.perf_counter()
            self.tracker.update(frame)
            elapsed = time.perf_counter() - begin
            own.append(self.tracker.own_seconds or 0.0)
            transport.append(elapsed - own[-1])
        median = float(np.median(own))
        return "ok", (
            f"median {1000 * median:.2f} ms per frame of 640 x 480 ({1 / max(median, 1e-9):.1f} FPS); "
            f"the separate process adds {1000 * float(np.median(transport)):.2f} ms"
        )


def _max_difference(a: Boxes, b: Boxes) -> float:
    """Returns the largest difference in pixels; infinite if the target is absent in only one of them."""
    absent, other = np.isnan(a).all(axis=1), np.isnan(b).all(axis=1)
    if (absent != other).any():
        return float("inf")
    return float(np.abs(a - b)[~absent].max(initial=0.0))
