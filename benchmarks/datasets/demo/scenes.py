"""The demo's nine scenes, one per difficulty."""

from __future__ import annotations

from benchmarks.datasets.demo import backgrounds, drawings
from benchmarks.datasets.demo.scene import Actor, Curve, Ripple, Scene, constant

EASY = Scene(
    name="easy",
    attributes=(),
    background=backgrounds.leaves,
    target=Actor(
        drawings.mask(),
        x=Curve((0, 60), (14, 92), (30, 190), (44, 250), (59, 316)),
        y=Curve((0, 70), (14, 132), (30, 158), (44, 96), (59, 128)),
    ),
    camera_x=Curve((0, 0), (25, 10), (59, 62)),
    camera_y=Curve((0, 0), (59, 14)),
)

SCALE = Scene(
    name="scale",
    attributes=("SV",),
    background=backgrounds.rug,
    target=Actor(
        drawings.ball(),
        x=Curve((0, 66), (20, 120), (42, 214), (59, 290)),
        y=Curve((0, 60), (20, 110), (42, 176), (59, 120)),
        scale=Curve((0, 0.75), (30, 1.25), (46, 1.75), (59, 1.1)),
        lift=9,
    ),
    camera_x=Curve((0, 0), (59, 38)),
    camera_y=Curve((0, 0), (30, 16), (59, 4)),
)

ROTATION = Scene(
    name="rotation",
    attributes=("IPR",),
    background=backgrounds.planks,
    target=Actor(
        drawings.book(),
        x=Curve((0, 70), (18, 120), (40, 226), (59, 320)),
        y=Curve((0, 150), (18, 92), (40, 96), (59, 170)),
        angle=Curve((0, 0), (12, 40), (30, 190), (46, 260), (59, 390)),
    ),
    camera_x=Curve((0, 0), (59, 66)),
    camera_y=Curve((0, 8), (30, 0), (59, 12)),
)

LEAF = drawings.leaf()

OCCLUSION = Scene(
    name="occlusion",
    attributes=("OCC",),
    background=backgrounds.slabs,
    target=Actor(
        drawings.beetle(),
        x=Curve((0, 56), (18, 124), (40, 246), (59, 362)),
        y=Curve((0, 96), (18, 108), (34, 150), (46, 120), (59, 60)),
        lift=3,
    ),
    above=(
        Actor(LEAF, x=constant(114), y=constant(141), angle=constant(-24), lift=6),
        Actor(LEAF, x=constant(262), y=constant(140), scale=constant(1.8), angle=constant(64), lift=9),
    ),
    camera_x=Curve((0, 0), (59, 84)),
    camera_y=Curve((0, 0), (59, 12)),
)

ILLUMINATION = Scene(
    name="illumination",
    attributes=("IV",),
    background=backgrounds.bricks,
    target=Actor(
        drawings.tin(),
        x=Curve((0, 250), (20, 190), (40, 110), (59, 42)),
        y=Curve((0, 70), (20, 140), (40, 160), (59, 90)),
        lift=6,
    ),
    camera_x=Curve((0, 0), (59, -24)),
    camera_y=Curve((0, 0), (59, 10)),
    light=Curve((0, 1.0), (12, 0.95), (22, 0.22), (32, 0.3), (42, 1.5), (50, 1.3), (59, 0.5)),
    light_gradient=Curve((0, 0.0), (16, 0.6), (32, -0.6), (46, 0.5), (59, -0.5)),
)

MOTION = Scene(
    name="motion",
    attributes=("MB", "FM"),
    background=backgrounds.asphalt,
    target=Actor(
        drawings.car(),
        x=Curve(
            (0, 64),
            (8, 76),
            (12, 262),
            (20, 288),
            (24, 92),
            (32, 76),
            (36, 280),
            (44, 330),
            (49, 120),
            (59, 84),
        ),
        y=Curve(
            (0, 70),
            (8, 80),
            (12, 140),
            (20, 190),
            (24, 110),
            (32, 70),
            (36, 120),
            (44, 196),
            (49, 150),
            (59, 90),
        ),
        scale=constant(0.8),
    ),
    camera_x=Curve((0, 0), (15, 24), (30, 8), (45, 60), (59, 10)),
    camera_y=Curve((0, 0), (22, 16), (36, -6), (59, 14)),
    shake=5,
    exposure_samples=8,
    shutter=0.4,
)

DEFORMATION = Scene(
    name="deformation",
    attributes=("DEF",),
    background=backgrounds.pond,
    target=Actor(
        drawings.fish(),
        x=Curve((0, 62), (20, 130), (38, 186), (59, 300)),
        y=Curve((0, 170), (20, 112), (38, 130), (59, 70)),
        ripple=Ripple(height=6, length=62, speed=0.09, reach=36),
        lift=14,
    ),
    camera_x=Curve((0, 0), (59, 50)),
    camera_y=Curve((0, 12), (59, 0)),
)

CLUTTER = Scene(
    name="clutter",
    attributes=("BC",),
    background=backgrounds.board,
    target=Actor(
        drawings.die(5),
        x=Curve((0, 60), (20, 128), (40, 214), (59, 300)),
        y=Curve((0, 60), (20, 122), (40, 128), (59, 170)),
    ),
    below=(
        Actor(
            drawings.die(4), x=Curve((0, 290), (26, 166), (59, 40)), y=Curve((0, 110), (26, 156), (59, 96))
        ),
        Actor(drawings.die(3), x=constant(140), y=constant(60), angle=constant(28)),
        Actor(
            drawings.die(6), x=Curve((0, 130), (36, 240), (59, 330)), y=Curve((0, 186), (36, 182), (59, 92))
        ),
        Actor(drawings.die(2), x=constant(262), y=constant(74), angle=constant(-17)),
    ),
    camera_x=Curve((0, 0), (59, 40)),
    camera_y=Curve((0, 0), (59, 8)),
)

OUT_OF_VIEW = Scene(
    name="out-of-view",
    attributes=("OV",),
    background=backgrounds.sand,
    target=Actor(drawings.starfish(), x=constant(200), y=constant(130), lift=3),
    camera_x=Curve((0, 0), (12, 40), (25, 216), (34, 244), (44, 150), (59, -30)),
    camera_y=Curve((0, 0), (20, 40), (40, 30), (59, 66)),
)

SCENES = {
    scene.name: scene
    for scene in (
        EASY,
        SCALE,
        ROTATION,
        OCCLUSION,
        ILLUMINATION,
        MOTION,
        DEFORMATION,
        CLUTTER,
        OUT_OF_VIEW,
    )
}
