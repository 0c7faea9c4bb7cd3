"""The demo's targets and distractors: a mask, a ball, a book and others, each a painted silhouette."""

from __future__ import annotations

import numpy as np

from benchmarks.datasets.demo.noise import Color, fold, mix, ramp, rgb, step
from benchmarks.datasets.demo.shapes import Box, Ellipse, Polygon, direction, line
from benchmarks.datasets.demo.sprites import Canvas, Drawing


def mask() -> Drawing:
    """A carved wooden mask with painted eyes, nose and teeth."""
    head = Polygon(((-13, -19), (13, -19), (16, 0), (6, 22), (-6, 22), (-16, 0)), 5)

    def paint(canvas: Canvas) -> None:
        grain = canvas.fractal((3, 26), 40)
        canvas.wash(ramp(grain, (96, 52, 26), (168, 104, 56), (206, 148, 90)))
        canvas.fill(
            Polygon(((-16, -26), (16, -26), (11, -14), (0, -10), (-11, -14)), 1), color=(46, 104, 108)
        )
        for x in (-10.0, 0.0, 10.0):
            canvas.fill(Polygon(((x, -22), (x + 3, -17), (x, -13), (x - 3, -17))), color=(226, 188, 84))
        for side in (-1, 1):
            canvas.fill(Ellipse(side * 8.5, -3, 7, 5.4, side * 12), color=(58, 30, 18), soft=1)
            canvas.fill(Ellipse(side * 8.5, -2.6, 5.4, 3.9, side * 12), color=(238, 230, 206))
            canvas.fill(Ellipse(side * 8, -2.4, 2.4, 2.6), color=(20, 16, 18))
            canvas.fill(Ellipse(side * 8 - 1, -3.4, 0.8, 0.8), color=(255, 255, 255))
            canvas.fill(*line((side * 3, -9.5), (side * 14, -10.5), thickness=2.2), color=(44, 24, 16))
            canvas.fill(*line((side * 13, 5), (side * 9, 9), thickness=2.4), color=(178, 46, 34))
            canvas.fill(*line((side * 12.5, 9), (side * 8, 13), thickness=2), color=(178, 46, 34))
        canvas.fill(Polygon(((2, -6), (5, 7), (-1, 8))), color=(60, 32, 18), opacity=0.6, soft=1.5)
        canvas.fill(Polygon(((-1, -7), (2, 6), (-4, 6.5))), color=(222, 168, 108), soft=1)
        canvas.fill(Ellipse(0, 15, 8, 4.6), color=(52, 20, 16), soft=0.8)
        for x in (-4.6, 0.0, 4.6):
            canvas.fill(Box(x, 13.4, 1.8, 2, 0.6), color=(240, 232, 210))

    return Drawing((head, Ellipse(-20, -2, 4, 6), Ellipse(20, -2, 4, 6)), paint, bulge=13)


def ball() -> Drawing:
    """A beach ball of colored gores around a white cap."""

    def paint(canvas: Canvas) -> None:
        canvas.wash((240, 234, 222))
        gores: tuple[Color, ...] = ((206, 44, 40), (240, 234, 222), (36, 92, 176), (244, 190, 44))
        for k, color in enumerate((*gores, *gores[:1], *gores[2:])):
            (c, s), (d, t) = direction(360 / 7 * k), direction(360 / 7 * (k + 1))
            canvas.fill(
                Polygon(((-5, -6), (40 * c - 5, 40 * s - 6), (40 * d - 5, 40 * t - 6))),
                color=color,
                soft=0.3,
            )
        canvas.fill(Ellipse(-5, -6, 5, 4.6), color=(60, 50, 48), opacity=0.35, soft=1)
        canvas.fill(Ellipse(-5.4, -6.4, 4.4, 4), color=(238, 232, 220))
        canvas.shade(0.93 + 0.14 * canvas.fractal((3, 3), 41))
        canvas.fill(Ellipse(9, 11, 18, 16), color=(30, 22, 36), opacity=0.22, soft=9)
        canvas.fill(Ellipse(-10, -13, 4.5, 3, -40), color=(255, 255, 255), opacity=0.75, soft=2)

    return Drawing((Ellipse(0, 0, 22, 22),), paint, bulge=20, gloss=0.4)


