from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from benchmarks.cli.main import main
from benchmarks.datasets import Sequence
from benchmarks.running.live import LiveView, half_blocks
from benchmarks.running.progress import RunProgress
from trackers.video.drawing import TRACKER_COLOR, TRUTH_COLOR


def terminal(**more) -> Console:
    settings = {"force_terminal": True, "width": 80, "height": 30, "color_system": "truecolor"} | more
    return Console(file=io.StringIO(), **settings)


def shown(live: LiveView, console: Console | None = None) -> str:
    console = console or terminal()
    console.print(live)
    return console.file.getvalue()


def near(image: np.ndarray, color: tuple[int, int, int], within: int) -> np.ndarray:
    return (np.abs(image.astype(int) - color).max(axis=-1) <= within).any()


@pytest.fixture
def right(squares) -> Sequence:
    return squares["right"]


def test_pixels_become_half_blocks():
    image = np.array([[[8, 16, 24], [255, 0, 0]], [[0, 255, 0], [0, 0, 255]]], dtype=np.uint8)
    first, second, end = half_blocks(image)
    assert (first.text, second.text, end.text) == ("▀", "▀", "\n")
    assert first.style.color.triplet == (8, 16, 24)
    assert first.style.bgcolor.triplet == (0, 248, 0)
    assert second.style.color.triplet == (248, 0, 0)
    assert second.style.bgcolor.triplet == (0, 0, 248)


def test_view_shows_frame_boxes_and_mean_overlap(right, tmp_path):
    live = LiveView(tmp_path)
    frames = right.open_frames()
    assert shown(live) in ("", "\n")
    live.show(right, 0, frames[0], right.truth[0])
    live.show(right, 1, frames[1], right.truth[1] + np.array([6.0, 0, 0, 0]))
    text = shown(live)
    # Boxes of 12 x 10 pixels, 6 pixels apart: overlap 1/3 in the second frame.
    assert text.splitlines()[0] == "right  frame 2/12  mean overlap 0.667"
    for color in (TRACKER_COLOR, TRUTH_COLOR):
        code = ";".join(str(level & 0xF8) for level in color)
        assert re.search(rf"[34]8;2;{code}[;m]", text)
    picture = text.splitlines()[1:]
    # 64 x 64 pixels in a terminal of 30 lines: 26 lines of 52 columns.
    assert [line.count("▀") for line in picture] == [52] * 26


@pytest.mark.parametrize(("width", "height"), [(20, 30), (80, 3), (1, 1), (300, 100)])
def test_view_fits_any_terminal(right, tmp_path, width, height):
    live = LiveView(tmp_path)
    live.show(right, 0, right.open_frames()[0], right.truth[0])
    console = terminal(width=width, height=height, color_system=None)
    lines = shown(live, console).splitlines()
    assert max(len(line) for line in lines) <= width
    assert 2 <= len(lines) <= max(height, 2)


def test_frames_without_ground_truth_do_not_count(right, tmp_path):
    truth = right.truth.copy()
    truth[0] = np.nan
    live = LiveView(tmp_path)
    live.show(replace(right, truth=truth), 0, right.open_frames()[0], right.truth[0])
    assert shown(live).splitlines()[0] == "right  frame 1/12"


def test_strip_has_eight_thumbnails(right, tmp_path):
    live = LiveView(tmp_path / "run")
    frames = right.open_frames()
    for number in range(12):
        live.show(right, number, frames[number], right.truth[number])
    live.end("right")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["right.strip.jpg"]
    with Image.open(tmp_path / "run" / "right.strip.jpg") as image:
        strip = np.asarray(image)
    assert strip.shape == (120, 8 * 120, 3)
    for place, number in enumerate((0, 2, 3, 5, 6, 8, 9, 11)):
        x, y, w, h = (right.truth[number] * 120 / 64).tolist()
        row = strip[round(y + h / 2), 120 * place : 120 * (place + 1)]
        for border in (x, x + w):
            assert near(row[round(border) - 2 : round(border) + 2], TRACKER_COLOR, 70)
    live.end("right")  # has no effect


def test_failed_sequence_has_a_short_strip(squares, tmp_path):
    live = LiveView(tmp_path)
    for name in ("right", "down"):
        sequence = squares[name]
        live.show(sequence, 0, sequence.open_frames()[0], sequence.truth[0])
        live.end(name)
    live.end("single")  # none of its frames were shown
    for name in ("right", "down"):
        with Image.open(tmp_path / f"{name}.strip.jpg") as image:
            assert image.size == (120, 120)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["down.strip.jpg", "right.strip.jpg"]


def test_names_are_not_markup(right, tmp_path):
    live = LiveView(tmp_path)
    live.show(replace(right, name="[red]a\x1b[2J\nb"), 0, right.open_frames()[0], right.truth[0])
    assert shown(live).splitlines()[0] == "[red]a [2J b  frame 1/12  mean overlap 1.000"


def test_view_is_above_the_bar(right, tmp_path):
    console = terminal()
    live = LiveView(tmp_path)
    with RunProgress(1, 12, console, above=live) as progress:
        progress.start("right", 12)
        live.show(right, 4, right.open_frames()[4], right.truth[4])
        progress.advance("right", 5)
    text = console.file.getvalue()
    assert text.index("frame 5/12") < text.rindex("5/12 frames")
    assert "▀" in text


def run(tmp_path: Path, *more: str) -> int:
    return main(
        ["run", "--tracker", "ncc", "--dataset", "squares", "--results", str(tmp_path), "--live", *more]
    )


def test_live_run_writes_strips_and_the_same_boxes(squares, tmp_path):
    assert run(tmp_path / "a") == 0
    folder = tmp_path / "a" / "squares" / "ncc" / "ope"
    assert {path.name for path in folder.glob("*.jpg")} == {f"{name}.strip.jpg" for name in squares.names()}
    with Image.open(folder / "single.strip.jpg") as image:
        assert image.size == (120, 120)
    main(["run", "--tracker", "ncc", "--dataset", "squares", "--results", str(tmp_path / "b")])
    plain = tmp_path / "b" / "squares" / "ncc" / "ope"
    assert not list(plain.glob("*.jpg"))
    for name in squares.names():
        assert (plain / f"{name}.txt").read_bytes() == (folder / f"{name}.txt").read_bytes()


@pytest.mark.parametrize("protocol", ["tre", "supervised"])
def test_live_run_of_other_protocols(squares, tmp_path, protocol):
    assert run(tmp_path, "--protocol", protocol, "--sequences", "right") == 0
    assert (tmp_path / "squares" / "ncc" / protocol / "right.strip.jpg").is_file()


def test_live_refuses_a_batch(squares, tmp_path, capsys):
    assert run(tmp_path, "--batch", "2") == 2
    assert "leave --batch, --workers and --ray out" in capsys.readouterr().err
