"""Trackers in Python that were written for other toolkits, as ours: known by the names of their methods.

| methods | toolkit | image | answer |
|---|---|---|---|
| `init(image, box)`, `update(image)` | got10k | RGB | box |
| `init(image, box)`, `track(image)` | pysot | BGR | dict with `bbox` |
| `initialize(image, {"init_bbox": box})`, `track(image)` | pytracking | RGB | dict with `target_bbox` |

Boxes are x, y, w, h, and count pixels from 0. A class that derives from got10k's own `Tracker` is treated as
got10k would: its boxes count from 1, and its images are PIL's unless it has a `track` of its own.

What differs is said by a class attribute, or by `--set adapter.NAME=VALUE`, which goes before it:

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

from trackers.box_validation import describe_prediction, prediction_array
from trackers.devices import cuda_in_use
from trackers.errors import InvalidPrediction, UserError
from trackers.registry import did_you_mean
from trackers.tracker import Boxes, Frame, SelfTimedTracker

ATTRIBUTE = "sotbench_adapter"
PREFIX = "adapter."


@dataclass(frozen=True)
class AdapterOptions:
    """What a foreign tracker is used to.

    Attributes:
        color: the order of an image's channels.
        first_pixel: what the left edge of an image is called, 0 or 1.
        image: a numpy array, or an image of PIL.
    """

    color: Literal["rgb", "bgr"] = "rgb"
    first_pixel: Literal[0, 1] = 0
    image: Literal["array", "pil"] = "array"

    def having(self, given: Mapping[str, Any], whose: str) -> AdapterOptions:
        """Changes what `given` says.

        Raises:
            UserError: a name or a value that there is not.
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
    """A foreign tracker. Its time is that of its own methods: images change their form before.

    Args:
        foreign: the object.
        options: what it is used to.
    """

    options = AdapterOptions()
    """Of its toolkit."""

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
        image = self._image(frame)
        # An answer may do its work only when it is converted: lazy and asynchronous arrays.
        answer = self._timed(lambda: prediction_array(self._update(image)))
        if self.options.first_pixel:
            if answer.shape == (4,):
                return answer - self._shift  # type: ignore[no-any-return]
            if answer.shape != frame.shape[:2]:  # corners of a polygon, not a mask
                return answer - self.options.first_pixel  # type: ignore[no-any-return]
        return answer  # type: ignore[no-any-return]

    def synchronize(self) -> None:
        if cuda_in_use():
            cuda = sys.modules["torch"].cuda
            for number in range(cuda.device_count()):
                if cuda.memory_reserved(number):  # to wait for one that nobody uses would begin to use it
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
        answer = call()
        self.synchronize()
        self.own_seconds = time.perf_counter() - begin
        return answer

    @abstractmethod
    def _init(self, image: Any, box: Boxes) -> None:
        """Calls the foreign method."""

    @abstractmethod
    def _update(self, image: Any) -> Any:
        """Calls the foreign method and returns what it has of a box."""


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


def _entry(answer: Any, key: str) -> Any:
    if isinstance(answer, Mapping) and key in answer:
        return answer[key]
    has = f"a dict with {', '.join(map(str, answer))}"[:80] if isinstance(answer, Mapping) else ""
    raise InvalidPrediction(f"the answer is {has or describe_prediction(answer)}, not a dict with '{key}'")


def make_adapter(made: object, given: Mapping[str, Any], whose: str) -> Adapter | None:
    """Makes a tracker of ours from somebody else's object.

    Args:
        made: the object.
        given: what the user says of its options, without `adapter.`.
        whose: the tracker's name, for messages.

    Returns:
        The tracker, or None where the object has no methods that are known.

    Raises:
        UserError: there is no such custom.
    """
    kinds: tuple[tuple[str, str, type[Adapter]], ...] = (
        ("init", "update", Got10kAdapter),
        ("init", "track", PysotAdapter),
        ("initialize", "track", PytrackingAdapter),
    )
    for start, follow, kind in kinds:
        if callable(getattr(made, start, None)) and callable(getattr(made, follow, None)):
            options = _inherited(made) if kind is Got10kAdapter else kind.options
            declared = getattr(made, ATTRIBUTE, {})
            if not isinstance(declared, Mapping):
                raise UserError(f"{ATTRIBUTE} of tracker '{whose}' is no dict, but {declared!r:.80}")
            return kind(made, options.having(declared, whose).having(given, whose))
    return None


def _inherited(made: object) -> AdapterOptions:
    """What got10k gives an object of its own class: boxes as its data sets' files have them."""
    for base in type(made).__mro__:
        if base.__module__ == "got10k.trackers" and base.__name__ == "Tracker":
            own_loop = getattr(type(made), "track", None) is not base.__dict__.get("track")
            return AdapterOptions(first_pixel=1, image="array" if own_loop else "pil")
    return AdapterOptions()