def book() -> Drawing:
    """An old book with a cloth cover, a framed picture and a title."""

    def paint(canvas: Canvas) -> None:
        weave = fold(canvas.x * 0.7) + fold(canvas.y * 0.7)
        canvas.wash(rgb((34, 84, 72)) * (0.8 + 0.25 * weave + 0.3 * canvas.fractal((9, 9), 42)))
        canvas.fill(Box(-18.5, 0, 3.5, 40), color=(22, 52, 48), opacity=0.8)
        canvas.fill(*line((-14.6, -32), (-14.6, 32), thickness=1), color=(14, 34, 32), opacity=0.8)
        gold = (214, 170, 84)
        canvas.fill(Box(3.5, 0, 15, 26, 2), color=gold)
        canvas.fill(Box(3.5, 0, 13.6, 24.6, 1.4), color=(30, 76, 66))
        canvas.fill(
            Box(3.5, 6, 11, 15),
            color=ramp((canvas.y + 9) / 24, (70, 120, 170), (240, 206, 150), (222, 120, 70)),
        )
        canvas.fill(Ellipse(7, 1, 3.4, 3.4), color=(252, 232, 170))
        canvas.fill(
            Polygon(((-7.5, 13), (-1, 2), (4, 10), (8, 5), (14.5, 14), (14.5, 21), (-7.5, 21))),
            color=(52, 60, 86),
        )
        canvas.fill(Polygon(((-1, 2), (1.2, 5.6), (-1, 6.6), (-3.2, 5.8))), color=(236, 240, 244))
        for y, half in ((-20, 9.5), (-16, 7), (-12.5, 4)):
            canvas.fill(Box(3.5, y, half, 0.9), color=gold)
        for x, y in ((-20, -28), (-20, -18), (-20, 18), (-20, 28)):
            canvas.fill(Box(x + 1.5, y, 3, 0.8), color=gold)

    return Drawing((Box(0, 0, 22, 30, 1.6),), paint, bulge=3)


def beetle() -> Drawing:
    """A metallic beetle, head to the right."""
    legs = [
        line((x, side * 9), (x + bend, side * 17), (x + 2.2 * bend, side * 21), thickness=2.6)
        for side in (-1, 1)
        for x, bend in ((-9, -5), (2, -1), (13, 4))
    ]
    feelers = [line((25, side * 3), (31, side * 8), (36, side * 8), thickness=1.8) for side in (-1, 1)]
    head, chest, wings = Ellipse(24, 0, 6, 6.5), Ellipse(15, 0, 8, 11), Ellipse(-5, 0, 20, 14.5)
    limbs = tuple(part for limb in (*legs, *feelers) for part in limb)

    def paint(canvas: Canvas) -> None:
        canvas.wash((34, 26, 22))
        sheen = canvas.fractal((14, 8), 43)
        canvas.fill(
            wings, color=ramp(sheen * 1.3 - 0.1, (18, 84, 62), (48, 140, 74), (146, 156, 44), (176, 96, 40))
        )
        ribs = fold(canvas.y / 4.2)
        canvas.shade(0.75 + 0.5 * ribs)
        canvas.fill(chest, color=ramp(sheen, (24, 60, 88), (40, 120, 124)))
        canvas.fill(Ellipse(15, 0, 8, 11), color=(12, 26, 30), opacity=0.25, soft=5)
        canvas.fill(head, color=(30, 66, 60))
        for side in (-1, 1):
            canvas.fill(Ellipse(26, side * 4.4, 2.2, 2), color=(14, 12, 12))
            for x in (-14, -2):
                canvas.fill(Ellipse(x, side * 7, 3.2, 2.6), color=(238, 196, 70))
        canvas.fill(*line((7, 0), (-25, 0), thickness=1.1), color=(8, 18, 14))
        canvas.fill(*line((8, -14), (8, 14), thickness=1.4), color=(8, 18, 14), opacity=0.8)
        for x, rx in ((-4, 11), (14, 4)):
            canvas.fill(Ellipse(x, -6.5, rx, 2.4, -4), color=(235, 250, 240), opacity=0.6, soft=2.2)

    return Drawing((wings, chest, head, *limbs), paint, bulge=11)


def leaf() -> Drawing:
    """A large fallen leaf to hide under."""
    upper = [(50 * u, -25 * (1 - u * u) * (1 - 0.3 * u)) for u in (k / 6 - 1 for k in range(12))]
    lower = [(-x, 25 * (1 - x * x / 2500) * (1 + 0.006 * x)) for x, _ in upper]
    rim = (*upper, *lower)
    stalk = line((-46, 2), (-58, 7), (-64, 14), thickness=3)

    def paint(canvas: Canvas) -> None:
        side = np.abs(canvas.y)
        veins = fold((canvas.x - 0.8 * side) / 13)
        tint = canvas.fractal((20, 20), 44)
        canvas.wash(ramp(tint, (88, 58, 26), (168, 112, 42), (196, 146, 58), (128, 128, 52)))
        canvas.shade((0.8 + 0.2 * step(veins, 0, 0.08)) * (0.86 + 0.28 * step(canvas.y, -1, 1)))
        canvas.shade(0.88 + 0.24 * canvas.fractal((4, 4), 45))
        canvas.fill(*line((-60, 1), (48, 0), thickness=2), color=(222, 188, 116), opacity=0.8)

    return Drawing((Polygon(rim, 3), *stalk), paint, bulge=7, gloss=0.3)


