"""Noise, cells and blending: the array functions behind all of the demo's pictures.

A plane is float32 of shape (H, W), an image float32 of shape (3, H, W), RGB in [0, 1] as displayed. Colors
are RGB triples from 0 to 255.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

# Always float32. NumPy's type annotations wrongly make float32 times a Python float float64.
Plane: TypeAlias = NDArray[Any]
Image: TypeAlias = NDArray[Any]
Indices: TypeAlias = NDArray[np.intp]
Color: TypeAlias = tuple[int, int, int]


def scatter(x: NDArray[np.integer], y: NDArray[np.integer], seed: int) -> NDArray[np.uint32]:
    """Hashes pairs of integers so that flipping any bit of the input flips about half of the output's.

    Args:
        x: integers of any shape.
        y: integers that broadcast with `x`. At least one of the two has an axis.
        seed: chooses one of 2**32 unrelated hashes.

    Returns:
        uint32 array of the broadcast shape.
    """
    value = x.astype(np.uint32) * np.uint32(0x9E3779B1) ^ np.uint32(seed * 0x632BE5AB & 0xFFFFFFFF)
    for word in (y.astype(np.uint32), np.uint32(0x1B56C4E9)):
        value = value ^ value >> np.uint32(15)
        value = (value ^ word) * np.uint32(0x6C8E9CF5)
        value = value ^ value >> np.uint32(13)
        value = value * np.uint32(0xA3D95FA9)
        value = value ^ value >> np.uint32(16)
    return value


def uniform(x: NDArray[np.integer], y: NDArray[np.integer], seed: int) -> Plane:
    """Hashes pairs of integers to multiples of 2**-16 in [0, 1); see `scatter`."""
    return (scatter(x, y, seed) >> np.uint32(16)).astype(np.float32) * np.float32(2**-16)


def grid(height: int, width: int) -> tuple[Plane, Plane]:
    """Returns the x and y of every pixel, shapes (1, width) and (height, 1), which broadcast."""
    return np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]


def noise(height: int, width: int, cell: tuple[float, float], seed: int) -> Plane:
    """Smooth random plane in [0, 1): random values on a lattice, blended by smooth steps (value noise).

    Args:
        height: rows.
        width: columns.
        cell: the lattice's spacing in x and in y, in pixels; unequal spacings give streaks.
        seed: chooses the lattice's values.
    """
    (column, across), (row, down) = (_lattice(n, c) for n, c in zip((width, height), cell, strict=True))
    values = uniform(np.arange(column[-1] + 2)[None, :], np.arange(row[-1] + 2)[:, None], seed)
    rows = mix(values[row], values[row + 1], down[:, None])
    return mix(rows[:, column], rows[:, column + 1], across)


def _lattice(length: int, cell: float) -> tuple[NDArray[np.intp], Plane]:
    """Returns for each pixel the lattice point before it and the weight, in [0, 1), of the one after."""
    position = np.arange(length, dtype=np.float32) / np.float32(cell)
    index = np.floor(position)
    t = position - index
    return index.astype(np.intp), smooth(t)


def fractal(
    height: int, width: int, cell: tuple[float, float], seed: int, octaves: int = 4, gain: float = 0.5
) -> Plane:
    """Sums octaves of `noise`, each with half the spacing and `gain` times the amplitude; in [0, 1)."""
    total = np.zeros((height, width), np.float32)
    weight, weights = 1.0, 0.0
    for octave in range(octaves):
        spacing = (cell[0] / 2**octave, cell[1] / 2**octave)
        total += np.float32(weight) * noise(height, width, spacing, seed + 101 * octave)
        weights += weight
        weight *= gain
    scaled: Plane = total / np.float32(weights)
    return scaled


def mix(first: Plane, second: Plane, weight: Plane | float) -> Plane:
    """Blends from `first` (weight 0) to `second` (weight 1)."""
    blend: Plane = (second - first) * weight
    blend += first
    return blend


def step(value: Plane, low: float, high: float) -> Plane:
    """Rises linearly from 0 where `value` is at most `low` to 1 where it is at least `high`."""
    rise: Plane = np.clip((value - low) / (high - low), 0, 1)
    return rise


def smooth(value: Plane) -> Plane:
    """Makes a rise from 0 to 1 start and end level: the cubic 3 t^2 - 2 t^3."""
    smoothed: Plane = value * value * (3 - 2 * value)
    return smoothed


def fold(value: Plane) -> Plane:
    """Returns the distance to the nearest integer, in [0, 0.5]: a triangle wave of period 1."""
    distance: Plane = np.abs(value - np.rint(value))
    return distance


def rgb(color: Color) -> Image:
    """Returns a color as an image of shape (3, 1, 1)."""
    return (np.asarray(color, np.float32) / 255)[:, None, None]


def ramp(value: Plane, *colors: Color) -> Image:
    """Maps a plane to colors, evenly spaced over the values 0 to 1 and blended linearly between."""
    scaled = np.clip(value, 0, 1) * np.float32(len(colors) - 1)
    image = np.broadcast_to(rgb(colors[0]), (3, *value.shape))
    for k in range(len(colors) - 1):
        image = mix(image, rgb(colors[k + 1]), np.clip(scaled - k, 0, 1))
    return image


def relief(height: Plane, strength: float) -> Plane:
    """Returns brightness factors of a height field (pixels) lit from the upper left; 1 where it is flat."""
    padded = np.pad(height, ((1, 0), (1, 0)), mode="edge")
    factor: Plane = np.clip(1 + np.float32(strength) * (height - padded[:-1, :-1]), 0.25, 1.9)
    return factor


def blur(image: Plane, passes: int) -> Plane:
    """Smooths the last two axes with `passes` rounds of the kernel (1 2 1) / 4; edges repeat."""
    for _ in range(passes):
        for axis in (-1, -2):
            pad = [(0, 0)] * image.ndim
            pad[axis] = (1, 1)
            wide = np.moveaxis(np.pad(image, pad, mode="edge"), axis, 0)
            image = np.moveaxis((wide[:-2] + wide[2:] + 2 * wide[1:-1]) * np.float32(0.25), 0, axis)
    return np.ascontiguousarray(image)


def squares(
    height: int, width: int, size: float
) -> tuple[tuple[Indices, Indices], Iterator[tuple[Plane, Plane, Indices]]]:
    """Visits, for all pixels at once, a pixel's lattice square and the eight squares around it.

    Args:
        height: rows of pixels.
        width: columns of pixels.
        size: side of a square in pixels.

    Returns:
        The columns, shape (1, n), and rows, shape (m, 1), of all squares, to hash. Also an iterator that
        yields for each of the nine the pixels' x and y from the square's corner, in units of `size`, and the
        square's flat index among the m * n.
    """
    x, y = (axis / np.float32(size) for axis in grid(height, width))
    column, row = np.floor(x), np.floor(y)
    columns, rows = int(column[0, -1]) + 3, int(row[-1, 0]) + 3

    def walk() -> Iterator[tuple[Plane, Plane, Indices]]:
        for j, i in product((-1, 0, 1), repeat=2):
            at = ((row + (j + 1)) * columns + (column + (i + 1))).astype(np.intp)
            yield x - (column + i), y - (row + j), at

    return (np.arange(columns)[None, :], np.arange(rows)[:, None]), walk()


def cells(height: int, width: int, size: float, seed: int) -> tuple[Plane, Plane, Plane]:
    """Divides the plane into irregular cells around one random point per lattice square.

    Cellular noise after Worley, "A cellular texture basis function", SIGGRAPH 1996.

    Args:
        height: rows of pixels.
        width: columns of pixels.
        size: side of a square in pixels.
        seed: chooses the points; `seed + 1` and `seed + 2` are used too.

    Returns:
        The distances to the nearest point and to the second nearest, in units of `size`, and a number in
        [0, 1) that is constant within a cell; each of shape (height, width). Only points in the nine squares
        around a pixel are considered.
    """
    nearest = np.full((height, width), 9, np.float32)
    second = nearest.copy()
    owner = np.zeros((height, width), np.float32)
    points, around = squares(height, width, size)
    place_x, place_y, identity = (uniform(*points, seed + k) for k in range(3))
    for x, y, at in around:
        dx, dy = x - place_x.take(at), y - place_y.take(at)
        squared = dx * dx + dy * dy
        closer = squared < nearest
        second = np.where(closer, nearest, np.minimum(second, squared))
        owner = np.where(closer, identity.take(at), owner)
        nearest = np.where(closer, squared, nearest)
    return np.sqrt(nearest), np.sqrt(second), owner
