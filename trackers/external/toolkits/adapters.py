"""Adapters for Python trackers of other toolkits, which are recognized by their methods.

| methods | toolkit | image | returns |
|---|---|---|---|
| `init(image, box)`, `update(image)` | got10k | RGB | box |
| `init(image, box)`, `track(image)` | pysot | BGR | dict with `bbox` |
| `initialize(image, {"init_bbox": box})`, `track(image)` | pytracking | RGB | dict with `target_bbox` |

The first of `CONFIDENCE_KEYS` in a dict is the tracker's confidence; `update` may return a pair of box and
confidence.

Boxes are x, y, w, h, and 0-based. A subclass of got10k's own `Tracker` is treated as by got10k: its boxes are
1-based, and its images are PIL images unless it overrides `track`.

A class attribute changes these conventions, and `--set adapter.NAME=VALUE` overrides both:

    sotbench_adapter = {"color": "bgr", "first_pixel": 1, "image": "pil"}
"""

from __future__ import annotations

import inspect
import sys
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np

from trackers.box_validation import (
    ConvertedPrediction,
    convert_prediction,
    describe_prediction,
    prediction_array,
    to_confidence,
)
from trackers.devices import cuda_in_use
from trackers.errors import InvalidPrediction, UserError
from trackers.registry import did_you_mean
from trackers.tracker import Boxes, Frame, SelfTimedTracker

ATTRIBUTE = "sotbench_adapter"
PREFIX = "adapter."
CONFIDENCE_KEYS = ("confidence", "conf_score", "best_score", "object_presence_score")
"""What toolkits call a tracker's confidence: long-term trackers, STARK and its kin, pysot, pytracking."""


@dataclass(frozen=True)
class AdapterOptions:
    """Conventions of a third-party tracker.

    Attributes:
        color: order of an image's channels.
        first_pixel: coordinate of an image's left and top edge, 0 or 1.
        image: whether images are numpy arrays or PIL images.
    """

    color: Literal["rgb", "bgr"] = "rgb"
    first_pixel: Literal[0, 1] = 0
    image: Literal["array", "pil"] = "array"

    def updated(self, given: Mapping[str, Any], whose: str) -> AdapterOptions:
        """Returns the options with the values of `given`.

        Args:
            given: values by name.
            whose: the tracker's name, for messages.

        Raises:
            UserError: unknown option or value.
        """
        changed: dict[str, Any] = {}
        choices = {"color": ("rgb", "bgr"), "first_pixel": (0, 1), "image": ("array", "pil")}
        for name, value in given.items():
            if name not in choices:
                known = [field.name for field in fields(self)]
                raise UserError(
                    f"there is no adapter.{name} for tracker '{whose}'{did_you_mean(name, known)}; "
                    f"there are adapter.{', adapter.'.join(known)}"
                )
            chosen = [choice for choice in choices[name] if str(choice) == str(value).lower()]
            if not chosen:
                raise UserError(
                    f"adapter.{name} of tracker '{whose}' is {' or '.join(map(str, choices[name]))}, "
                    f"not {value!r}"
                )
            changed[name] = chosen[0]
        return replace(self, **changed)


class Adapter(SelfTimedTracker):
    """A third-party tracker. Its time is that of its own methods, without the conversion of images.

    Args:
        foreign: the tracker.
        options: its conventions.
    """

    options = AdapterOptions()
    """The toolkit's conventions."""

    def __init__(self, foreign: Any, options: AdapterOptions) -> None:
        self.foreign = foreign
        self.options = options
        self._shift = np.array([options.first_pixel, options.first_pixel, 0.0, 0.0])
        self.deterministic = any(
            getattr(foreign, name, False) is True for name in ("deterministic", "is_deterministic")
        )

    def init(self, frame: Frame, box: Boxes) -> None:
        image, given = self._image(frame), np.add(box, self._shift)
        self._timed(lambda: self._init(image, given))

    def update(self, frame: Frame) -> Boxes:
        return self.update_with_confidence(frame).array

    def update_with_confidence(self, frame: Frame) -> ConvertedPrediction:
        image = self._image(frame)
        # Lazy and asynchronous arrays do their work only when they are converted.
        prediction: ConvertedPrediction = self._timed(lambda: convert_prediction(self._update(image)))
        if self.options.first_pixel:
            if prediction.array.shape == (4,):
                return prediction._replace(array=prediction.array - self._shift)
            if prediction.array.shape != frame.shape[:2]:  # corners of a polygon, not a mask
                return prediction._replace(array=prediction.array - self.options.first_pixel)
        return prediction

    def synchronize(self) -> None:
        if cuda_in_use():
            cuda = sys.modules["torch"].cuda
            for number in range(cuda.device_count()):
                if cuda.memory_reserved(number):  # synchronizing an unused device would allocate memory on it
                    cuda.synchronize(number)

    def _image(self, frame: Frame) -> Any:
        if self.options.color == "bgr":
            import cv2

            frame = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
        if self.options.image == "pil":
            from PIL import Image

            return Image.fromarray(frame)
        return frame

    def _timed(self, call: Callable[[], Any]) -> Any:
        self.synchronize()
        begin = time.perf_counter()
        returned = call()
        self.synchronize()
        self.own_seconds = time.perf_counter() - begin
        return returned

    @abstractmethod
    def _init(self, image: Any, box: Boxes) -> None:
        """Calls the tracker's method."""

    @abstractmethod
    def _update(self, image: Any) -> Any:
        """Calls the tracker's method and returns the region in its result, or a pair with the confidence."""


