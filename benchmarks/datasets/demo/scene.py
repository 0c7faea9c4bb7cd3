"""Describes a demo sequence as functions of time: position, scale, angle and lighting of its actors.

The description alone gives the ground truth; `renderer` draws the frames.

World coordinates are pixels, x to the right and y downwards. The camera's position is the world point at the
view's upper left corner. Time is in frames and may be fractional.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.demo.backgrounds import Background
from benchmarks.datasets.demo.noise import uniform
from benchmarks.datasets.demo.shapes import direction
from benchmarks.datasets.demo.sprites import Drawing
from trackers.tracker import Boxes

Array: TypeAlias = NDArray[Any]
"""Float32 coordinates of pixels or float64 coordinates of an outline; results have the same type."""


class Curve:
    """A smooth value over time through given keys, constant before the first and after the last.

    Between keys it is the cubic Hermite polynomial whose slope at a key is that of the line from the key
    before to the key after (Catmull and Rom, "A class of local interpolating splines", 1974, for keys at
    unequal distances).

    Args:
        keys: pairs of time and value, in order of time.
    """

    def __init__(self, *keys: tuple[float, float]) -> None:
        self.keys = keys
        before, after = (keys[0], *keys[:-1]), (*keys[1:], keys[-1])
        self._slopes = tuple(
            (b[1] - a[1]) / (b[0] - a[0]) if b[0] > a[0] else 0.0 for a, b in zip(before, after, strict=True)
        )

    def __call__(self, time: float) -> float:
        """Returns the value at `time`."""
        if time <= self.keys[0][0]:
            return self.keys[0][1]
        for k in range(len(self.keys) - 1):
            (start, low), (end, high) = self.keys[k : k + 2]
            if time <= end:
                span, rise = end - start, high - low
                t = (time - start) / span
                first, last = self._slopes[k] * span, self._slopes[k + 1] * span
                bend = (first + last - 2 * rise) * t + 3 * rise - 2 * first - last
                return low + t * (first + t * bend)
        return self.keys[-1][1]


def constant(value: float) -> Curve:
    """Returns a curve that has the same value at all times."""
    return Curve((0, value))


ZERO, ONE = constant(0.0), constant(1.0)


@dataclass(frozen=True)
class Ripple:
    """A wave that runs along a drawing from its right end to its left and grows as it goes.

    Attributes:
        height: of the wave at the drawing's middle, in pixels.
        length: of one wave, in pixels.
        speed: in waves per frame.
        reach: distance from the middle to the right, in pixels, at which the wave starts from nothing.
    """

    height: float
    length: float
    speed: float
    reach: float

    def shift(self, u: Array, time: float) -> Array:
        """Returns how far points at the drawing's x coordinate `u` move down; parabolas replace the sine."""
        if not self.height:
            return np.zeros_like(u)
        phase = u / self.length + self.speed * time
        side = phase - np.rint(phase)
        wave = 8 * side * (1 - 2 * np.abs(side))
        shift: Array = wave * np.maximum(1 - u / self.reach, 0) * self.height
        return shift


STILL = Ripple(height=0.0, length=1.0, speed=0.0, reach=1.0)


@dataclass(frozen=True)
class Pose:
    """A drawing's transform at one moment: rippled in its own coordinates, then scaled, rotated and moved."""

    x: float
    y: float
    scale: float
    cos: float
    sin: float
    ripple: Ripple
    time: float

    def to_world(self, u: Array, v: Array) -> tuple[Array, Array]:
        """Maps the drawing's own coordinates to the world's."""
        v = v + self.ripple.shift(u, self.time)
        return (
            self.x + self.scale * (self.cos * u - self.sin * v),
            self.y + self.scale * (self.sin * u + self.cos * v),
        )

    def to_drawing(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Maps world coordinates, which may broadcast, to the drawing's own; the inverse of `to_world`."""
        dx, dy = (x - self.x) / self.scale, (y - self.y) / self.scale
        u, v = self.cos * dx + self.sin * dy, self.cos * dy - self.sin * dx
        return u, v - self.ripple.shift(u, self.time)


@dataclass(frozen=True)
class Actor:
    """A drawing and its path through the world.

    Attributes:
        drawing: what it looks like.
        x: its middle, in world pixels.
        y: likewise.
        scale: its size relative to the drawing as drawn.
        angle: in degrees, clockwise.
        ripple: how its body bends.
        lift: height above the background in pixels; the shadow falls that far down and to the right.
    """

    drawing: Drawing
    x: Curve
    y: Curve
    scale: Curve = ONE
    angle: Curve = ZERO
    ripple: Ripple = STILL
    lift: float = 4.0

    def pose(self, time: float) -> Pose:
        """Returns its transform at `time`."""
        cos, sin = direction(self.angle(time))
        return Pose(self.x(time), self.y(time), self.scale(time), cos, sin, self.ripple, time)

    def box(self, time: float) -> Boxes:
        """Returns the tight upright box around its outline, x, y, w, h in world pixels, shape (4,)."""
        x, y = self.pose(time).to_world(*self.drawing.outline)
        return np.array([x.min(), y.min(), x.max() - x.min(), y.max() - y.min()])


@dataclass(frozen=True)
class Scene:
    """One sequence: a background, the actors on it, a camera and the light.

    Attributes:
        name: the sequence's name.
        attributes: what makes it hard, in OTB's abbreviations and order.
        background: drawn below everything.
        target: the drawing to follow.
        below: other drawings, which the target occludes where they overlap.
        above: other drawings, which occlude the target.
        camera_x: the camera's position.
        camera_y: likewise.
        shake: largest camera shake in pixels.
        light: brightness; 1 is a well-lit scene.
        light_gradient: how much brighter the right edge of the view is than its middle; the left edge is
            darker by as much.
        exposure_samples: number of moments averaged per exposure; 1 gives no motion blur.
        shutter: exposure time in frames.
        length: frames.
    """

    name: str
    attributes: tuple[str, ...]
    background: Background
    target: Actor
    below: tuple[Actor, ...] = ()
    above: tuple[Actor, ...] = ()
    camera_x: Curve = ZERO
    camera_y: Curve = ZERO
    shake: float = 1.0
    light: Curve = ONE
    light_gradient: Curve = ZERO
    exposure_samples: int = 1
    shutter: float = 0.0
    length: int = 60

    def camera(self, time: float) -> tuple[float, float]:
        """Returns the camera's position at `time`, including shake."""
        return (
            self.camera_x(time) + self.shake * camera_shake(time, 1),
            self.camera_y(time) + self.shake * camera_shake(time, 2),
        )

    def exposure(self, index: int) -> tuple[float, ...]:
        """Returns the moments that frame `index` averages; their mean is `index` itself."""
        return tuple(
            index + self.shutter * ((k + 0.5) / self.exposure_samples - 0.5)
            for k in range(self.exposure_samples)
        )

    def truth(self) -> Boxes:
        """Returns the target's box in the view at mid-exposure, visible or not; shape (length, 4)."""
        boxes = np.stack([self.target.box(index) for index in range(self.length)])
        boxes[:, :2] -= np.array([self.camera(index) for index in range(self.length)])
        return boxes


def camera_shake(time: float, seed: int, period: float = 2.5) -> float:
    """Returns a smooth random function of time in [-1, 1), one value per `period` frames."""
    index = math.floor(time / period)
    t = time / period - index
    before, after = (float(v) for v in uniform(np.array([index, index + 1]), np.array([seed]), 90))
    return 2 * (before + (after - before) * t * t * (3 - 2 * t)) - 1
