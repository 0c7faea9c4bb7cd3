"""Renders a drawing to textures: paints it on a canvas, shades it and cuts it out.

A drawing's own coordinates are pixels from its middle, at scale 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.demo.noise import Color, Image, Plane, blur, fractal, mix, relief, rgb, step
from benchmarks.datasets.demo.shapes import Points, Shape

DENSITY = 2
"""Texels per pixel at scale 1."""
MARGIN = 12
"""Empty pixels around a drawing, wide enough for its soft shadow."""
SHADOW_STRIDE = 4
"""Texels of the picture per texel of the shadow."""


class Canvas:
    """A picture in a drawing's coordinates on which shapes are painted over each other.

    Attributes:
        x: the x coordinate of every texel, shape (1, W).
        y: the y coordinate, shape (H, 1).
        image: what has been painted so far, shape (3, H, W).
    """

    def __init__(self, x: Plane, y: Plane) -> None:
        self.x, self.y = x, y
        self.image: Image = np.zeros((3, y.shape[0], x.shape[1]), np.float32)

    def wash(self, color: Color | Image) -> None:
        """Paints everything."""
        self.image[:] = color if isinstance(color, np.ndarray) else rgb(color)

    def fill(self, *shapes: Shape, color: Color | Image, opacity: float = 1.0, soft: float = 0.5) -> None:
        """Paints the union of `shapes`, its edges fading over `soft` pixels to either side."""
        cover = step(-distance(shapes, self.x, self.y), -soft, soft) * np.float32(opacity)
        self.image = mix(self.image, color if isinstance(color, np.ndarray) else rgb(color), cover)

    def shade(self, factor: Plane) -> None:
        """Multiplies the brightness by a factor per texel."""
        self.image = self.image * factor

    def fractal(self, cell: tuple[float, float], seed: int, octaves: int = 3) -> Plane:
        """Noise in [0, 1) of the canvas's size; `cell` is in pixels."""
        return fractal(
            self.y.shape[0], self.x.shape[1], (cell[0] * DENSITY, cell[1] * DENSITY), seed, octaves
        )


@dataclass(frozen=True)
class Drawing:
    """An actor's appearance.

    Attributes:
        silhouette: shapes whose union is the drawing.
        paint: paints its surface, which is clipped to the silhouette.
        bulge: width in pixels of the raised edge; the middle is flat.
        gloss: strength of the shading on that edge.
    """

    silhouette: tuple[Shape, ...]
    paint: Callable[[Canvas], None]
    bulge: float = 8.0
    gloss: float = 0.45

    @cached_property
    def outline(self) -> Points:
        """The x and y of points on the boundaries of all shapes of the silhouette, shape (2, n)."""
        return np.concatenate([shape.outline() for shape in self.silhouette], axis=1)


def distance(shapes: tuple[Shape, ...], x: Plane, y: Plane) -> Plane:
    """Returns the signed distance to a union of shapes, negative inside; exact outside and near the edge."""
    nearest = shapes[0].distance(x, y)
    for shape in shapes[1:]:
        nearest = np.minimum(nearest, shape.distance(x, y))
    return nearest


@dataclass(frozen=True)
class Texture:
    """Planes over a rectangle of a drawing's coordinates, with an empty border.

    Attributes:
        planes: float32, shape (C, H, W).
        left: x coordinate of the left edge.
        top: y coordinate of the top edge.
        density: texels per pixel.
    """

    planes: NDArray[np.float32]
    left: float
    top: float
    density: float

    def sample(self, x: Plane, y: Plane) -> NDArray[np.float32]:
        """Samples the planes at (`x`, `y`) bilinearly; the border extends infinitely.

        Args:
            x: drawing coordinates, shape (h, w).
            y: likewise.

        Returns:
            float32, shape (C, h, w).
        """
        count, height, width = self.planes.shape
        x = np.clip((x - self.left) * self.density - 0.5, 0, width - 1.001)
        y = np.clip((y - self.top) * self.density - 0.5, 0, height - 1.001)
        column, row = x.astype(np.int32), y.astype(np.int32)
        right, down = x - column.astype(np.float32), y - row.astype(np.float32)
        at = row * np.int32(width) + column
        flat = self.planes.reshape(count, -1)
        above = mix(flat.take(at, axis=1), flat.take(at + 1, axis=1), right)
        below = mix(flat.take(at + width, axis=1), flat.take(at + (width + 1), axis=1), right)
        return mix(above, below, down)


@dataclass(frozen=True)
class Sprite:
    """A drawing rendered to textures.

    Attributes:
        picture: R, G, B in linear light, multiplied by the opacity, and the opacity: four planes.
        shadow: the fraction of light that the drawing blocks below it: one plane.
    """

    picture: Texture
    shadow: Texture


def render_sprite(drawing: Drawing) -> Sprite:
    """Paints a drawing, lights it from the upper left and cuts it out along its silhouette."""
    (left, right), (top, bottom) = (
        (math.floor(axis.min()) - MARGIN, math.ceil(axis.max()) + MARGIN) for axis in drawing.outline
    )
    columns, rows = (right - left) * DENSITY, (bottom - top) * DENSITY
    x = left + (np.arange(columns, dtype=np.float32)[None, :] + 0.5) / DENSITY
    y = top + (np.arange(rows, dtype=np.float32)[:, None] + 0.5) / DENSITY
    canvas = Canvas(x, y)
    drawing.paint(canvas)
    edge = distance(drawing.silhouette, x, y)
    rise = np.clip(-edge / drawing.bulge, 0, 1)
    canvas.shade(relief(np.sqrt(rise * (2 - rise)) * (drawing.bulge * DENSITY), drawing.gloss))
    canvas.shade(0.62 + 0.38 * step(-edge, 0, 2.2))
    light = np.clip(canvas.image, 0, 1)
    alpha = np.clip(0.5 - edge * DENSITY, 0, 1)
    planes = np.concatenate([light * light * alpha, alpha[None]])
    shadow = blur(alpha[None, ::SHADOW_STRIDE, ::SHADOW_STRIDE], 6)
    # Subsampled, not averaged: each texel lies at the corner of the block that it represents.
    corner = (SHADOW_STRIDE - 1) / (2 * DENSITY)
    return Sprite(
        Texture(planes, left, top, DENSITY),
        Texture(shadow, left - corner, top - corner, DENSITY / SHADOW_STRIDE),
    )