def tin() -> Drawing:
    """A tin lying on its side, with a paper label round it."""

    def paint(canvas: Canvas) -> None:
        metal = 0.55 + 0.45 * canvas.fractal((0.8, 40), 46)
        canvas.wash(rgb((196, 198, 202)) * metal)
        for x in (-28.5, -25.5, 25.5, 28.5):
            canvas.fill(Box(x, 0, 0.6, 30), color=(86, 88, 94), opacity=0.8)
        canvas.fill(Box(0, 0, 22.5, 30), color=(188, 38, 34))
        canvas.fill(Box(0, 10.5, 22.5, 4), color=(240, 226, 190))
        canvas.fill(Box(0, -14, 22.5, 2), color=(240, 200, 80))
        canvas.fill(Ellipse(0, -1, 14, 10), color=(244, 232, 200))
        canvas.fill(Ellipse(-3, -0.5, 6.4, 6), color=(204, 52, 34))
        canvas.fill(Ellipse(4, 0.5, 5.4, 5), color=(222, 84, 40))
        canvas.fill(Polygon(((-4, -6), (2, -8), (5, -5), (0, -4))), color=(58, 118, 48))
        for k in range(7):
            canvas.fill(Box(-15 + 5 * k, 10.5, 1.6, 1.8 + 0.5 * (k % 3 == 0)), color=(70, 40, 32))
        round_light = 1.2 - 0.9 * ((canvas.y + 6) / 22) * ((canvas.y + 6) / 22)
        canvas.shade(np.maximum(round_light, 0.3))
        canvas.fill(Box(0, -9, 40, 0.6), color=(255, 255, 255), opacity=0.5, soft=2.2)

    return Drawing((Box(0, 0, 30, 19, 2.5),), paint, bulge=3, gloss=0.3)


def car() -> Drawing:
    """A toy racing car from above, bonnet to the right."""
    body = Polygon(((-28, -9), (-22, -11), (20, -10), (29, -6), (29, 6), (20, 10), (-22, 11), (-28, 9)), 3)
    wheels = tuple(Box(x, y, 6, 3.2, 1.6) for x in (-17, 17) for y in (-13, 13))

    def paint(canvas: Canvas) -> None:
        canvas.wash((26, 26, 28))
        canvas.shade(0.7 + 0.9 * fold(canvas.x / 2.2))
        canvas.fill(body, color=(218, 58, 30))
        for y in (-3.2, 3.2):
            canvas.fill(Box(0, y, 40, 1.7), color=(244, 238, 226))
        glass = (34, 50, 64)
        canvas.fill(Polygon(((11, -8), (5, -6.4), (5, 6.4), (11, 8)), 1), color=glass)
        canvas.fill(Polygon(((-19, -7.4), (-14, -6), (-14, 6), (-19, 7.4)), 1), color=glass)
        for side in (-1, 1):
            canvas.fill(
                Polygon(((-13, 8.4 * side), (4, 8.4 * side), (8, 10 * side), (-16, 10 * side))), color=glass
            )
            canvas.fill(Ellipse(29, 6.2 * side, 2.4, 2.6), color=(255, 244, 190))
            canvas.fill(Box(-30, 6.6 * side, 1.4, 2.6), color=(120, 10, 14))
            canvas.fill(
                Ellipse(8.5, 4 * side - 1, 0.9, 3.4, -14 * side),
                color=(210, 226, 236),
                opacity=0.6,
                soft=0.8,
            )
        canvas.fill(Ellipse(-4.5, 0, 5.2, 5.2), color=(246, 242, 232))
        canvas.fill(*line((-6.5, -2.6), (-2.5, -2.6), (-5, 3), thickness=1.6), color=(24, 24, 28))
        canvas.fill(*line((13, -8), (27, -5), thickness=1), color=(120, 20, 14), opacity=0.7)
        canvas.fill(*line((13, 8), (27, 5), thickness=1), color=(120, 20, 14), opacity=0.7)
        canvas.fill(Box(20, -6, 7, 1.6, 1), color=(255, 220, 206), opacity=0.7, soft=1.6)

    return Drawing((body, *wheels), paint, bulge=7)


