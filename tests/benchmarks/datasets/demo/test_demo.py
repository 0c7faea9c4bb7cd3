"""The demo data set: exact bytes, ground truth and the difficulties it promises."""

import dataclasses
import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from benchmarks.datasets import demo
from benchmarks.datasets.demo import SCENES, Demo, RenderedFrames
from benchmarks.datasets.demo.renderer import HEIGHT, WIDTH, SceneRenderer
from benchmarks.datasets.demo.scene import constant
from trackers.ncc import NCC

# SHA-256 of all frames and the ground truth. A change invalidates every published score on the demo: increase
# `renderer.VERSION` with it.
DIGESTS = {
    "easy": "a3ca16a19130479faaea9d216383fd865d23c59a87a6c06acc1b6a9f5ad20f05",
    "scale": "f8bbfff67964cb6eb7b901c67b5d72750cf768d7b44b9fe46935bb26a6cc9574",
    "rotation": "16cc1daed23416d85c0a9ea30b2dc30dad97a79c4fdd12423f999db242a2a18a",
    "occlusion": "d0478f9f2eae93147ecddb7cfb42c86e44c1b41a2196e6e57b1f746be0bd8af3",
    "illumination": "622d0b4f6f9617e15d6666e076fed3752bd6358cf70ad16c0ca1e78c392d3392",
    "motion": "1f8ba2f045b2f1d1091fa16ed0522139f347abe255feec867c3a66f93c3edf48",
    "deformation": "047bd5a4dd99f97aeb2bf5a44924447c0dd2a78da01895594efda029f9b18d98",
    "clutter": "23cc5e9e3ba42c21b55224d6bed8fc586e70cc808aab13048731ba9946d6f1d0",
    "out-of-view": "61147b1b96be25144a3bb9fdc1befa9bf8504013d8820b28cf55da96ee6b1ce6",
}
OTB_ATTRIBUTES = ("IV", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OPR", "OV", "BC", "LR")
NAMES = Demo().names()


def overlap(first, second):
    low = np.maximum(first[:, :2], second[:, :2])
    high = np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    return shared / (np.prod(first[:, 2:], axis=1) + np.prod(second[:, 2:], axis=1) - shared)


def success(name):
    """Returns the mean overlap of the NCC tracker."""
    sequence = Demo()[name]
    frames, tracker = sequence.open_frames(), NCC()
    tracker.init(frames[0], sequence.truth[0])
    boxes = [sequence.truth[0], *(tracker.update(frames[k]) for k in range(1, len(frames)))]
    return overlap(np.array(boxes), sequence.truth).mean()


def without_target(scene):
    return dataclasses.replace(scene, target=dataclasses.replace(scene.target, x=constant(-9999)))


def changed(first, second, index):
    """Returns where two renderers' frames differ by more than a shadow's rim: bool, shape (240, 320)."""
    return (np.abs(first.frame(index).astype(int) - second.frame(index)) > 8).any(axis=2)


@pytest.mark.parametrize("name", NAMES)
def test_frame_bytes_match_the_recorded_digests(name):
    sequence = Demo()[name]
    frames = sequence.open_frames()
    digest = hashlib.sha256(sequence.truth.astype("<f8").tobytes())
    for index in range(len(frames)):
        digest.update(frames[index].tobytes())
    assert digest.hexdigest() == DIGESTS[name]


def test_demo_has_nine_complete_sequences():
    assert len(NAMES) == 9
    assert Demo().all_names == NAMES
    for name in NAMES:
        sequence = Demo()[name]
        assert sequence.name == name
        assert sequence.truth.shape == (60, 4)
        assert sequence.truth.dtype == np.float64
        x, y, w, h = sequence.truth[0]
        assert min(x, y) >= 0
        assert x + w <= WIDTH
        assert y + h <= HEIGHT
        assert (sequence.truth[:, 2:] > 0).all()


def test_frames_are_contiguous_rgb_bytes():
    frames = Demo()["easy"].open_frames()
    assert len(frames) == 60
    assert frames[0].shape == (240, 320, 3)
    assert frames[0].dtype == np.uint8
    assert frames[0].flags.c_contiguous
    # Channel order is RGB: blue is the weakest channel of the fallen leaves.
    red, green, blue = frames[0].reshape(-1, 3).mean(axis=0)
    assert min(red, green) > blue + 10


def test_attributes_follow_otb_order():
    attributes = {name: Demo()[name].attributes for name in NAMES}
    assert attributes["easy"] == ()
    for values in attributes.values():
        assert list(values) == [value for value in OTB_ATTRIBUTES if value in values]


def white(canvas):
    canvas.wash((255, 255, 255))


@pytest.mark.parametrize("name", NAMES)
def test_truth_is_the_extent_of_the_target_pixels(name):
    # Only a sharp white silhouette on black, so that bright pixels are the target.
    scene = SCENES[name]
    target = dataclasses.replace(
        scene.target, drawing=dataclasses.replace(scene.target.drawing, paint=white, gloss=0)
    )
    bare = dataclasses.replace(
        scene,
        background=lambda height, width: np.zeros((3, height, width), np.float32),
        target=target,
        below=(),
        above=(),
        light=constant(1),
        light_gradient=constant(0),
        exposure_samples=1,
    )
    drawn = SceneRenderer(bare)
    for index, (x, y, width, height) in enumerate(scene.truth()):
        # At 60 of 255 levels the target covers at least a seventh of the pixel.
        rows, columns = np.nonzero(drawn.frame(index)[..., 1] > 60)
        left, top, right, bottom = max(x, 0), max(y, 0), min(x + width, WIDTH), min(y + height, HEIGHT)
        if left >= right or top >= bottom:
            assert rows.size == 0
        elif (left, top, right, bottom) == (x, y, x + width, y + height):
            assert abs(columns.min() - left) < 1
            assert abs(rows.min() - top) < 1
            assert abs(columns.max() + 1 - right) < 1
            assert abs(rows.max() + 1 - bottom) < 1


def test_static_box_scores_near_zero():
    scores = [overlap(Demo()[name].truth[:1].repeat(60, axis=0), Demo()[name].truth).mean() for name in NAMES]
    assert max(scores) < 0.25
    assert np.mean(scores) < 0.15


def test_ncc_tracks_easy_and_fails_on_hard_scenes():
    assert success("easy") > 0.9
    assert success("scale") < 0.6
    assert success("rotation") < 0.6


def test_size_and_angle_change_as_attributes_say():
    for name in NAMES:
        target, attributes = SCENES[name].target, SCENES[name].attributes
        scales, angles = zip(*((target.scale(k), target.angle(k)) for k in range(60)), strict=True)
        # OTB's threshold for scale variation: a ratio of box sizes above 2.
        assert (max(scales) / min(scales) > 2) == ("SV" in attributes)
        assert (max(angles) - min(angles) > 90) == ("IPR" in attributes)
        assert bool(target.ripple.height) == ("DEF" in attributes)
        assert (SCENES[name].exposure_samples > 1) == ("MB" in attributes)
        levels = [SCENES[name].light(k) for k in range(60)]
        assert (max(levels) > 2 * min(levels)) == ("IV" in attributes)


def test_fast_motion_is_more_than_twenty_pixels_per_frame():
    for name in NAMES:
        centers = Demo()[name].truth[:, :2] + Demo()[name].truth[:, 2:] / 2
        speed = np.hypot(*np.diff(centers, axis=0).T)
        assert (speed.max() > 20) == ("FM" in SCENES[name].attributes)


def test_motion_blur_follows_the_target_path():
    scene = SCENES["motion"]
    sharp, blurred = SceneRenderer(dataclasses.replace(scene, exposure_samples=1)), SceneRenderer(scene)
    speed = np.hypot(*np.diff(scene.truth()[:, :2], axis=0).T)
    index = int(np.argmax(speed))
    x, y, width, height = np.rint(scene.truth()[index]).astype(int)
    inside = (slice(y + 4, y + height - 4), slice(x + 4, x + width - 4))
    contrast = [
        np.abs(np.diff(s.frame(index)[inside].astype(float), axis=1)).mean() for s in (sharp, blurred)
    ]
    assert contrast[1] < 0.6 * contrast[0]


def test_occlusion_is_partial_then_full_then_ends():
    scene = SCENES["occlusion"]
    bare = dataclasses.replace(scene, above=())
    seen, all_of_it = (
        np.array([changed(first, second, k).sum() for k in range(60)])
        for first, second in (
            (SceneRenderer(scene), SceneRenderer(without_target(scene))),
            (SceneRenderer(bare), SceneRenderer(without_target(bare))),
        )
    )
    share = seen / all_of_it
    hidden = np.flatnonzero(share == 0)
    assert share[0] > 0.95
    assert share[10 : hidden[0] - 8].min() < 0.65
    assert 3 <= hidden.size <= 10
    assert share[hidden[0] - 12 : hidden[0]].max() > 0.8
    assert share[-1] > 0.95


def test_out_of_view_target_leaves_and_returns():
    x, y, w, h = Demo()["out-of-view"].truth.T
    gone = (x + w <= 0) | (x >= WIDTH) | (y + h <= 0) | (y >= HEIGHT)
    whole = (x >= 0) & (x + w <= WIDTH) & (y >= 0) & (y + h <= HEIGHT)
    assert gone.sum() >= 5
    assert whole[0]
    assert whole[-1]


def test_distractor_passes_close_to_the_target():
    scene = SCENES["clutter"]
    gaps = [
        np.hypot(scene.target.x(k) - other.x(k), scene.target.y(k) - other.y(k))
        for other in scene.below
        for k in range(60)
    ]
    assert min(gaps) < Demo()["clutter"].truth[0, 2]


def test_frames_do_not_depend_on_order_or_threads():
    frames = Demo()["occlusion"].open_frames()
    order = [7, 40, 3, 40, 21, 0, 59, 12]
    alone = [frames[k].tobytes() for k in order]
    afresh = Demo()["occlusion"].open_frames()
    with ThreadPoolExecutor(4) as pool:
        together = [frame.tobytes() for frame in pool.map(afresh.__getitem__, order * 3)]
    assert together == alone * 3


def test_names_and_truth_render_no_frames(monkeypatch):
    monkeypatch.setattr(demo, "SceneRenderer", None)
    data = Demo()
    assert [data[name].truth.shape for name in data.names()] == [(60, 4)] * 9
    with pytest.raises(TypeError):
        data["easy"].open_frames()


def test_import_loads_no_torch_and_no_opencv():
    code = "import sys, benchmarks.datasets.demo; print({'torch', 'cv2', 'matplotlib'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"


def test_fingerprints_differ_by_scene_and_renderer_version(monkeypatch):
    opened = [RenderedFrames(SCENES[name]) for name in ("easy", "rotation")]
    before = [frames.fingerprint() for frames in opened]
    assert before[0] != before[1]
    assert before == [frames.fingerprint() for frames in opened]
    monkeypatch.setattr(demo, "VERSION", 2)
    assert opened[0].fingerprint() not in before


def test_unknown_names_and_frames_raise():
    with pytest.raises(KeyError):
        Demo()["hard"]
    frames = Demo()["rotation"].open_frames()
    for index in (-1, 60):
        with pytest.raises(IndexError, match="rotation has no frame"):
            frames[index]
