"""Renders a scene's frames: background, shadows, drawings, exposure, lens and sensor."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.datasets.demo.noise import Image, Plane, grid, mix, scatter
from benchmarks.datasets.demo.scene import Actor, Scene
from benchmarks.datasets.demo.sprites import Sprite, render_sprite
from trackers.tracker import Frame

WIDTH, HEIGHT = 320, 240
VERSION = 1
"""Increase it with every change that alters a byte of a frame."""

VIGNETTE = 0.28
"""How much darker the corners are than the middle."""
GRAIN = 1.6
"""Standard deviation of the sensor's noise, in gray levels."""
SHADOW = 0.72
"""Fraction of the light that a drawing blocks from the background right below it."""
SOFTNESS = 8
"""Pixels by which a shadow extends beyond its drawing, at scale 1."""
COARSE = 1.4
"""Scale above which a drawing's texels are hardly finer than pixels."""
GRAIN_MARGIN = 64
"""Pixels by which the field of sensor noise exceeds the view, so that every frame gets another part of it."""


class SceneRenderer:
    """Renders the frames of a scene from parts drawn once. Safe to use from several threads."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        moments = {time for index in range(scene.length) for time in scene.exposure(index)}
        cameras = [scene.camera(time) for time in moments]
        self._left = math.floor(min(x for x, _ in cameras))
        self._top = math.floor(min(y for _, y in cameras))
        right = math.ceil(max(x for x, _ in cameras)) + WIDTH + 1
        bottom = math.ceil(max(y for _, y in cameras)) + HEIGHT + 1
        background = np.clip(scene.background(bottom - self._top, right - self._left), 0, 1)
        # Display values are square roots of linear light: a gamma of 2, which needs no power function.
        self._background = background * background
        self._actors = (*scene.below, scene.target, *scene.above)
        self._sprites = {
            drawing: render_sprite(drawing) for drawing in {actor.drawing for actor in self._actors}
        }
        self._vignette, self._grain = vignette(), grain()

    def frame(self, index: int) -> Frame:
        """Renders frame `index` (0-based): RGB, uint8, shape (240, 320, 3)."""
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
        shift = scatter(np.array([index, index]), np.array([0, 1]), 71) % np.uint32(GRAIN_MARGIN)
        dx, dy = (int(v) for v in shift)
        levels += self._grain[:, dy : dy + HEIGHT, dx : dx + WIDTH]
        frame = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
        return np.ascontiguousarray(frame.transpose(1, 2, 0))

    def _light(self, time: float) -> Image:
        """Returns the linear light that enters the lens at one moment, shape (3, HEIGHT, WIDTH)."""
        camera = self.scene.camera(time)
        light = self._view(*camera)
        for actor in self._actors:
            # Where texels are finer than pixels, one sample misses some, unless motion averages them anyway.
            fine = self.scene.exposure_samples == 1 and actor.scale(time) < COARSE
            place(light, actor, self._sprites[actor.drawing], time, camera, 2 if fine else 1)
        return light

    def _view(self, x: float, y: float) -> Image:
        """Returns the background that a camera at (`x`, `y`) sees, interpolated bilinearly."""
        column, row = math.floor(x), math.floor(y)
        left, top = column - self._left, row - self._top
        wide = self._background[:, top : top + HEIGHT + 1, left : left + WIDTH + 1]
        tall = mix(wide[..., :-1], wide[..., 1:], x - column)
        return mix(tall[:, :-1], tall[:, 1:], y - row)


def place(
    light: Image, actor: Actor, sprite: Sprite, time: float, camera: tuple[float, float], samples: int
) -> None:
    """Composites an actor's shadow and picture onto a view, in place.

    Args:
        light: linear light, shape (3, H, W).
        actor: the actor.
        sprite: its rendered drawing.
        time: in frames.
        camera: the world point at the view's upper left corner.
        samples: samples per pixel and axis, 1 or 2, which are averaged.
    """
    pose = actor.pose(time)
    left, top, width, height = (float(v) for v in actor.box(time))
    left, top = left - camera[0], top - camera[1]
    drop = (0.6 * actor.lift, actor.lift)

    view = window(left + drop[0], top + drop[1], width, height, SOFTNESS * actor.scale(time), light)
    x, y = view_points(view, 1)
    shadow = sprite.shadow.sample(*pose.to_drawing(x + (camera[0] - drop[0]), y + (camera[1] - drop[1])))
    light[view] *= 1 - np.float32(SHADOW) * shadow

    view = window(left, top, width, height, 1, light)
    x, y = view_points(view, samples)
    picture = sprite.picture.sample(*pose.to_drawing(x + camera[0], y + camera[1]))
    if samples == 2:
        rows = picture[:, ::2] + picture[:, 1::2]
        picture = (rows[..., ::2] + rows[..., 1::2]) * np.float32(0.25)
    light[view] *= 1 - picture[3]
    light[view] += picture[:3]


def window(
    left: float, top: float, width: float, height: float, margin: float, light: Image
) -> tuple[slice, slice, slice]:
    """Returns the part of a view, possibly empty, that a box and a margin around it cover."""
    rows, columns = (
        slice(*(min(max(bound, 0), size) for bound in (math.floor(low - margin), math.ceil(high + margin))))
        for low, high, size in ((top, top + height, light.shape[1]), (left, left + width, light.shape[2]))
    )
    return slice(None), rows, columns


def view_points(view: tuple[slice, slice, slice], samples: int) -> tuple[Plane, Plane]:
    """Returns x, shape (1, w), and y, shape (h, 1), of the sample points in a window of the view."""
    rows, columns = (
        span.start + (np.arange((span.stop - span.start) * samples, dtype=np.float32) + 0.5) / samples
        for span in view[1:]
    )
    return columns[None, :], rows[:, None]


def vignette() -> Plane:
    """Returns the fraction of light that the lens passes: 1 in the middle, least in the corners."""
    x, y = grid(HEIGHT, WIDTH)
    x, y = (x + 0.5) * (2 / WIDTH) - 1, (y + 0.5) * (2 / HEIGHT) - 1
    radius = (x * x + y * y) * 0.5
    fraction: Plane = 1 - np.float32(VIGNETTE) * radius * (0.5 + 0.5 * radius)
    return fraction


def grain() -> Image:
    """Returns sensor noise in gray levels, larger than the view by `GRAIN_MARGIN`, nearly Gaussian."""
    rows, columns = HEIGHT + GRAIN_MARGIN, WIDTH + GRAIN_MARGIN
    word = scatter(np.arange(columns)[None, None, :], np.arange(3 * rows).reshape(3, rows, 1), 70)
    total = sum((word >> np.uint32(shift)) & np.uint32(255) for shift in (0, 8, 16, 24))
    # The sum of four random bytes is nearly Gaussian: mean 510, variance 4 * (256**2 - 1) / 12.
    return (np.asarray(total, np.float32) - 510) * np.float32(GRAIN / math.sqrt((256**2 - 1) / 3))
