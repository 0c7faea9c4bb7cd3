"""Backgrounds of the demo's scenes, such as wood, stone and sand, generated from noise.

Each function takes a height and a width in pixels and returns the same image for the same size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from benchmarks.datasets.demo.noise import (
    Image,
    blur,
    cells,
    fold,
    fractal,
    grid,
    mix,
    noise,
    ramp,
    relief,
    rgb,
    smooth,
    squares,
    step,
    uniform,
)

Background: TypeAlias = Callable[[int, int], Image]
"""Renders a background of a height and a width."""


def leaves(height: int, width: int) -> Image:
    """A floor of fallen leaves, each with a midrib, veins and a shadow on the leaves below."""
    image = ramp(fractal(height, width, (18, 18), 1), (28, 24, 14), (66, 54, 30))
    for layer, size in enumerate((34.0, 44.0)):
        _scatter_leaves(image, size, 20 + 10 * layer)
    return blur(image * relief(fractal(height, width, (5, 5), 2, 2), 0.35), 2)


def _scatter_leaves(image: Image, size: float, seed: int) -> None:
    """Places one leaf on every lattice square of `size` pixels, in random places and directions."""
    _, height, width = image.shape
    points, around = squares(height, width, size)
    place_x, place_y, turn_x, turn_y, kind = (uniform(*points, seed + k) for k in range(5))
    turn_x, turn_y = turn_x - 0.5, turn_y - 0.5
    # Dividing by a length between 0.7 and 1.3 times the vector's own makes leaves of different sizes.
    length = np.sqrt(turn_x * turn_x + turn_y * turn_y) * (0.7 + 0.6 * fold(kind * 7) * 2) + np.float32(1e-3)
    turn_x, turn_y = turn_x / length, turn_y / length
    tints = ramp(kind, (66, 84, 38), (108, 112, 52), (142, 112, 60), (122, 76, 44), (84, 60, 42))
    # All pixels visit the squares in the same order, so they agree on which leaf covers which.
    for x, y, at in around:
        dx, dy = x - place_x.take(at), y - place_y.take(at)
        cos, sin = turn_x.take(at), turn_y.take(at)
        along, across = dx * cos + dy * sin, dy * cos - dx * sin
        side = np.abs(across)
        inside = 0.42 * (1 - along * along * np.float32(1.9)) * (1 + 0.3 * along) - side
        veins = 0.74 + 0.5 * fold((along - 0.7 * side) * 7)
        light = (0.84 + 0.34 * (across > 0).astype(np.float32)) * veins * (1.15 - 0.5 * side)
        light += 0.4 * step(-side, -0.035, -0.01)
        shadow, cover = 0.5 + 0.5 * step(-inside, -0.02, 0.16), step(inside, 0, 0.05)
        for channel, tint in zip(image, tints, strict=True):
            channel *= shadow
            channel += (tint.take(at) * light - channel) * cover


def rug(height: int, width: int) -> Image:
    """A woven rug: rows of lozenges in wool, threads over and under each other."""
    x, y = grid(height, width)
    drift = fractal(height, width, (40, 40), 3, 2) * 5
    lozenge = fold((x + drift) / 56) * 2 + fold((y + drift) / 44) * 2
    band = (np.floor((y + drift) / 44).astype(np.int32) & 1).astype(np.float32)
    field = mix(rgb((122, 50, 48)), rgb((62, 78, 110)), band)
    image = mix(field, rgb((196, 172, 128)), step(0.12 - np.abs(lozenge - 0.72), 0, 0.05))
    image = mix(image, rgb((64, 96, 92)), step(0.42 - lozenge, 0, 0.05))
    image = mix(image, rgb((206, 150, 70)), step(0.17 - lozenge, 0, 0.05))
    threads = fold(x / 4 + np.rint(y / 3) * 0.5) * fold(y / 3 + 0.5) * 4
    wool = 0.7 + 0.3 * threads + 0.45 * (fractal(height, width, (9, 3), 4) - 0.5)
    return blur(image * wool, 1)


def planks(height: int, width: int) -> Image:
    """Wooden boards with grain, growth rings and dark seams."""
    x, y = grid(height, width)
    board = np.floor(y / 52).astype(np.int32)
    shade = uniform(board, np.zeros_like(board), 5)
    # Every board is cut from another part of the trunk, so its rings start elsewhere.
    bend = fractal(height, width, (120, 26), 6, 3) * 9 + shade * 40
    rings = fold(y / 13 + bend * 0.45) * 2
    fibers = fractal(height, width, (46, 2.2), 7, 3)
    wood = 0.55 * rings * fractal(height, width, (60, 30), 8, 2) + 0.45 * fibers + 0.25 * (shade - 0.5)
    image = ramp(wood, (84, 52, 30), (150, 100, 60), (196, 146, 94), (222, 180, 128))
    ends = np.abs(x - 70 - shade * 260)
    seam = np.minimum(fold(y / 52) * 52, ends)
    image = image * (0.25 + 0.75 * step(seam, 0.4, 2.2))
    return blur(image * relief(fibers, 0.5), 1)


def slabs(height: int, width: int) -> Image:
    """Weathered stone with cracks, grains and patches of lichen."""
    coarse = fractal(height, width, (70, 70), 9, 5, 0.6)
    image = ramp(coarse * 1.5 - 0.25, (84, 82, 80), (128, 124, 118), (164, 158, 148))
    grains = fractal(height, width, (4, 4), 10, 2)
    image = image * (0.75 + 0.5 * grains)
    patch = fractal(height, width, (34, 34), 11, 4, 0.6)
    image = mix(image, ramp(grains, (112, 112, 58), (190, 184, 96)), 0.75 * step(patch, 0.56, 0.62))
    image = mix(
        image, ramp(grains, (168, 172, 166), (216, 218, 208)), 0.7 * step(patch, 0.2, 0.36) * (patch < 0.36)
    )
    crack = np.abs(fractal(height, width, (90, 90), 12, 4) - 0.5)
    height_field = coarse * 14 + grains * 1.2 + 2.5 * step(crack, 0, 0.02)
    return blur(image * relief(height_field, 0.28) * (0.4 + 0.6 * step(crack, 0, 0.012)), 1)


def bricks(height: int, width: int) -> Image:
    """A wall of bricks in running bond, chipped at the edges, with rough mortar."""
    x, y = grid(height, width)
    wobble = fractal(height, width, (14, 14), 13, 3) * 3
    row = np.floor((y + wobble) / 27)
    shifted = (x + wobble) / 62 + row * 0.5
    brick = uniform(np.floor(shifted).astype(np.int32), row.astype(np.int32), 14)
    edge = np.minimum(fold((y + wobble) / 27) * 27, fold(shifted) * 62)
    face = step(edge, 1.2, 3.0)
    rough = fractal(height, width, (7, 7), 15, 3)
    clay = ramp(brick, (112, 56, 44), (150, 78, 56), (168, 98, 70), (132, 74, 66))
    clay = clay * (0.72 + 0.55 * fractal(height, width, (24, 24), 16, 4))
    image = mix(ramp(rough, (126, 120, 110), (176, 170, 158)), clay, face)
    return blur(image * relief(face * 2.2 + rough * 2.2, 0.3), 1)


def asphalt(height: int, width: int) -> Image:
    """A road surface: tar with chips of stone, worn paint, cracks and a stain or two."""
    x, y = grid(height, width)
    chips, second, kind = cells(height, width, 3.6, 17)
    image = ramp(kind * 0.8 + 0.2 * chips, (72, 72, 76), (110, 110, 112), (146, 144, 138)) * (
        0.7 + 0.4 * (second - chips)
    )
    worn = fractal(height, width, (11, 11), 18, 4)
    dashes = step(14 - np.abs(y - 96), 0, 2) * step(fold(x / 150) * 150, 26, 28)
    kerb = step(9 - np.abs(y - 236), 0, 2)
    image = mix(image, rgb((214, 210, 198)), 0.9 * dashes * step(worn, 0.34, 0.46))
    image = mix(image, rgb((206, 164, 52)), 0.9 * kerb * step(worn, 0.36, 0.46))
    crack = np.abs(fractal(height, width, (110, 70), 19, 5) - 0.5)
    image = image * (0.4 + 0.6 * step(crack, 0.002, 0.014))
    stain = fractal(height, width, (80, 60), 20, 3)
    return blur(image * (0.86 + 0.3 * step(stain, 0.3, 0.6)) * relief(worn, 0.8), 1)


def pond(height: int, width: int) -> Image:
    """Pebbles under clear water, with the bright lines that ripples throw on the bed."""
    nearest, second, kind = cells(height, width, 26, 21)
    gap = second - nearest
    # Rounding the corners where three cells meet makes pebbles of polygons.
    dome = step(gap - 0.35 * nearest * nearest, -0.1, 0.45)
    dome = dome * (2 - dome)
    grains = fractal(height, width, (6, 6), 22, 3)
    stones = ramp(kind, (104, 106, 98), (168, 158, 134), (128, 134, 130), (198, 190, 170), (146, 118, 92))
    image = stones * (0.75 + 0.5 * grains) * (0.25 + 0.75 * step(dome, 0.02, 0.55)) * relief(dome * 7, 0.3)
    lines = np.abs(fractal(height, width, (64, 52), 23, 2) - noise(height, width, (40, 44), 24))
    water = rgb((188, 222, 212)) * (0.84 + 0.55 * step(0.07 - lines, 0, 0.07))
    return blur(image * water, 3)


def board(height: int, width: int) -> Image:
    """A painted game board of cream and red squares, each with a dot, worn by play."""
    x, y = grid(height, width)
    parity = ((np.floor(x / 46) + np.floor(y / 46)).astype(np.int32) & 1).astype(np.float32)
    worn = fractal(height, width, (16, 16), 25, 4)
    fibers = fractal(height, width, (3, 30), 26, 3)
    image = mix(rgb((166, 44, 38)), rgb((214, 190, 148)), parity)
    center_x, center_y = fold(x / 46 + 0.5) * 46, fold(y / 46 + 0.5) * 46
    dot = np.sqrt(center_x * center_x + center_y * center_y)
    image = mix(image, mix(rgb((224, 206, 170)), rgb((150, 36, 34)), parity), step(7.5 - dot, 0, 1.2))
    image = mix(
        image, rgb((52, 36, 28)), 0.85 * step(1.4 - np.minimum(fold(x / 46), fold(y / 46)) * 46, 0, 1)
    )
    image = mix(image, rgb((132, 96, 66)), 0.6 * step(worn, 0.58, 0.7))
    return blur(image * (0.7 + 0.6 * fibers) * relief(worn, 0.5), 1)


def sand(height: int, width: int) -> Image:
    """Rippled sand with shadows in the furrows, grit and broken shells."""
    x, y = grid(height, width)
    bend = fractal(height, width, (90, 60), 27, 3) * 44
    ridges = smooth(fold((y + 0.25 * x + bend) / 17) * 2)
    grit = fractal(height, width, (2.5, 2.5), 28, 2)
    image = ramp(
        0.5 * ridges + 0.5 * fractal(height, width, (50, 50), 29, 4),
        (168, 132, 92),
        (206, 174, 128),
        (228, 202, 160),
    )
    image = image * (0.8 + 0.4 * grit) * relief(ridges * 5, 0.16)
    nearest, _, kind = cells(height, width, 19, 30)
    shell = step(0.17 - nearest - 0.25 * (grit - 0.5), 0, 0.06) * (kind > 0.7)
    image = mix(image, ramp((kind - 0.7) * 3.3, (96, 84, 74), (226, 214, 200), (188, 150, 136)), shell)
    return blur(image * relief(shell * 1.5, 0.4), 1)
