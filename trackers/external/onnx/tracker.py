"""The tracker `onnx`: networks in ONNX files, with a description of what they take and give."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from trackers.errors import UserError
from trackers.external.onnx.description import override, read_description
from trackers.external.onnx.networks import Networks
from trackers.external.onnx.search import (
    context_size,
    crop,
    network_input,
    next_target,
    region,
    search_size,
    to_box,
)
from trackers.tracker import Boxes, Frame, Tracker


class OnnxTracker(Tracker):
    """Finds the template of the first frame by a score map and a box map, which ONNX files compute.

    Args:
        description: the TOML file that describes the networks.
        models: the folder of the ONNX files (default: the description's).
        rules, window, penalty, size_rate: instead of the description's values in `[search]`.
        threads: threads of onnxruntime.
        device: `"cpu"`, `"cuda"` or `"cuda:N"`.

    Raises:
        UserError: the description is invalid, onnxruntime is missing, or the networks do not fit.
    """

    deterministic = True

    def __init__(
        self,
        description: str = "",
        models: str = "",
        rules: str | None = None,
        window: float | None = None,
        penalty: float | None = None,
        size_rate: float | None = None,
        threads: int = 1,
        device: str = "cpu",
    ) -> None:
        if not description:
            raise UserError("tracker 'onnx' needs its description; give --set description=FILE.toml")
        if threads < 1:
            raise UserError(f"threads is {threads}; give 1 or more")
        path = Path(description)
        given: dict[str, object] = {
            "rules": rules,
            "window": window,
            "penalty": penalty,
            "size_rate": size_rate,
        }
        self._description = override(read_description(path), given, "tracker 'onnx'")
        folder = Path(models) if models else path.parent
        self._networks = Networks(self._description, folder, threads, device)
        files = (path, *(folder / name for name in self._description.network.files()))
        self.model_files = tuple(file.absolute() for file in files)

    def init(self, frame: Frame, box: Boxes) -> None:
        sizes, rules = self._description.input, self._description.search.rules
        self._target = np.concatenate([box[:2] + box[2:] / 2, box[2:]])
        if rules == "opencv":  # which takes whole pixels
            corner, size = np.rint(box[:2]), np.maximum(np.rint(box[2:]), 1)
            self._target = np.concatenate([corner + size / 2, size])
        side = context_size(self._target, sizes.context, rules)
        image = crop(frame, region(self._target, side, rules), sizes.template_size)
        self._template = self._networks.template(network_input(image, sizes))

    def update(self, frame: Frame) -> Boxes:
        return self._find(frame)[0]

    def update_with_confidence(self, frame: Frame) -> object:
        return self._find(frame)

    def _find(self, frame: Frame) -> tuple[Boxes, float]:
        """Returns the box in the next frame, and the probability at its position."""
        sizes, rules = self._description.input, self._description.search.rules
        side = search_size(context_size(self._target, sizes.context, rules, search=True), sizes, rules)
        image = crop(frame, region(self._target, side, rules), sizes.search_size)
        maps = self._networks.maps(self._template, network_input(image, sizes))
        self._target, score = next_target(self._target, *maps, self._description, frame.shape[:2])
        return to_box(self._target), score