def fish() -> Drawing:
    """A koi from above, head to the right."""
    trunk = Polygon(
        (
            (-28, -1),
            (-14, -7),
            (6, -11),
            (22, -9),
            (31, -4),
            (34, 0),
            (31, 4),
            (22, 9),
            (6, 11),
            (-14, 7),
            (-28, 1),
        ),
        1.5,
    )
    tail = Polygon(((-26, 0), (-40, -11), (-37, 0), (-40, 11)), 1.2)
    fins = tuple(
        Polygon(((14, side * 8), (4, side * 18), (2, side * 17), (6, side * 9)), 1.5) for side in (-1, 1)
    )

    def paint(canvas: Canvas) -> None:
        rays = fold((canvas.x + 2 * np.abs(canvas.y)) / 3.5)
        canvas.wash(rgb((236, 206, 184)) * (0.75 + 0.5 * rays))
        patches = canvas.fractal((15, 15), 47)
        skin = mix(rgb((246, 240, 230)), rgb((232, 96, 28)), step(patches, 0.46, 0.5))
        skin = mix(skin, rgb((36, 32, 36)), step(patches, 0.68, 0.7))
        scales = fold(canvas.x / 3.4 + np.rint(canvas.y / 2.2) * 0.5) * fold(canvas.y / 2.2 + 0.5)
        canvas.fill(trunk, color=skin * (0.84 + 0.7 * scales))
        canvas.fill(*line((16, 0), (-30, 0), thickness=2.4), color=(150, 60, 24), opacity=0.4, soft=1.4)
        canvas.fill(Ellipse(27, 0, 6, 6), color=(240, 120, 44), opacity=0.8, soft=2)
        for side in (-1, 1):
            canvas.fill(Ellipse(27.5, side * 6, 1.8, 1.6), color=(16, 14, 16))
            canvas.fill(*line((19, side * 8), (17, side * 4), thickness=1), color=(140, 60, 30), opacity=0.7)
        canvas.fill(Ellipse(8, -4, 16, 1.8), color=(255, 255, 255), opacity=0.5, soft=1.8)

    return Drawing((trunk, tail, *fins), paint, bulge=9, gloss=0.35)


def die(pips: int, color: Color = (206, 40, 40)) -> Drawing:
    """A die from above, showing 1 to 6 `pips`."""
    corners = ((-1, -1), (1, 1), (-1, 1), (1, -1), (-1, 0), (1, 0))
    spots = corners[: pips - pips % 2] + (((0, 0),) if pips % 2 else ())

    def paint(canvas: Canvas) -> None:
        canvas.wash(rgb(color) * (0.85 + 0.3 * canvas.fractal((6, 6), 48)))
        canvas.fill(Box(0, 0, 14, 14, 10), color=(255, 190, 170), opacity=0.22, soft=2)
        for x, y in spots:
            canvas.fill(
                Ellipse(8 * x + 0.5, 8 * y + 0.5, 3.8, 3.8), color=(255, 255, 255), opacity=0.5, soft=1
            )
            canvas.fill(Ellipse(8 * x, 8 * y, 3.5, 3.5), color=(238, 230, 216))
            canvas.fill(
                Ellipse(8 * x - 0.6, 8 * y - 0.8, 2.6, 2.4), color=(150, 140, 132), opacity=0.5, soft=1.2
            )
        canvas.fill(Ellipse(-12, -13, 5, 1.8, -40), color=(255, 255, 255), opacity=0.7, soft=1.5)

    return Drawing((Box(0, 0, 17, 17, 5),), paint, bulge=5)


def starfish() -> Drawing:
    """A starfish with rows of warts along its arms."""
    arms = [direction(72 * k - 90) for k in range(5)]
    creases = [direction(72 * k - 54) for k in range(5)]
    rim = tuple(
        point
        for (c, s), (d, t) in zip(arms, creases, strict=True)
        for point in ((25 * c, 25 * s), (10 * d, 10 * t))
    )

    def paint(canvas: Canvas) -> None:
        canvas.wash(ramp(canvas.fractal((8, 8), 49), (182, 66, 32), (222, 104, 46), (240, 146, 76)))
        canvas.shade(0.8 + 0.4 * canvas.fractal((1.6, 1.6), 50))
        canvas.fill(Ellipse(0, 0, 9, 9), color=(250, 176, 104), opacity=0.5, soft=4)
        for c, s in arms:
            canvas.fill(
                *line((0, 0), (24 * c, 24 * s), thickness=2), color=(255, 190, 120), opacity=0.5, soft=2.5
            )
            for k in range(1, 7):
                for offset in (-1, 1) if k < 5 else (0,):
                    x, y = 4 * k * c - offset * (3.6 - 0.5 * k) * s, 4 * k * s + offset * (3.6 - 0.5 * k) * c
                    canvas.fill(Ellipse(x + 0.5, y + 0.6, 1.3, 1.3), color=(110, 34, 20), opacity=0.7)
                    canvas.fill(Ellipse(x, y, 1.1, 1.1), color=(255, 226, 180))

    return Drawing((Polygon(rim, 4),), paint, bulge=10)
