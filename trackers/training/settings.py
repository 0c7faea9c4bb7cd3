"""Options of training as dataclasses: task, schedule and difficulty of the pairs; needs no torch."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from trackers.errors import UserError

Options = TypeVar("Options")


def option(default: Any, **argument: Any) -> Any:
    """Returns a dataclass field with keywords of `ArgumentParser.add_argument`, such as `help`."""
    return field(default=default, metadata=argument)


def add_options(
    parser: argparse._ArgumentGroup | argparse.ArgumentParser, options: type[Any], skip: tuple[str, ...] = ()
) -> None:
    """Adds an option to `parser` for each field of the dataclass `options` that is not in `skip`."""
    for item in fields(options):
        if item.name not in skip:
            argument = {"type": type(item.default), "default": item.default, **item.metadata}
            parser.add_argument(f"--{item.name.replace('_', '-')}", **argument)


def read_options(options: type[Options], args: argparse.Namespace) -> Options:
    """Builds the dataclass `options` from parsed arguments.

    Raises:
        UserError: a value is out of range.
    """
    return options(**{item.name: getattr(args, item.name) for item in fields(options)})  # type: ignore[arg-type]


def require(name: str, value: object, holds: bool, range_: str) -> None:
    """Raises a UserError that names an option unless `holds`."""
    if not holds:
        raise UserError(f"--{name.replace('_', '-')} is {value}; give {range_}")


def half_cosine(first: float, last: float, progress: float) -> float:
    """Interpolates from `first` to `last` along half a cosine; `progress` is 0..1."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * progress))


@dataclass(frozen=True)
class SiamFCOptions:
    """What SiamFC is trained for.

    Attributes:
        width: of the network, 1 for the full one.
        start: weights of a trained SiamFC, at most as wide, to start from; None starts from random weights.
        teacher: weights of a trained SiamFC to distill; None for none.
        distillation: weight of the distillation losses at the start; it falls to `last_distillation` along
            half a cosine.
        last_distillation: the weight at the end.
        location: weight of `location_loss`, which trains the peak's position, beside the logistic loss.
    """

    width: float = option(1.0, help="siamfc: of the network (default: 1, the full one)")
    start: Path | None = field(
        default=None,
        metadata={"type": Path, "metavar": "FILE", "help": "siamfc: weights to start from, at most as wide"},
    )
    teacher: Path | None = field(
        default=None,
        metadata={"type": Path, "metavar": "FILE", "help": "siamfc: weights of a trained SiamFC to distill"},
    )
    distillation: float = option(1.0, help="siamfc: weight of the distillation at the start (default: 1)")
    last_distillation: float = option(0.2, help="siamfc: and at the end (default: 0.2)")
    location: float = option(0.0, help="siamfc: weight of the loss of the peak's position (default: 0)")

    def __post_init__(self) -> None:
        require("width", self.width, self.width > 0, "a number above 0")
        require("location", self.location, 0 <= self.location < math.inf, "a number of 0 or more")


OBJECTIVES = ("later", "paper", "released")
OBJECTIVES_OF = {
    "k": ("paper", "released"),
    **dict.fromkeys(("regions", "foreign", "label_noise", "own_labels", "carry", "burn_in"), ("later",)),
}
"""Objectives for which an option has an effect, if not for all."""


