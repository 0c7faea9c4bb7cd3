"""The checks: what a tracker has to do, and what its author may want to know of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trackers.box_validation import to_bounding_box
from trackers.catalogue import TrackerSpec
from trackers.checking.synthetic import SyntheticSequence, blank_frame, edge_boxes
from trackers.errors import RemoteTrackerError, UserError
from trackers.external.protocols.remote import RemoteTracker
from trackers.regions import iou
from trackers.tracker import Boxes, Frame

Verdict = Literal["ok", "note", "violation"]

FRAMES = 40
"""Of a sequence in which boxes are compared."""

MEMORY_FRAMES = 240
MEMORY_SECONDS = 15.0
"""The search for a leak goes over so many frames, or fewer if they take longer than this."""

LEAK = 40_000
"""Bytes per frame, in each half of the search: noise of allocators stays below."""

SPEED_FRAMES = 25

_CLOCK = 1.1
"""Seconds: what is seeded by the clock is mostly seeded by its seconds."""


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        check: its name.
        verdict: `violation` where a rule is broken; `note` where the author should know something.
        text: in a sentence.
    """

    check: str
    verdict: Verdict
    text: str


class ConformanceTest:
    """Checks one tracker, in a process of its own, which is started anew after whatever goes wrong.

    Args:
        spec: the tracker.

    Raises:
        UserError: it cannot be started.
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
        """Makes the checks one after the other; where the tracker cannot follow at all, no others."""
        yield Finding("starts", "ok", f"ready after {self.started:.2f} s")
        follows = self._guarded("follows", self._follows)
        yield follows
        if follows.verdict == "violation":
            return
        checks = {
            "repeats": self._repeats,
            "forgets": self._forgets,
            "edges": self._edges,
            "grey": self._grey,
            "one frame": self._one_frame,
            "memory": self._memory,
            "speed": self._speed,
        }
        for name, check in checks.items():
            yield self._guarded(name, check)
        if self.changed:
            yield Finding("input", "violation", "it writes into its frames; work on a copy")
        else:
            yield Finding("input", "ok", "it left all frames as they were")
        if self.moved:
            yield Finding(
                "directory",
                "violation",
                f"it changes the working directory, to {self.moved}; open files by their absolute paths",
            )
        else:
            yield Finding("directory", "ok", "it left the working directory as it was")

    def close(self) -> None:
        """Ends the tracker's process."""
        self.tracker.dispose()

    def _guarded(self, name: str, check: Callable[[], tuple[Verdict, str]]) -> Finding:
        try:
            return Finding(name, *check())
        except (RemoteTrackerError, UserError) as error:
            self.tracker.close(grace=0)
            return Finding(name, "violation", str(error))

    def _run(self, scene: SyntheticSequence, frames: int | None = None, seed: int = 1) -> Boxes:
        """The tracker's boxes on the first frames of a scene, shape (frames, 4)."""
        return self._track([scene.frame(index) for index in range(frames or FRAMES)], scene.box(0), seed)

    def _track(self, frames: list[Frame], box: Boxes, seed: int = 1) -> Boxes:
        self.tracker.next_seed = seed
        boxes = [box]
        for number, frame in enumerate(frames):
            try:
                if number == 0:
                    self.tracker.init(frame, box.copy())
                else:
                    boxes.append(to_bounding_box(self.tracker.update(frame), frame.shape[:2]))
            except RemoteTrackerError as error:
                raise RemoteTrackerError(f"frame {number}: {error}") from error
            self.moved = self.moved or self.tracker.moved
            self.changed |= self.tracker.changed or not self.tracker.frames.holds(frame)
        return np.array(boxes)

    def _afresh(self) -> None:
        self.tracker.close()

    def _follows(self) -> tuple[Verdict, str]:
        scene = SyntheticSequence()
        self.first = self._run(scene)
        truth = np.array([scene.box(index) for index in range(FRAMES)])
        overlap = float(iou(self.first, truth).mean())
        text = f"{FRAMES} frames with boxes that are boxes; mean overlap with a moving target {overlap:.2f}"
        return ("ok", text) if overlap > 0.2 else ("note", f"{text}: it does not follow")

    def _repeats(self) -> tuple[Verdict, str]:
        """Whether the same frames give the same boxes, with the same seed and with another."""
        declared = self.tracker.deterministic
        boxes = []
        for seed in (1, 2):
            self._afresh()
            time.sleep(_CLOCK)
            boxes.append(self._run(SyntheticSequence(), seed=seed))
        far = [_apart(self.first, other) for other in boxes]
        if declared and max(far):
            return "violation", f"said to be deterministic, and boxes differ by up to {max(far):.3g} px"
        if far[0]:
            return "note", f"not deterministic: with the same seed, boxes differ by up to {far[0]:.3g} px"
        if far[1]:
            return "ok", "draws at random, and the same with the same seed"
        return ("ok", "deterministic") if declared else (
            "note", "deterministic without saying so; protocols that repeat runs repeat them all"
        )  # fmt: skip

    def _forgets(self) -> tuple[Verdict, str]:
        """Whether a sequence changes the boxes of the next one."""
        self._afresh()
        before = self._run(SyntheticSequence())
        self._run(SyntheticSequence(width=200, height=160, seed=3, target=(20, 30)), 15)
        after = self._run(SyntheticSequence())
        far = _apart(before, after)
        usual = _apart(before, self.first)
        if far <= usual + 1e-3:
            return "ok", "a sequence leaves nothing to the next one"
        if usual:
            return "note", "cannot be told of a tracker that is not deterministic"
        return (
            "violation",
            f"boxes differ by up to {far:.3g} px after another sequence; start afresh in init",
        )

    def _edges(self) -> tuple[Verdict, str]:
        """Whether unusual first boxes are survived."""
        scene = SyntheticSequence()
        frames = [scene.frame(index) for index in range(4)]
        wrong = []
        for what, box in edge_boxes(scene.width, scene.height).items():
            try:
                self._track(frames, box)
            except RemoteTrackerError as error:
                self.tracker.close(grace=0)
                wrong.append(f"a first box {what}: {str(error)[:120]}")
        if wrong:
            return "violation", "; ".join(wrong)
        return "ok", "first boxes at and beyond the border, tiny, thin and as large as the image"

    def _grey(self) -> tuple[Verdict, str]:
        scene = SyntheticSequence(grey=True)
        self._run(scene, 6)
        self._track([blank_frame(scene.width, scene.height)] * 4, scene.box(0))
        return "ok", "grey frames, and frames without anything in them"

    def _one_frame(self) -> tuple[Verdict, str]:
        self._run(SyntheticSequence(seed=5), 1)
        self._run(SyntheticSequence(seed=6, width=64, height=48, target=(16, 12)), 3)
        return "ok", "sequences of one frame, and small frames after large ones"

    def _memory(self) -> tuple[Verdict, str]:
        """Whether memory grows with frames, in both halves of a long sequence after a third to warm up."""
        scene = SyntheticSequence()
        period = [scene.frame(index) for index in range(FRAMES)]
        begin = time.perf_counter()
        self._track(period, scene.box(0))
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
        return ("violation", f"{text}: something is kept of each") if growth.min() > LEAK else ("ok", text)

    def _speed(self) -> tuple[Verdict, str]:
        scene = SyntheticSequence(width=640, height=480, target=(80, 60))
        frames = [scene.frame(index) for index in range(SPEED_FRAMES)]
        self.tracker.init(frames[0], scene.box(0))
        own, transport = [], []
        for frame in frames[1:]:
            begin = time.perf_counter()
            self.tracker.update(frame)
            elapsed = time.perf_counter() - begin
            own.append(self.tracker.own_seconds or 0.0)
            transport.append(elapsed - own[-1])
        median = float(np.median(own))
        return "ok", (
            f"{1000 * median:.2f} ms per frame of 640 x 480 in the median ({1 / max(median, 1e-9):.1f} FPS); "
            f"its process costs {1000 * float(np.median(transport)):.2f} ms beside that"
        )


def _apart(a: Boxes, b: Boxes) -> float:
    """The greatest difference in pixels; infinite where one alone says that the target is absent."""
    absent, other = np.isnan(a).all(axis=1), np.isnan(b).all(axis=1)
    if (absent != other).any():
        return float("inf")
    return float(np.abs(a - b)[~absent].max(initial=0.0))
