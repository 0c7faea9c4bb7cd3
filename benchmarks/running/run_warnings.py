"""What is worth saying once in a run."""

from __future__ import annotations

import numpy as np

from benchmarks.protocols import Protocol, Trajectory
from benchmarks.running.schedulers.base import Progress


class ShapeWarning:
    """Says once that a tracker answers with polygons or masks, and what becomes of them."""

    def __init__(self) -> None:
        self._said = False

    def say(self, protocol: Protocol, progress: Progress) -> None:
        """The tracker answered with one."""
        if not self._said:
            self._said = True
            progress.say(shape_warning(protocol))


def shape_warning(protocol: Protocol) -> str:
    """What becomes of polygons and masks under a protocol."""
    kept = "the rotated box around each" if protocol.rotated else "the upright box around each"
    return f"the tracker answers with polygons or masks; under protocol {protocol.name} {kept} counts"


def always_absent(trajectories: list[Trajectory]) -> bool:
    """Whether a tracker that ran freely reported its target as absent in every frame: hardly on purpose."""
    updates = [trajectory.boxes[1:] for trajectory in trajectories if trajectory.codes is None]
    return any(map(len, updates)) and all(bool(np.isnan(boxes).all()) for boxes in updates)
