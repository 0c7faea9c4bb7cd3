"""Our trackers for the got10k toolkit: `Got10kTracker("siamfc", weights=...)` runs in its experiments.

from got10k.experiments import ExperimentOTB
from trackers.serving.got10k import Got10kTracker

ExperimentOTB("data/OTB").run(Got10kTracker("ncc"))
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trackers.box_validation import to_bounding_box
from trackers.catalog import TrackerSpec
from trackers.errors import UserError
from trackers.tracker import Boxes, Tracker

try:
    from got10k.trackers import Tracker as Base
except ImportError as error:
    raise UserError(f"got10k cannot be imported ({error}); pip install 'sotbench[got10k]'") from error


class Got10kTracker(Base):  # type: ignore[misc]
    """Wraps one of our trackers as a tracker of got10k.

    Args:
        tracker: a tracker, or its name or another form of `--tracker`.
        name: its name in got10k's results; the tracker's own name by default.
        first_pixel: coordinate of an image's left and top edge in got10k's data sets: 1.
        device, weights, isolate, settings: as for `TrackerSpec`; settings are keyword arguments.
    """

    def __init__(
        self,
        tracker: str | Tracker,
        name: str | None = None,
        first_pixel: float = 1.0,
        *,
        device: str = "auto",
        weights: Path | str | None = None,
        isolate: bool = False,
        **settings: Any,
    ) -> None:
        if isinstance(tracker, str):
            spec = TrackerSpec(tracker, device, Path(weights) if weights else None, settings, isolate)
            name = name or spec.label
            tracker = spec.build()
        super().__init__(name or type(tracker).__name__, tracker.deterministic)
        self.tracker = tracker
        self._shift = np.array([first_pixel, first_pixel, 0, 0])

    def init(self, image: Any, box: Any) -> None:
        """Starts to follow `box` in a PIL image or an RGB array."""
        self.tracker.init(_frame(image), np.asarray(box, dtype=np.float64) - self._shift)

    def update(self, image: Any) -> Boxes:
        """Returns the box in the next image."""
        frame = _frame(image)
        box: Boxes = to_bounding_box(self.tracker.update(frame), frame.shape[:2]) + self._shift
        self.tracker.synchronize()
        return box


def _frame(image: Any) -> Any:
    array = np.array(image)
    return np.repeat(array[:, :, None], 3, axis=2) if array.ndim == 2 else array
