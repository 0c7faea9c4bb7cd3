"""Plane shapes with an outline, as points, and an interior, as a signed distance.

The outline gives the ground truth, the distance gives the pixels; both come from the same few numbers.
Lengths are in pixels, x to the right and y downwards.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.demo.noise import Plane

Points: TypeAlias = NDArray[np.float64]
"""Float64 array of shape (2, n): the x and the y of n points."""

FINENESS = 2.0**-16
"""Sines and cosines are rounded to multiples of this, far coarser than errors of `math` libraries."""


def direction(degrees: float) -> tuple[float, float]:
    """Returns cosine and sine of an angle, rounded to `FINENESS`; positive angles are clockwise."""
    turn = math.radians(degrees)
    return round(math.cos(turn) / FINENESS) * FINENESS, round(math.sin(turn) / FINENESS) * FINENESS


class Shape(ABC):
    """A filled shape around the origin of its own coordinates."""

    @abstractmethod
    def outline(self) -> Points:
        """Returns points on the boundary, dense enough to follow a bent shape."""

    @abstractmethod
    def distance(self, x: Plane, y: Plane) -> Plane:
        """Returns the signed distance to the boundary in pixels, negative inside; exact to first order."""


@dataclass(frozen=True)
class Ellipse(Shape):
    """An ellipse with semi-axes `rx`, `ry` around (`x`, `y`), turned by `angle` degrees."""

    x: float
    y: float
    rx: float
    ry: float
    angle: float = 0.0

    def outline(self) -> Points:
        cos, sin = direction(self.angle)
        u, v = circle(120) * np.array([[self.rx], [self.ry]])
        return np.stack([self.x + cos * u - sin * v, self.y + sin * u + cos * v])

    def distance(self, x: Plane, y: Plane) -> Plane:
        cos, sin = direction(self.angle)
        x, y = x - self.x, y - self.y
        u, v = (cos * x + sin * y) / self.rx, (cos * y - sin * x) / self.ry
        radius = np.sqrt(u * u + v * v) + np.float32(1e-6)
        u, v = u / self.rx, v / self.ry
        # Value divided by the gradient's length, which is capped because it vanishes in the middle.
        slope = np.sqrt(u * u + v * v) / radius
        return (radius - 1) / np.maximum(slope, 1 / max(self.rx, self.ry))


@dataclass(frozen=True)
class Box(Shape):
    """An upright rectangle around (`x`, `y`) of half sizes `hx`, `hy`, with corners of radius `corner`."""

    x: float
    y: float
    hx: float
    hy: float
    corner: float = 0.0

    def outline(self) -> Points:
        dx, dy = self.hx - self.corner, self.hy - self.corner
        corners = ((dx, dy), (-dx, dy), (-dx, -dy), (dx, -dy))
        return rounded([(self.x + x, self.y + y) for x, y in corners], self.corner)

    def distance(self, x: Plane, y: Plane) -> Plane:
        dx = np.abs(x - self.x) - (self.hx - self.corner)
        dy = np.abs(y - self.y) - (self.hy - self.corner)
        outer_x, outer_y = np.maximum(dx, 0), np.maximum(dy, 0)
        outside = np.sqrt(outer_x * outer_x + outer_y * outer_y)
        signed: Plane = outside + np.minimum(np.maximum(dx, dy), 0) - self.corner
        return signed


@dataclass(frozen=True)
class Polygon(Shape):
    """A polygon, given by its corners in order, grown by `corner` so that its corners are round."""

    corners: tuple[tuple[float, float], ...]
    corner: float = 0.0

    def outline(self) -> Points:
        return rounded(self.corners, self.corner)

    def distance(self, x: Plane, y: Plane) -> Plane:
        shape = np.broadcast_shapes(x.shape, y.shape)
        squared = np.full(shape, 1e9, np.float32)
        inside = np.zeros(shape, np.bool_)
        for (ax, ay), (bx, by) in zip(self.corners, self.corners[1:] + self.corners[:1], strict=True):
            ex, ey = bx - ax, by - ay
            px, py = x - ax, y - ay
            t = np.clip((px * ex + py * ey) / (ex * ex + ey * ey), 0, 1)
            dx, dy = px - t * ex, py - t * ey
            squared = np.minimum(squared, dx * dx + dy * dy)
            # A ray to the right crosses the edge: the even-odd rule.
            if ey:
                inside ^= ((y >= ay) != (y >= by)) & (px < py * (ex / ey))
        return np.where(inside, -np.sqrt(squared), np.sqrt(squared)) - np.float32(self.corner)


def circle(count: int) -> Points:
    """Returns `count` points on the unit circle, shape (2, count)."""
    return np.array([direction(360 / count * k) for k in range(count)]).T


def rounded(corners: Sequence[tuple[float, float]], radius: float, pieces: int = 8) -> Points:
    """Returns the outline of a polygon grown by `radius`: a circle at equally spaced points of every edge.

    The circles' inner points lie inside the shape, where they do not affect its extent.
    """
    start = np.array(corners, np.float64).T[:, :, None]
    edge = np.roll(start, -1, axis=1) - start
    cuts = (start + edge * (np.arange(pieces) / pieces)).reshape(2, -1)
    if not radius:
        return cuts
    return (cuts[:, :, None] + radius * circle(36)[:, None, :]).reshape(2, -1)


def line(*points: tuple[float, float], thickness: float) -> tuple[Polygon, ...]:
    """Returns a stroke of `thickness` through `points` with round ends, one polygon per segment."""
    return tuple(Polygon((a, b), thickness / 2) for a, b in pairwise(points))