@dataclass(frozen=True)
class GradNetOptions:
    """What GradNet is trained for; `GradNetTask` describes the objectives.

    Attributes:
        objective: one of `OBJECTIVES`.
        k: `paper` and `released`: pairs that share an exemplar; 1 is training without template
            generalization.
        regions: `later`: search regions per target; each but the last gives an update step.
        foreign: `later`: share of the pairs that start from another target's exemplar.
        label_noise: `later`: standard deviation of the labels' error in update steps, in pixels per axis.
        own_labels: `later`: share of update steps labeled where the current template finds the target.
        carry: `later`: share of the targets whose corrected feature is the start of the next correction.
        burn_in: `later`: passes over a target's regions at most, before those that are learned from, whose
            corrections are carried on.
        template_rate: learning rate of f_2 and U_1, as a share of U_2's.
    """

    objective: str = option(
        "later",
        choices=OBJECTIVES,
        help="gradnet: how a correction is evaluated: by the peak's position on later frames, by the "
        "paper's loss on the same frame, or by the released code's (default: later)",
    )
    k: int = option(8, help="gradnet: paper, released: pairs that share a template (default: 8)")
    regions: int = option(4, help="gradnet: later: frames per target (default: 4)")
    foreign: float = option(
        0.25, help="gradnet: later: share of pairs that start from another target's template (default: 0.25)"
    )
    label_noise: float = option(4.0, help="gradnet: later: error of labels, in pixels (default: 4)")
    own_labels: float = option(
        0.5, help="gradnet: later: share of labels where the tracker finds the target (default: 0.5)"
    )
    carry: float = option(
        0.5, help="gradnet: later: share of targets whose corrections are carried on (default: 0.5)"
    )
    burn_in: int = option(
        0,
        metavar="PASSES",
        help="gradnet: later: passes over the regions at most, before those that are learned from "
        "(default: 0)",
    )
    template_rate: float = option(
        0.05, help="gradnet: learning rate of f_2 and U_1 as a share of U_2's (default: 0.05)"
    )

    def __post_init__(self) -> None:
        require("k", self.k, self.k > 0, "a number above 0")
        require("regions", self.regions, self.regions >= 2, "2 or more")
        require("burn_in", self.burn_in, self.burn_in >= 0, "0 or more")
        for name in ("foreign", "own_labels", "carry"):
            require(name, getattr(self, name), 0 <= getattr(self, name) <= 1, "a share from 0 to 1")
        for name in ("label_noise", "template_rate"):
            require(name, getattr(self, name), 0 <= getattr(self, name) < math.inf, "a number of 0 or more")


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network is trained.

    Attributes:
        steps: number of steps.
        batch: pairs per step.
        rate: highest learning rate; it rises over the first `warm_up` steps and falls to `last_rate`.
        last_rate: learning rate at the end.
        warm_up: steps.
        decay: weight decay.
        optimizer: `"adamw"` (rate falls as half a cosine) or `"sgd"` (momentum 0.9; exponentially).
        clip: largest norm of the gradient.
        round_steps: steps per round of a patch cache that cannot hold everything.
        average: decay of the exponential moving average of the weights, which is the result; with 0 the last
            weights are.
    """

    steps: int
    batch: int = 16
    rate: float = 1e-3
    last_rate: float = 1e-6
    warm_up: int = 100
    decay: float = 1e-4
    optimizer: str = "adamw"
    clip: float = 10.0
    round_steps: int = 500
    average: float = 0.0

    def rate_at(self, step: int) -> float:
        """Returns the learning rate of a step."""
        progress = step / max(1, self.steps)
        if self.optimizer == "sgd":
            rate = self.rate * math.pow(self.last_rate / self.rate, progress)
        else:
            rate = half_cosine(self.rate, self.last_rate, progress)
        return rate * min(1.0, (step + 1) / max(1, self.warm_up))

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "round_steps"):
            require(name, getattr(self, name), getattr(self, name) >= 1, "1 or more")
        for name in ("rate", "last_rate", "clip"):
            require(name, getattr(self, name), getattr(self, name) > 0, "a number above 0")
        for name in ("warm_up", "decay"):
            require(name, getattr(self, name), getattr(self, name) >= 0, "0 or more")
        require("average", self.average, 0 <= self.average < 1, "a number from 0 to below 1")
        require("optimizer", self.optimizer, self.optimizer in ("adamw", "sgd"), "adamw or sgd")


@dataclass(frozen=True)
class Difficulty:
    """How strongly pairs are augmented; ranges are uniform around no change unless noted.

    Attributes:
        shift: the target's distance from the search region's center, per axis, in its pixels.
        scale: of the target in the search region, as a share.
        stretch: of the target's aspect ratio, as a share.
        angle: of rotation, in degrees.
        color: gain of each channel and contrast, as a share.
        brightness: offset, in gray levels.
        gray: share of pairs with one or both images in gray.
        blur: share of crops that are blurred.
        sigma: largest standard deviation of the blur, in pixels.
        distractors: share of search regions into which another object is pasted.
        look_alikes: share of these objects that are of the target's class, where others of it are known.
        occlusion: share of search regions in which another object is pasted over the target.
        single: factor on angle, color, scale and stretch for pairs made of a single image.
        gap: largest distance of a search region from its exemplar, in frames.
        spacing: largest distance between successive search regions of a target, in frames.
    """

    shift: float = 32.0
    scale: float = 0.08
    stretch: float = 0.05
    angle: float = 5.0
    color: float = 0.1
    brightness: float = 12.0
    gray: float = 0.1
    blur: float = 0.2
    sigma: float = 2.5
    distractors: float = 0.3
    look_alikes: float = 0.0
    occlusion: float = 0.0
    single: float = 2.0
    gap: int = 100
    spacing: int = 2

    def __post_init__(self) -> None:
        for item in fields(self):
            require(item.name, getattr(self, item.name), getattr(self, item.name) >= 0, "0 or more")
        for name in ("scale", "stretch"):
            reach = getattr(self, name) * max(1.0, self.single)
            require(name, getattr(self, name), reach < 1, "so little that nothing shrinks to a point")
        for name in ("gray", "blur", "distractors", "look_alikes", "occlusion"):
            require(name, getattr(self, name), getattr(self, name) <= 1, "a share of at most 1")