class Got10kAdapter(Adapter):
    """`init(image, box)` and `update(image)`."""

    def _init(self, image: Any, box: Boxes) -> None:
        self.foreign.init(image, box)

    def _update(self, image: Any) -> Any:
        return self.foreign.update(image)


class PysotAdapter(Adapter):
    """`init(image, box)` and `track(image)`, which returns a dict with `bbox`."""

    options = AdapterOptions(color="bgr")

    def _init(self, image: Any, box: Boxes) -> None:
        self.foreign.init(image, box.tolist())

    def _update(self, image: Any) -> Any:
        return _entry(self.foreign.track(image), "bbox")


class PytrackingAdapter(Adapter):
    """`initialize(image, info)` and `track(image)`, which returns a dict with `target_bbox`."""

    def __init__(self, foreign: Any, options: AdapterOptions) -> None:
        super().__init__(foreign, options)
        needed = [
            parameter
            for parameter in inspect.signature(foreign.track).parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
        self._info: tuple[dict[str, Any], ...] = ({},) if len(needed) > 1 else ()

    def _init(self, image: Any, box: Boxes) -> None:
        self.foreign.initialize(image, {"init_bbox": box.tolist()})

    def _update(self, image: Any) -> Any:
        return _entry(self.foreign.track(image, *self._info), "target_bbox")


def _entry(result: Any, key: str) -> ConvertedPrediction:
    """Returns the region under `key`, and the tracker's confidence if the dict has one."""
    if isinstance(result, Mapping) and key in result:
        confidence = next((result[name] for name in CONFIDENCE_KEYS if name in result), None)
        return ConvertedPrediction(prediction_array(result[key]), to_confidence(confidence))
    has = f"a dict with {', '.join(map(str, result))}"[:80] if isinstance(result, Mapping) else ""
    raise InvalidPrediction(
        f"the tracker returned {has or describe_prediction(result)}, not a dict with '{key}'"
    )


def make_adapter(foreign: object, given: Mapping[str, Any], whose: str) -> Adapter | None:
    """Wraps a third-party tracker.

    Args:
        foreign: the tracker.
        given: the user's options, by names without `adapter.`.
        whose: the tracker's name, for messages.

    Returns:
        The adapter, or None if the object has the methods of no known toolkit.

    Raises:
        UserError: unknown adapter option or value.
    """
    kinds: tuple[tuple[str, str, type[Adapter]], ...] = (
        ("init", "update", Got10kAdapter),
        ("init", "track", PysotAdapter),
        ("initialize", "track", PytrackingAdapter),
    )
    for start, follow, kind in kinds:
        if callable(getattr(foreign, start, None)) and callable(getattr(foreign, follow, None)):
            options = _got10k_options(foreign) if kind is Got10kAdapter else kind.options
            declared = getattr(foreign, ATTRIBUTE, {})
            if not isinstance(declared, Mapping):
                raise UserError(f"{ATTRIBUTE} of tracker '{whose}' must be a dict, not {declared!r:.80}")
            return kind(foreign, options.updated(declared, whose).updated(given, whose))
    return None


def _got10k_options(foreign: object) -> AdapterOptions:
    """Returns got10k's conventions for subclasses of its own `Tracker`: 1-based boxes, as in its files."""
    for base in type(foreign).__mro__:
        if base.__module__ == "got10k.trackers" and base.__name__ == "Tracker":
            own_loop = getattr(type(foreign), "track", None) is not base.__dict__.get("track")
            return AdapterOptions(first_pixel=1, image="array" if own_loop else "pil")
    return AdapterOptions()
