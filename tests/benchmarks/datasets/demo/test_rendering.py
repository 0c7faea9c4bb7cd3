"""Noise, shapes, curves, sprites and the camera of the demo's renderer."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.path import Path
from scipy.interpolate import CubicHermiteSpline
from scipy.ndimage import convolve1d, map_coordinates
from scipy.spatial import cKDTree

from benchmarks.datasets.demo import backgrounds, drawings, noise
from benchmarks.datasets.demo.renderer import GRAIN, GRAIN_MARGIN, grain, view_points, vignette, window
from benchmarks.datasets.demo.scene import Curve, Pose, Ripple, camera_shake
from benchmarks.datasets.demo.shapes import Box, Ellipse, Polygon, direction, line
from benchmarks.datasets.demo.sprites import Texture, distance, render_sprite

SHAPES = [
    Ellipse(3, -2, 20, 11, 35),
    Ellipse(0, 0, 9, 9),
    Box(1, 1, 8, 12),
    Polygon(((-20, -9), (14, -12), (4, 0), (18, 13), (-16, 10))),
    Box(-4, 5, 17, 9, 3),
    Polygon(((-12, -9), (14, -7), (3, 11)), 4),
    *line((-13, 4), (9, -8), thickness=5),
]
GROUNDS = [
    value
    for name, value in vars(backgrounds).items()
    if getattr(value, "__module__", "") == backgrounds.__name__
]
DRAWN = [ground for ground in GROUNDS if not ground.__name__.startswith("_")]
TOYS = [
    drawings.mask(),
    drawings.ball(),
    drawings.book(),
    drawings.beetle(),
    drawings.leaf(),
    drawings.tin(),
    drawings.car(),
    drawings.fish(),
]
TOYS += [drawings.die(pips) for pips in range(1, 7)] + [drawings.starfish()]


def test_each_input_bit_flips_half_of_the_hash():
    x, y = np.arange(4000), np.arange(4000) * 7 + 1
    before = noise.scatter(x, y, 5)
    for bit in range(16):
        for after in (noise.scatter(x ^ 1 << bit, y, 5), noise.scatter(x, y ^ 1 << bit, 5)):
            flips = [np.mean((before ^ after) >> np.uint32(k) & 1) for k in range(32)]
            assert min(flips) > 0.45
            assert max(flips) < 0.55


def test_hash_depends_on_seed_and_coordinate_order():
    x, y = np.arange(100)[None, :], np.arange(100)[:, None]
    assert np.mean(noise.scatter(x, y, 1) == noise.scatter(x, y, 2)) < 0.001
    assert np.mean(noise.scatter(x, y, 1) == noise.scatter(y, x, 1)) < 0.02


def test_uniform_numbers_are_uniform():
    values = noise.uniform(np.arange(300)[None, :], np.arange(300)[:, None], 3)
    counts, _ = np.histogram(values, bins=20, range=(0, 1))
    assert values.min() >= 0
    assert values.max() < 1
    # 4500 expected per bin, standard deviation 65.
    assert abs(counts - 4500).max() < 330


def test_noise_is_smooth_and_interpolates_its_lattice():
    plane = noise.noise(40, 60, (8, 5), 9)
    lattice = noise.uniform(np.arange(8)[None, :], np.arange(8)[:, None], 9)
    np.testing.assert_allclose(plane[::5, ::8], lattice, atol=1e-6)
    # The steepest smooth step rises by 1.5 times the difference over a cell.
    assert abs(np.diff(plane, axis=1)).max() <= 1.5 / 8
    assert plane.dtype == np.float32


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.floats(1, 50),
    st.floats(1, 50),
    st.integers(0, 9999),
    st.integers(1, 4),
)
def test_fractal_noise_stays_in_its_range(height, width, cell_x, cell_y, seed, octaves):
    plane = noise.fractal(height, width, (cell_x, cell_y), seed, octaves)
    assert plane.shape == (height, width)
    assert 0 <= plane.min() <= plane.max() < 1


def test_cells_agree_with_nearest_neighbor_search():
    height, width, size = 50, 70, 9.0
    nearest, second, owner = noise.cells(height, width, size, 4)
    columns, rows = np.meshgrid(np.arange(12), np.arange(10))
    place_x, place_y, identity = (noise.uniform(columns, rows, 4 + k) for k in range(3))
    # Squares are numbered from the one before the image.
    points = np.stack([(columns + place_x).ravel(), (rows + place_y).ravel()], axis=1) - 1
    y, x = np.mgrid[:height, :width] / size
    distances, index = cKDTree(points).query(np.stack([x, y], axis=-1), k=2)
    sure = distances[..., 1] < 1
    assert sure.mean() > 0.8
    np.testing.assert_allclose(nearest[sure], distances[..., 0][sure], atol=1e-5)
    np.testing.assert_allclose(second[sure], distances[..., 1][sure], atol=1e-5)
    np.testing.assert_array_equal(owner[sure], identity.ravel()[index[..., 0]][sure])


def test_blur_is_repeated_binomial_convolution():
    image = noise.fractal(20, 30, (5, 5), 1)[None].repeat(3, axis=0)
    expected = image.astype(np.float64)
    for _ in range(4):
        for axis in (1, 2):
            expected = convolve1d(expected, [0.25, 0.5, 0.25], axis=axis, mode="nearest")
    np.testing.assert_allclose(noise.blur(image, 4), expected, atol=1e-6)


def test_ramp_interpolates_between_its_colors():
    image = noise.ramp(np.array([[0, 0.25, 0.5, 1]], np.float32), (0, 0, 0), (255, 0, 51), (0, 255, 255))
    np.testing.assert_allclose(image[:, 0].T, [[0, 0, 0], [0.5, 0, 0.1], [1, 0, 0.2], [0, 1, 1]], atol=1e-6)


def test_relief_is_bright_toward_the_upper_left():
    y, x = np.mgrid[:30, :30].astype(np.float32)
    hill = 8 - np.sqrt((x - 15) ** 2 + (y - 15) ** 2)
    light = noise.relief(hill, 0.3)
    assert light[8, 8] > 1.3
    assert light[22, 22] < 0.7


@pytest.mark.parametrize("ground", DRAWN, ids=lambda ground: ground.__name__)
def test_backgrounds_are_textured_float32_images(ground):
    image = ground(97, 131)
    assert image.shape == (3, 97, 131)
    assert image.dtype == np.float32
    assert np.isfinite(image).all()
    assert image.min() >= 0
    # Every part has contrast, so that it distracts trackers.
    for tile in (image[:, :48, :64], image[:, 48:, :64], image[:, :48, 64:], image[:, 48:, 64:]):
        assert tile.std() > 0.03


def test_directions_are_rounded_cosines_and_sines():
    for degrees in np.linspace(-400, 400, 97):
        cos, sin = direction(float(degrees))
        assert math.isclose(cos, math.cos(math.radians(degrees)), abs_tol=2**-17)
        assert math.isclose(sin, math.sin(math.radians(degrees)), abs_tol=2**-17)
        assert (cos * 2**16).is_integer()
        assert (sin * 2**16).is_integer()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: type(shape).__name__)
def test_pixels_inside_a_shape_span_its_outline(shape):
    step = 0.05
    x = np.arange(-40, 40, step, dtype=np.float32)[None, :]
    inside = shape.distance(x, x.T) < 0
    rows, columns = np.nonzero(inside.any(axis=1))[0], np.nonzero(inside.any(axis=0))[0]
    outline = shape.outline()
    for axis, span in zip(outline, (columns, rows), strict=True):
        assert abs(axis.min() - x[0, span[0]]) <= step + 0.01
        assert abs(axis.max() - x[0, span[-1]]) <= step + 0.01


@pytest.mark.parametrize("shape", SHAPES[:4], ids=lambda shape: type(shape).__name__)
def test_signed_distance_agrees_with_matplotlib(shape):
    y, x = np.mgrid[-30:30:1.7, -30:30:1.7].astype(np.float32)
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    outline = shape.outline().T
    signed = shape.distance(x, y).ravel()
    # Shapes without rounded corners have their outline's points in order.
    inside = Path(outline).contains_points(points)
    clear = abs(signed) > 0.2
    np.testing.assert_array_equal((signed < 0)[clear], inside[clear])
    near = abs(signed) < 2
    dense = np.concatenate([outline + (np.roll(outline, -1, axis=0) - outline) * k / 20 for k in range(20)])
    true, _ = cKDTree(dense).query(points[near])
    np.testing.assert_allclose(abs(signed[near]), true, atol=0.35)


@given(
    st.lists(st.tuples(st.integers(1, 20), st.floats(-100, 100)), min_size=2, max_size=8),
    st.floats(0, 1),
    st.data(),
)
def test_curves_are_cubic_hermite_splines(steps, share, data):
    times = np.cumsum([gap for gap, _ in steps]).astype(float)
    values = [value for _, value in steps]
    curve = Curve(*zip(times.tolist(), values, strict=True))
    slopes = [
        (values[min(k + 1, len(values) - 1)] - values[max(k - 1, 0)])
        / (times[min(k + 1, len(times) - 1)] - times[max(k - 1, 0)])
        for k in range(len(values))
    ]
    spline = CubicHermiteSpline(times, values, slopes)
    time = times[0] + share * (times[-1] - times[0])
    assert curve(time) == pytest.approx(float(spline(time)), abs=1e-6)
    key = data.draw(st.integers(0, len(values) - 1))
    assert curve(times[key]) == pytest.approx(values[key], abs=1e-9)
    assert curve(times[0] - 5) == values[0]
    assert curve(times[-1] + 5) == pytest.approx(values[-1], abs=1e-9)


@given(st.floats(-200, 200), st.floats(0.3, 3), st.floats(-720, 720), st.floats(0, 12), st.floats(0, 60))
def test_pose_inverts_its_world_transform(place, scale, angle, height, time):
    pose = Pose(place, -place, scale, *direction(angle), Ripple(height, 60, 0.1, 30), time)
    u, v = np.array([-30.0, 0, 7, 30, 55]), np.array([4.0, -20, 9, 0, 1])
    back = pose.to_drawing(*pose.to_world(u, v))
    # Rounded cosines and sines are only nearly a rotation; the error is below a fiftieth of a pixel.
    np.testing.assert_allclose(back, (u, v), atol=0.02)


def test_ripple_grows_toward_the_tail():
    ripple = Ripple(height=5, length=40, speed=0.1, reach=30)
    u = np.linspace(-60, 30, 3601)
    shift = ripple.shift(u, 3.0)
    assert shift[-1] == 0
    assert abs(shift).max() == pytest.approx(5 * 3, rel=0.2)
    # A tenth of a wave per frame is 4 pixels to the left.
    u, shift = u[:-1], shift[:-1]
    later = ripple.shift(u - 4, 4.0)
    np.testing.assert_allclose(later / (1 - (u - 4) / 30), shift / (1 - u / 30), atol=1e-6)


def test_camera_shake_is_smooth_and_bounded():
    path = np.array([camera_shake(time / 10, 1) for time in range(-20, 600)])
    assert abs(path).max() <= 1
    assert abs(np.diff(path)).max() < 0.13
    assert path.std() > 0.3


@pytest.mark.parametrize("number", range(len(TOYS)))
def test_sprites_are_opaque_only_inside_their_silhouette(number):
    drawing = TOYS[number]
    picture = render_sprite(drawing).picture
    alpha = picture.planes[3]
    height, width = alpha.shape
    x = picture.left + (np.arange(width, dtype=np.float32)[None, :] + 0.5) / picture.density
    y = picture.top + (np.arange(height, dtype=np.float32)[:, None] + 0.5) / picture.density
    signed = distance(drawing.silhouette, x, y)
    assert (alpha[signed < -0.5] == 1).all()
    assert (alpha[signed > 0.5] == 0).all()
    assert not alpha[[0, -1]].any()
    assert not alpha[:, [0, -1]].any()
    # A target is painted, not plain.
    assert picture.planes[:3, alpha == 1].std() > 0.08


def test_texture_is_sampled_bilinearly():
    planes = np.stack([noise.noise(20, 30, (2, 2), k) for k in range(4)])
    texture = Texture(planes, left=-7.5, top=-5.0, density=2)
    y, x = np.mgrid[-4.5:4.5:0.37, -7:7:0.41].astype(np.float32)
    expected = [map_coordinates(plane, ((y + 5) * 2 - 0.5, (x + 7.5) * 2 - 0.5), order=1) for plane in planes]
    np.testing.assert_allclose(texture.sample(x, y), expected, atol=1e-4)


@given(st.floats(-500, 500), st.floats(-500, 500), st.floats(0.5, 300), st.floats(0.5, 300))
def test_window_is_the_visible_part_of_a_box(x, y, width, height):
    view = np.zeros((3, 40, 60), np.float32)
    part = window(x, y, width, height, 1.0, view)
    view[part] = 1
    for row, column in product((0, 7, 20, 39), (0, 11, 30, 59)):
        if x <= column + 0.5 <= x + width and y <= row + 0.5 <= y + height:
            assert view[0, row, column] == 1
        if not (x - 2.5 <= column + 0.5 <= x + width + 2.5 and y - 2.5 <= row + 0.5 <= y + height + 2.5):
            assert view[0, row, column] == 0


def test_view_points_are_pixel_or_quarter_pixel_centers():
    x, y = view_points((slice(None), slice(3, 5), slice(7, 8)), 1)
    assert x.tolist() == [[7.5]]
    assert y.tolist() == [[3.5], [4.5]]
    x, _ = view_points((slice(None), slice(3, 5), slice(7, 8)), 2)
    assert x.tolist() == [[7.25, 7.75]]


def test_vignette_darkens_all_corners_equally():
    share = vignette()
    assert share.max() <= 1
    assert share[120, 160] == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(share, share[::-1, ::-1], atol=1e-6)
    assert share[0, 0] == pytest.approx(share.min(), abs=1e-6)
    assert share.min() < 0.8


def test_grain_is_white_noise_of_stated_strength():
    values = grain()
    assert values.shape == (3, 240 + GRAIN_MARGIN, 320 + GRAIN_MARGIN)
    assert values.mean() == pytest.approx(0, abs=0.02)
    assert values.std() == pytest.approx(GRAIN, rel=0.01)
    for lag in (values[:, 1:] * values[:, :-1], values[..., 1:] * values[..., :-1], values[1:] * values[:-1]):
        assert abs(lag.mean()) < 0.02 * GRAIN**2
