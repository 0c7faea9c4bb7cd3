"""How long and how fast a network is trained, and on how hard pairs; needs no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from trackers.errors import UserError


@dataclass(frozen=True)
class Schedule:
    """How long and how fast.

    Attributes:
        steps: number of steps.
        batch: pairs per step.
        rate: highest learning rate; it rises over the first `warm_up` steps and falls to `last_rate`.
        last_rate: learning rate at the end.
        warm_up: steps.
        decay: weight decay.
        optimiser: `"adamw"` (rate falls as half a cosine) or `"sgd"` (momentum 0.9; exponentially).
        clip: largest norm of the gradient.
        round_steps: steps before the next round of a bank in which not everything fits.
        average: decay of the exponential moving average of the weights, which is what is kept; 0 keeps the
            last weights.
    """

    steps: int
    batch: int = 16
    rate: float = 1e-3
    last_rate: float = 1e-6
    warm_up: int = 100
    decay: float = 1e-4
    optimiser: str = "adamw"
    clip: float = 10.0
    round_steps: int = 500
    average: float = 0.0

    def rate_at(self, step: int) -> float:
        """The learning rate of a step."""
        progress = step / max(1, self.steps)
        if self.optimiser == "sgd":
            rate = self.rate * math.pow(self.last_rate / self.rate, progress)
        else:
            rate = self.last_rate + (self.rate - self.last_rate) * 0.5 * (1 + math.cos(math.pi * progress))
        return rate * min(1.0, (step + 1) / max(1, self.warm_up))

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "round_steps"):
            require(name, getattr(self, name), getattr(self, name) >= 1, "1 or more")
        for name in ("rate", "last_rate", "clip"):
            require(name, getattr(self, name), getattr(self, name) > 0, "a number above 0")
        for name in ("warm_up", "decay"):
            require(name, getattr(self, name), getattr(self, name) >= 0, "0 or more")
        require("average", self.average, 0 <= self.average < 1, "a number from 0 to below 1")
        require("optimiser", self.optimiser, self.optimiser in ("adamw", "sgd"), "adamw or sgd")


@dataclass(frozen=True)
class Difficulty:
    """How far pairs are changed; ranges are uniform around no change unless said otherwise.

    Attributes:
        shift: the target's distance from the search region's centre, per axis, in its pixels.
        scale: of the target in the search region, as a share.
        stretch: of its sides against each other, as a share.
        angle: in degrees.
        colour: gain of each channel and contrast, as a share.
        brightness: in grey levels.
        grey: share of pairs of which one image or both are grey.
        blur: share of crops that are blurred.
        sigma: the largest blur, in pixels.
        distractors: share of search regions into which another object is pasted.
        look_alikes: share of these objects that are of the target's own class, where others of it are known.
        occlusion: share of search regions in which another object is pasted over the target.
        single: factor on angle, colour, scale and stretch for pairs that are one image twice.
        gap: frames between an exemplar and its search regions at the most.
        spacing: frames from one search region to the next at the most, where a target has several.
    """

    shift: float = 32.0
    scale: float = 0.08
    stretch: float = 0.05
    angle: float = 5.0
    colour: float = 0.1
    brightness: float = 12.0
    grey: float = 0.1
    blur: float = 0.2
    sigma: float = 2.5
    distractors: float = 0.3
    look_alikes: float = 0.0
    occlusion: float = 0.0
    single: float = 2.0
    gap: int = 100
    spacing: int = 2

    def __post_init__(self) -> None:
        for field in fields(self):
            require(field.name, getattr(self, field.name), getattr(self, field.name) >= 0, "0 or more")
        for name in ("scale", "stretch"):
            reach = getattr(self, name) * max(1.0, self.single)
            require(name, getattr(self, name), reach < 1, "so little that nothing shrinks to a point")
        for name in ("grey", "blur", "distractors", "look_alikes", "occlusion"):
            require(name, getattr(self, name), getattr(self, name) <= 1, "a share of at most 1")


def require(name: str, value: object, holds: bool, range_: str) -> None:
    """Raises a UserError that names an option unless its value `holds`."""
    if not holds:
        raise UserError(f"--{name.replace('_', '-')} is {value}; give {range_}")
