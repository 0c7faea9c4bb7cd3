"""Videos: frames are checked as arrays, files are read back by OpenCV and Pillow."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from benchmarks.cli.main import main as sotbench
from benchmarks.datasets import Frames, Sequence
from benchmarks.geometry.rasterize import rectangle_polygon
from benchmarks.protocols import Trajectory
from benchmarks.store import RunResults, truth_digest
from reports.style import assign_styles
from reports.video import main
from reports.videos.overlap_chart import BACKGROUND_COLOR, OverlapChart
from reports.videos.rendering import render_frames
from reports.videos.tracked_sequence import TrackedSequence, TrackOverlay, read_tracked_sequence
from trackers.errors import UserError
from trackers.tracker import Frame
from trackers.video.drawing import TRUTH_COLOR, Color, rgb

ROOT = Path(__file__).parents[2]
FIRST, SECOND = (rgb(style.color) for style in assign_styles(["ncc", "still"]).values())


def near(pixels: np.ndarray, color: Color, within: int = 6) -> np.ndarray:
    return np.abs(pixels.astype(int) - color).max(axis=-1) <= within


# Scenes


def a_run(sequence: Sequence, boxes: np.ndarray, start: int = 0, **more) -> RunResults:
    trajectories = {sequence.name: [Trajectory(boxes, np.ones(len(boxes)), start=start)]}
    return RunResults(
        "t", "squares", "ope", trajectories, {sequence.name: truth_digest(sequence.truth)}, {}, **more
    )


def overlaps(squares, run: RunResults, name: str = "right") -> np.ndarray:
    [track] = read_tracked_sequence(squares, name, [run], [FIRST]).tracks
    return track.overlaps


def test_scene_has_the_overlaps_of_boxes(squares):
    sequence = squares["right"]
    boxes = sequence.truth + np.array([6.0, 0, 0, 0])  # of a width of 12
    assert overlaps(squares, a_run(sequence, boxes)) == pytest.approx(1 / 3)


def test_overlap_needs_region_and_truth(squares, monkeypatch):
    whole = squares["right"]
    truth = whole.truth.copy()
    truth[3] = 0
    truth[4] = np.nan
    absent = np.arange(12) == 5
    sequence = replace(whole, truth=truth, absent=absent)
    monkeypatch.setattr(type(squares), "__getitem__", lambda self, name: sequence)
    boxes = whole.truth[2:].copy()
    boxes[8] = np.nan
    run = a_run(sequence, boxes, start=2)
    expected = np.ones(12)
    expected[[0, 1, 3, 4, 5, 10]] = np.nan
    assert overlaps(squares, run) == pytest.approx(expected, nan_ok=True)
    scene = read_tracked_sequence(squares, "right", [run], [FIRST])
    assert np.isnan(scene.truth[:, 0]).nonzero()[0].tolist() == [3, 4, 5]


def test_polygon_overlap_is_counted_in_pixels(squares, monkeypatch):
    upright = squares["right"]
    sequence = replace(upright, polygons=rectangle_polygon(upright.truth))
    monkeypatch.setattr(type(squares), "__getitem__", lambda self, name: sequence)
    run = a_run(sequence, upright.truth)
    scene = read_tracked_sequence(squares, "right", [run], [FIRST])
    assert scene.truth.shape == (12, 8)
    assert scene.tracks[0].overlaps == pytest.approx(1)


def test_results_on_other_ground_truth_are_refused(squares):
    sequence = squares["right"]
    other = replace(a_run(sequence, sequence.truth), truth={"right": "other"})
    with pytest.raises(UserError, match="different ground truth of sequence 'right'"):
        read_tracked_sequence(squares, "right", [other], [FIRST])
    with pytest.raises(UserError, match="has 12 rows of ground truth, but 't' has 9 boxes"):
        read_tracked_sequence(squares, "right", [a_run(sequence, sequence.truth[:9])], [FIRST])
    imported = a_run(sequence, sequence.truth[:9], imported=True)
    assert np.isnan(overlaps(squares, imported)).sum() == 3


def test_sequence_without_results_is_refused(squares):
    run = a_run(squares["right"], squares["right"].truth)
    with pytest.raises(UserError, match="none of t has results on sequence 'down'"):
        read_tracked_sequence(squares, "down", [run], [FIRST])


def test_damaged_and_missing_frames_are_named(squares):
    squares.lost.add("right")
    with pytest.raises(UserError, match="its frames are missing"):
        read_tracked_sequence(squares, "right", [], [])


# The strip


def test_chart_grows_to_the_current_frame():
    overlap = np.full(50, 0.5)
    strip = OverlapChart([overlap], [FIRST], 300, 60)
    reach = []
    for number in (0, 10, 49):
        shown = strip.at(number)
        columns = near(shown[:, :250], FIRST).any(axis=0).nonzero()[0]
        reach.append(columns.max())
        rows = near(shown[:, :250], FIRST).any(axis=1).nonzero()[0]
        assert rows.mean() == pytest.approx(30, abs=1.5)
    assert reach == sorted(reach)
    assert reach[1] == pytest.approx(4 + (reach[2] - 4) * 10 / 49, abs=3)


def test_chart_draws_overlaps_and_gaps():
    overlap = np.array([1.0, 1, 1, 1, np.nan, np.nan, np.nan, 0, 0, 0, 0])
    shown = OverlapChart([overlap], [FIRST], 300, 60).at(10)
    drawn = near(shown[:, :250], FIRST)
    left, right = drawn[:, :85], drawn[:, 165:]
    assert left.any(axis=1).nonzero()[0].mean() == pytest.approx(4, abs=1.5)
    assert right.any(axis=1).nonzero()[0].mean() == pytest.approx(56, abs=1.5)
    assert not drawn[:, 90:160].any()


def test_running_mean_has_the_trackers_color(monkeypatch):
    written = []
    monkeypatch.setattr(
        "reports.videos.overlap_chart.draw_text",
        lambda image, text, x, y, size, color, ground: written.append((text, color)),
    )
    strip = OverlapChart([np.array([np.nan, 1.0, 0.5]), np.zeros(3)], [FIRST, SECOND], 300, 60)
    for number in range(3):
        strip.at(number)
    assert written == [
        ("0.00", SECOND),
        ("1.00", FIRST),
        ("0.00", SECOND),
        ("0.75", FIRST),
        ("0.00", SECOND),
    ]


# Pictures


class Gray(Frames):
    def __init__(self, count: int, size: tuple[int, int]) -> None:
        self.count, self.size = count, size

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Frame:
        return np.full((self.size[1], self.size[0], 3), 100 + index, dtype=np.uint8)

    def fingerprint(self) -> str:
        return ""


def scene(
    name: str = "s", count: int = 6, size: tuple[int, int] = (80, 60), trackers: int = 2
) -> TrackedSequence:
    """Returns boxes that move right by a pixel per frame: the truth, and each tracker 20 pixels lower."""
    boxes = np.array([10.0, 5, 20, 8]) + np.arange(count)[:, None] * np.array([1, 0, 0, 0])
    tracks = tuple(
        TrackOverlay(
            f"tracker {k}", color, boxes + np.array([0, 18 * (k + 1), 0, 0]), np.linspace(1, 0, count)
        )
        for k, color in enumerate((FIRST, SECOND)[:trackers])
    )
    return TrackedSequence(name, Gray(count, size), size, boxes, tracks)


def pictures(scenes: list[TrackedSequence], width: int) -> list[np.ndarray]:
    with ThreadPoolExecutor(1) as pool:
        return [picture.copy() for picture in render_frames(scenes, width, pool)]


def test_boxes_have_their_place_and_color():
    shown = pictures([scene()], 320)  # four times as large
    assert len(shown) == 6
    for number, picture in enumerate(shown):
        for below, color in ((0, TRUTH_COLOR), (18, FIRST), (36, SECOND)):
            left, bottom = 4 * (10 + number), 4 * (5 + below + 8)
            assert near(picture[bottom - 16, left - 1 : left + 1], color).all()
            assert near(picture[bottom - 1 : bottom + 1, left + 40], color).all()
            assert near(picture[bottom - 16, left + 40], (100 + number,) * 3).all()


def test_legend_names_trackers_and_truth(monkeypatch):
    written = []
    monkeypatch.setattr("reports.videos.rendering.draw_text", lambda image, text, *more: written.append(text))
    [picture, *_] = pictures([scene("one"), scene("two", trackers=1)], 640)
    assert written[:3] == ["tracker 0", "tracker 1", "ground truth"]
    assert written[3:5] == [" one  1/6 ", " two  1/6 "]
    legend = picture[-24:]
    for color in (FIRST, SECOND, TRUTH_COLOR):
        assert near(legend, color).any()


def test_legend_shortens_long_names_and_wraps():
    tall = [len(pictures([replace(scene(), tracks=tracks)], 200)[0]) for tracks in (_named(1), _named(7))]
    assert tall[1] > tall[0]
    assert pictures([replace(scene(), tracks=_named(2, "x" * 400))], 320)[0].shape[1] == 320


def _named(count: int, name: str = "tracker") -> tuple[TrackOverlay, ...]:
    return tuple(replace(scene().tracks[0], tracker=f"{name} {k}") for k in range(count))


def test_mosaic_lasts_as_long_as_its_longest():
    shown = pictures([scene("a", 3), scene("b", 6), scene("c", 2, (60, 90))], 400)
    assert len(shown) == 6
    assert shown[0].shape[1] == 400
    tall = 300  # of the portrait: 200 pixels wide, 300 tall
    # The first panel stands still from its third frame on; the second goes on.
    assert (shown[2][:tall, :200] == shown[5][:tall, :200]).all()
    assert near(shown[5][150, 210], (105,) * 3).all()
    # Landscape in a place for a portrait: dark above and below, from left to right in the middle.
    assert near(shown[0][40, 100], (32, 32, 32)).all()
    assert near(shown[0][150, 195], (100,) * 3).all()
    # The fourth place of the mosaic is empty.
    assert near(shown[0][tall + 80 : 2 * tall, 210:], BACKGROUND_COLOR).all()


# The command


@pytest.fixture
def results(squares, tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for tracker in ("still", "ncc"):
        sotbench(["run", "--tracker", tracker, "--dataset", "squares", "--results", "results"])
    return tmp_path / "results"


def video(*more: str) -> int:
    return main(["--dataset", "squares", *more])


def read(path: Path | str) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (seen := capture.read())[0]:
        frames.append(cv2.cvtColor(seen[1], cv2.COLOR_BGR2RGB))
    return frames


def test_one_video_per_sequence(results, capsys):
    capsys.readouterr()
    assert video("--sequences", "right", "down", "--width", "320") == 0
    names = capsys.readouterr().out.splitlines()
    assert names == ["videos/squares/right.mp4", "videos/squares/down.mp4"]
    frames = read(names[0])
    assert len(frames) == 12
    assert frames[0].shape[1] == 320
    assert len(read(names[1])) == 9
    # FIRST is the color of ncc, which is on the target; still stays at its start.
    for number in (8, 11):
        left, middle = 5 * (10 + 2 * number), 5 * (8 + 5)
        assert near(frames[number][middle, left - 1 : left + 1].mean(axis=0), FIRST, 60)
        assert near(frames[number][middle, 49:51].mean(axis=0), SECOND, 60)


def test_mosaic_of_chosen_trackers(results, capsys):
    capsys.readouterr()
    options = ("--sequences", "right", "both", "down", "--mosaic", "--tracker", "still", "--fps", "10")
    assert video(*options) == 0
    assert capsys.readouterr().out == "videos/squares/mosaic.mp4\n"
    frames = read("videos/squares/mosaic.mp4")
    assert len(frames) == 12
    assert frames[0].shape[1] == 640
    assert near(frames[0][-40:], SECOND, 40).any()
    assert not near(frames[0][-24:], FIRST, 40).any()


def test_gif_is_written(results, tmp_path):
    assert video("--sequences", "right", "--out", "new/a.gif", "--width", "200", "--fps", "20") == 0
    with Image.open(tmp_path / "new" / "a.gif") as image:
        assert image.n_frames == 12
        assert image.width == 200
        assert image.info["duration"] == 50


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--sequences", "rihgt"], "no sequence 'rihgt' .did you mean 'right'"),
        (["--sequences", "missing"], "sequence missing of Squares is missing"),
        (["--sequences", "right", "--tracker", "sill"], "no results of tracker 'sill'"),
        (["--sequences", "right", "--results", "none"], "there are no results"),
        (["--sequences", "right", "--out", "a.webm"], r"ends in \.mp4 or \.gif, not to 'a\.webm'"),
        (["--sequences", "right", "down", "--out", "a.mp4"], "2 sequences are selected; add --mosaic"),
        (["--sequences", "right", "--protocol", "sre"], "no results of protocol 'sre'"),
    ],
)
def test_user_error_is_one_sentence(results, capsys, more, sentence):
    capsys.readouterr()
    assert video(*more) == 2
    error = capsys.readouterr().err
    assert re.search(sentence, error)
    assert error.count("\n") == 1
    assert not Path("videos").exists()


@pytest.mark.parametrize(
    "more", [["--width", "3"], ["--width", "x"], ["--fps", "0"], ["--fps", "nan"], []], ids=str
)
def test_invalid_numbers_are_refused(more, capsys):
    with pytest.raises(SystemExit) as status:
        video(*more, *(["--sequences", "right"] if more else []))
    assert status.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_damaged_frame_leaves_no_video(squares, results, capsys):
    squares.broken["right"] = frozenset({7})
    assert video("--sequences", "right") == 2
    assert "frame 7 is damaged" in capsys.readouterr().err
    assert not list(Path("videos").rglob("*.*"))


def test_missing_runs_are_reported(squares, results, capsys):
    sotbench(["run", "--tracker", "ncc", "--name", "part", "--dataset", "squares", "--sequences", "down"])
    assert video("--sequences", "right") == 0
    assert "part: right is left out: it was not run" in capsys.readouterr().err


def test_more_trackers_than_colors_are_refused(results, capsys):
    for number in range(6):
        arguments = ["run", "--tracker", "still", "--dataset", "squares", "--sequences", "right"]
        sotbench([*arguments, "--name", f"still{number}"])
    capsys.readouterr()
    assert video("--sequences", "right") == 2
    assert "a video shows at most 7 trackers, not 8" in capsys.readouterr().err


def test_hostile_names_are_escaped(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    name = "<script>alert('ü \"%03d\" [red]')"
    folder = tmp_path / "data" / name
    folder.mkdir(parents=True)
    for number in range(3):
        Image.new("RGB", (64, 48), (60, 60, 60 + number)).save(folder / f"{number}.png")
    (folder / "groundtruth.txt").write_text("5,5,20,20\n" * 3)
    (tmp_path / "data" / "sotbench.toml").write_text("one_based = false\n")
    where = ["--dataset", "folder", "--data-root", "data"]
    assert sotbench(["run", "--tracker", "still", *where]) == 0
    capsys.readouterr()
    assert main([*where, "--sequences", name]) == 0
    [path] = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"videos/folder-data/[\w.+-]+\.mp4", path)
    assert len(read(path)) == 3


def test_help_loads_no_torch_opencv_or_matplotlib():
    code = (
        "import sys, contextlib\nfrom reports.video import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "print([name for name in ('torch', 'cv2', 'matplotlib') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.splitlines()[-1] == "[]"


@pytest.mark.shared
def test_real_sequence_with_polygons(shared, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    where = ["--dataset", "vot2017", "--data-root", str(shared / "datasets"), "--sequences", "bag"]
    assert sotbench(["run", "--tracker", "ncc", *where, "--protocol", "supervised"]) == 0
    assert main([*where, "--protocol", "supervised", "--width", "240", "--out", "bag.mp4"]) == 0
    assert len(read("bag.mp4")) == 196
