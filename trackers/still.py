"""A baseline that never moves: a data set on which it scores well does not measure tracking."""

from __future__ import annotations

from trackers.tracker import Boxes, Frame, Tracker


class Still(Tracker):
    """Returns the first box in every frame."""

    deterministic = True

    def init(self, frame: Frame, box: Boxes) -> None:  # noqa: ARG002
        self.box = box

    def update(self, frame: Frame) -> Boxes:  # noqa: ARG002
        return self.box
