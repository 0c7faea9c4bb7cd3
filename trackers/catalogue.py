"""The trackers there are, and how one is built from what the command line says.

    spec = TrackerSpec("siamfc", weights=Path("siamfc.pth"), settings={"scale_step": "1.04"})
    tracker = spec.build()

A tracker class is called with keyword arguments only. `device`, `weights` and `slots` are passed to those
that declare them; every other parameter of its constructor is a setting (`--set name=value`).
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trackers.devices import resolve_device
from trackers.errors import UserError
from trackers.registry import Entry, Registry, did_you_mean
from trackers.tracker import BatchTracker, OneSlot, Tracker

TRACKERS = Registry(
    "tracker",
    {
        "gradnet": Entry("trackers.siamese.gradnet:GradNet", "template corrected by one gradient (2019)"),
        "gradnet-lite": Entry("trackers.siamese.gradnet:GradNetLite", "gradnet, 0.3 times as wide"),
        "gradnet-paper": Entry(
            "trackers.siamese.gradnet_paper:GradNetPaper", "gradnet as the paper describes its tracker"
        ),
        "ncc": Entry("trackers.ncc:NCC", "normalised cross-correlation with the first frame's patch"),
        "siamfc": Entry("trackers.siamese.siamfc:SiamFC", "fully convolutional Siamese network (2016)"),
        "siamfc-lite": Entry("trackers.siamese.siamfc:SiamFCLite", "siamfc, 0.3 times as wide"),
        "siamfc-gd": Entry(
            "trackers.siamese.online:SiamFCGradientDescent", "siamfc, template descending on every frame"
        ),
        "siamfc-avg": Entry("trackers.siamese.online:SiamFCAverage", "siamfc, template averaged over frames"),
        "baseline": Entry("trackers.siamese.online:SiamFCGradientDescent", "another name of siamfc-gd"),
        "still": Entry("trackers.still:Still", "the first box, never moved: the floor of every score"),
    },
    group="sotbench.trackers",
    by_path=True,
    hint="see `python -m benchmarks list trackers`",
)

_RESERVED = ("device", "weights", "slots")


@dataclass(frozen=True)
class TrackerSpec:
    """A tracker as the user named it; picklable, so that another process can build the same one.

    Attributes:
        tracker: a registered name, `package.module:Class` or `path/file.py:Class`.
        device: `"auto"` (CUDA where there is one), `"cpu"`, `"cuda"` or `"cuda:N"`.
        weights: the file to load, for a tracker that takes one.
        settings: constructor arguments by name; strings are read as Python literals where they are such.
    """

    tracker: str
    device: str = "auto"
    weights: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name under which results are kept unless another is given: the class for `x:Class`."""
        return re.sub(r"[^\w.+-]", "_", self.tracker.rpartition(":")[2])

    def factory(self) -> Callable[..., Any]:
        """Imports the class (or function) that makes the tracker."""
        factory = TRACKERS.load(self.tracker)
        if not callable(factory):
            raise UserError(f"tracker '{self.tracker}' is a {type(factory).__name__}, not a class")
        return factory  # type: ignore[no-any-return]

    def weights_file(self) -> Path | None:
        """Where the tracker's weights come from: the file given, or the one that comes with it."""
        default = getattr(self.factory(), "default_weights", None)
        return self.weights or (default() if default else None)

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments for the factory, checked against its signature.

        Raises:
            UserError: a setting it does not have, a value of another kind, weights or a device for a
                tracker that takes none, or a device that this machine has not.
        """
        parameters = inspect.signature(self.factory()).parameters
        takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
        arguments: dict[str, Any] = {}
        if "device" in parameters:
            arguments["device"] = resolve_device(self.device)
        elif self.device not in ("auto", "cpu"):
            raise UserError(f"tracker '{self.tracker}' runs on the CPU only; leave --device out")
        if "slots" in parameters:
            arguments["slots"] = 1
        if "weights" in parameters:
            arguments["weights"] = self.weights
        elif self.weights is not None:
            raise UserError(f"tracker '{self.tracker}' takes no weights; leave --weights out")
        known = [name for name in parameters if name not in _RESERVED]
        for name, value in self.settings.items():
            if name in _RESERVED:
                raise UserError(f"'{name}' is not a setting; use --{name}")
            if name not in parameters and not takes_any:
                listed = ", ".join(known) or "none"
                raise UserError(
                    f"tracker '{self.tracker}' has no setting '{name}'{did_you_mean(name, known)}; "
                    f"its settings: {listed}"
                )
            default = parameters[name].default if name in parameters else None
            arguments[name] = _value(self.tracker, name, value, default)
        return arguments

    def build(self) -> Tracker:
        """Makes the tracker, with one slot if it is a batch tracker.

        Raises:
            UserError: as `factory` and `arguments`, or the class is no tracker.
        """
        factory, arguments = self.factory(), self.arguments()
        try:
            made = factory(**arguments)
        except UserError:
            raise
        except Exception as error:  # somebody's constructor may raise anything
            raise UserError(
                f"tracker '{self.tracker}' cannot be built: {type(error).__name__}: {error}"
            ) from error
        if isinstance(made, BatchTracker):
            return OneSlot(made)
        if isinstance(made, Tracker):
            return made
        raise UserError(
            f"tracker '{self.tracker}' makes a {type(made).__name__}, which is not a "
            "trackers.Tracker; derive the class from it and define init(frame, box) and update(frame)"
        )


def _value(tracker: str, name: str, given: object, default: object) -> object:
    """Reads a setting's text as a Python literal and holds it against the kind of its default."""
    value = given
    if isinstance(given, str):
        lowered = {"true": True, "false": False, "none": None}
        try:
            value = lowered[given.lower()] if given.lower() in lowered else ast.literal_eval(given)
        except (ValueError, SyntaxError):
            value = given
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if isinstance(default, bool | int | float | str) and type(value) is not type(default):
        raise UserError(
            f"setting '{name}' of tracker '{tracker}' takes a {type(default).__name__} "
            f"(default {default!r}), not {given!r}"
        )
    return value
