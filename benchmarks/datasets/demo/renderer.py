"""Turns a scene into frames: ground, shadows, toys, exposure, lens and sensor."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.datasets.demo.noise import Image, Plane, grid, mix, scatter
from benchmarks.datasets.demo.scene import Actor, Scene
from benchmarks.datasets.demo.sprites import Sprite, render_sprite
from trackers.tracker import Frame

WIDTH, HEIGHT = 320, 240
VERSION = 1
"""To be raised with every change that changes a single byte of a frame."""

VIGNETTE = 0.28
"""How much darker the corners are than the middle."""
GRAIN = 1.6
"""Standard deviation of the sensor's noise, in grey levels."""
SHADOW = 0.72
"""Share of the light that a drawing takes from the ground right below it."""
SOFTNESS = 8
"""Pixels by which a shadow reaches beyond its drawing, at scale 1."""
COARSE = 1.4
"""Scale from which on a drawing's texels are hardly finer than pixels."""
SPILL = 64
"""How much larger than the view the field of sensor noise is, so that every frame gets another part of it."""


class SceneRenderer:
    """Everything that is drawn once for a scene, and the frames made of it. Safe to use from many threads."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        moments = {time for index in range(scene.length) for time in scene.exposure(index)}
        cameras = [scene.camera(time) for time in moments]
        self._left = math.floor(min(x for x, _ in cameras))
        self._top = math.floor(min(y for _, y in cameras))
        right = math.ceil(max(x for x, _ in cameras)) + WIDTH + 1
        bottom = math.ceil(max(y for _, y in cameras)) + HEIGHT + 1
        ground = np.clip(scene.ground(bottom - self._top, right - self._left), 0, 1)
        # Display values are square roots of linear light: a gamma of 2, which needs no power function.
        self._ground = ground * ground
        self._actors = (*scene.below, scene.target, *scene.above)
        self._sprites = {
            drawing: render_sprite(drawing) for drawing in {actor.drawing for actor in self._actors}
        }
        self._vignette, self._grain = vignette(), grain()

    def frame(self, index: int) -> Frame:
        """Draws frame `index` (0-based): RGB, uint8, shape (240, 320, 3)."""
        moments = self.scene.exposure(index)
        light = self._light(moments[0])
        for time in moments[1:]:
            light += self._light(time)
        light_gradient = self.scene.light_gradient(index)
        across = 1 + np.float32(light_gradient) * (
            (np.arange(WIDTH, dtype=np.float32) + 0.5) * (2 / WIDTH) - 1
        )
        light *= self._vignette * (across * np.float32(self.scene.light(index) / len(moments)))
        levels = np.sqrt(np.minimum(light, 1)) * 255
        shift = scatter(np.array([index, index]), np.array([0, 1]), 71) % np.uint32(SPILL)
        dx, dy = (int(v) for v in shift)
        levels += self._grain[:, dy : dy + HEIGHT, dx : dx + WIDTH]
        frame = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
        return np.ascontiguousarray(frame.transpose(1, 2, 0))

    def _light(self, time: float) -> Image:
        """The light that falls through the lens at one moment, linear, shape (3, HEIGHT, WIDTH)."""
        camera = self.scene.camera(time)
        light = self._view(*camera)
        for actor in self._actors:
            # Where texels are finer than pixels, one sample misses some, unless motion averages them anyway.
            fine = self.scene.exposure_samples == 1 and actor.scale(time) < COARSE
            place(light, actor, self._sprites[actor.drawing], time, camera, 2 if fine else 1)
        return light

    def _view(self, x: float, y: float) -> Image:
        """The part of the ground that a camera at (`x`, `y`) sees, between whole pixels bilinearly."""
        column, row = math.floor(x), math.floor(y)
        left, top = column - self._left, row - self._top
        wide = self._ground[:, top : top + HEIGHT + 1, left : left + WIDTH + 1]
        tall = mix(wide[..., :-1], wide[..., 1:], x - column)
        return mix(tall[:, :-1], tall[:, 1:], y - row)


def place(
    light: Image, actor: Actor, sprite: Sprite, time: float, camera: tuple[float, float], samples: int
) -> None:
    """Puts an actor's shadow and then its picture into a view, in place.

    Args:
        light: linear light, shape (3, H, W).
        actor: who.
        sprite: its drawing, cut out.
        time: when.
        camera: the world point at the view's upper left corner.
        samples: per pixel and axis, averaged: 1 or 2.
    """
    pose = actor.pose(time)
    left, top, width, height = (float(v) for v in actor.box(time))
    left, top = left - camera[0], top - camera[1]
    drop = (0.6 * actor.lift, actor.lift)

    view = window(left + drop[0], top + drop[1], width, height, SOFTNESS * actor.scale(time), light)
    x, y = view_points(view, 1)
    shadow = sprite.shadow.sample(*pose.to_toy(x + (camera[0] - drop[0]), y + (camera[1] - drop[1])))
    light[view] *= 1 - np.float32(SHADOW) * shadow

    view = window(left, top, width, height, 1, light)
    x, y = view_points(view, samples)
    picture = sprite.picture.sample(*pose.to_toy(x + camera[0], y + camera[1]))
    if samples == 2:
        rows = picture[:, ::2] + picture[:, 1::2]
        picture = (rows[..., ::2] + rows[..., 1::2]) * np.float32(0.25)
    light[view] *= 1 - picture[3]
    light[view] += picture[:3]


def window(
    left: float, top: float, width: float, height: float, margin: float, light: Image
) -> tuple[slice, slice, slice]:
    """The part of a view, perhaps empty, that a box and a margin around it cover."""
    rows, columns = (
        slice(*(min(max(bound, 0), size) for bound in (math.floor(low - margin), math.ceil(high + margin))))
        for low, high, size in ((top, top + height, light.shape[1]), (left, left + width, light.shape[2]))
    )
    return slice(None), rows, columns


def view_points(view: tuple[slice, slice, slice], samples: int) -> tuple[Plane, Plane]:
    """The x, shape (1, w), and y, shape (h, 1), of the sample points of a window of the view."""
    rows, columns = (
        span.start + (np.arange((span.stop - span.start) * samples, dtype=np.float32) + 0.5) / samples
        for span in view[1:]
    )
    return columns[None, :], rows[:, None]


def vignette() -> Plane:
    """Share of the light that a lens passes: 1 in the middle of the view, least in its corners."""
    x, y = grid(HEIGHT, WIDTH)
    x, y = (x + 0.5) * (2 / WIDTH) - 1, (y + 0.5) * (2 / HEIGHT) - 1
    radius = (x * x + y * y) * 0.5
    share: Plane = 1 - np.float32(VIGNETTE) * radius * (0.5 + 0.5 * radius)
    return share


def grain() -> Image:
    """Sensor noise in grey levels, larger than the view by `SPILL`; a sum of four bytes is near normal."""
    rows, columns = HEIGHT + SPILL, WIDTH + SPILL
    word = scatter(np.arange(columns)[None, None, :], np.arange(3 * rows).reshape(3, rows, 1), 70)
    total = sum((word >> np.uint32(shift)) & np.uint32(255) for shift in (0, 8, 16, 24))
    # A byte's variance is (256**2 - 1) / 12, and four of them have a mean of 510.
    return (np.asarray(total, np.float32) - 510) * np.float32(GRAIN / math.sqrt((256**2 - 1) / 3))
