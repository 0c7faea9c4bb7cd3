"""The same tracker has the same color in every plot, page, video and data set."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from benchmarks.cli.main import main as sotbench
from reports import html, plot, video
from reports.page import data as page_data_module
from reports.plots import PLOTS
from reports.plots.several import grid_figure
from reports.several import read_reports

TRACKERS = ("still", "ncc", "a-first", "zz-last")


@pytest.fixture
def results(squares, tmp_path: Path, monkeypatch) -> Path:
    """Runs on two data sets: their trackers differ in number, rank and place in the folder."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "one"
    folder.mkdir(parents=True)
    for number in range(4):
        Image.fromarray(np.full((48, 64, 3), 40 * number, dtype=np.uint8)).save(folder / f"{number}.png")
    (folder / "groundtruth.txt").write_text("".join(f"{5 + number},5,20,20\n" for number in range(4)))
    (tmp_path / "data" / "sotbench.toml").write_text("one_based = false\n")
    sets = {"squares": ("still", "ncc", "a-first"), "folder": ("zz-last", "ncc")}
    for dataset, names in sets.items():
        for name in names:
            tracker = name if name in ("still", "ncc") else "still"
            words = ["run", "--tracker", tracker, "--dataset", dataset, "--name", name]
            sotbench([*words, "--data-root", "data"])
    return tmp_path / "results"


def where(dataset: str) -> list[str]:
    return ["--dataset", dataset, "--data-root", "data"]


def plot_colors(dataset: str, *more: str) -> dict[str, set[str]]:
    """Returns the colors of each tracker in all kinds of plot of a data set."""
    [report] = read_reports(plot.parser().parse_args([*where(dataset), *more]))
    found: dict[str, set[str]] = {}
    for kind in ("success", "precision"):
        for line in PLOTS.load(kind)(report).axes[0].get_lines():
            found.setdefault(str(line.get_label()).split("] ")[1].split(" (")[0], set()).add(
                to_hex(line.get_color())
            )
    axes = PLOTS.load("scores")(report).axes[0]
    names = [text.get_text().split(" (")[0] for text in axes.get_yticklabels()]
    for name, container in zip(names, axes.containers, strict=True):
        found[name].add(to_hex(container[0].get_color()))
    first, second = report.pair()
    points = [
        line
        for line in PLOTS.load("sequences")(report).axes[0].get_lines()
        if line.get_marker() in ("o", "s")
    ]
    for score, line in zip((first, second), points, strict=True):
        found[report.label(score.tracker)].add(to_hex(line.get_color()))
    return found


def page_colors(dataset: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    seen: list[dict[str, Any]] = []
    make = page_data_module.report_data
    monkeypatch.setattr(page_data_module, "report_data", lambda *words: seen.append(make(*words)) or seen[-1])
    assert html.main([*where(dataset), "--out", "page.html"]) == 0
    json.dumps(seen[-1]["trackers"][0]["style"])
    return {tracker["name"]: tracker["style"]["color"].lower() for tracker in seen[-1]["trackers"]}


def video_colors(dataset: str, sequence: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    from reports.videos import rendering

    seen: list[Any] = []
    render: Callable[..., Any] = rendering.render_frames
    monkeypatch.setattr(
        rendering, "render_frames", lambda scenes, *more: seen.extend(scenes) or render(scenes, *more)
    )
    assert video.main([*where(dataset), "--sequences", sequence, "--width", "160"]) == 0
    return {
        track.tracker: "#{:02x}{:02x}{:02x}".format(*track.color) for scene in seen for track in scene.tracks
    }


def test_color_is_the_same_in_plots_pages_videos_and_data_sets(results, monkeypatch):
    found: dict[str, set[str]] = {name: set() for name in TRACKERS}
    for dataset, sequence in (("squares", "right"), ("folder", "one")):
        for colors in (page_colors(dataset, monkeypatch), video_colors(dataset, sequence, monkeypatch)):
            for name, color in colors.items():
                found[name].add(color)
        for name, several in plot_colors(dataset).items():
            found[name] |= several
    assert {name: len(colors) for name, colors in found.items()} == dict.fromkeys(TRACKERS, 1)
    assert len(set.union(*found.values())) == len(TRACKERS)


def test_color_stays_when_trackers_are_chosen_or_hidden(results):
    whole = plot_colors("squares")
    assert plot_colors("squares", "--tracker", "still", "ncc")["still"] == whole["still"]
    hidden = plot_colors("squares", "--hide", "ncc")
    assert hidden == {name: colors for name, colors in whole.items() if name != "ncc"}


def test_chosen_color_is_that_of_every_report(results, monkeypatch):
    (results / "sotbench.toml").write_text(
        '[trackers.ncc]\ncolor = "#123456"\nlabel = "N C C"\nhighlight = true\n'
    )
    assert plot_colors("squares")["N C C"] == {"#123456"}
    assert page_colors("squares", monkeypatch)["ncc"] == "#123456"
    assert video_colors("folder", "one", monkeypatch)["ncc"] == "#123456"


def test_grid_and_radar_have_the_colors_of_each_plot(results):
    reports = read_reports(
        plot.parser().parse_args(["--dataset", "squares", "folder", "--data-root", "data"])
    )
    figure = grid_figure(reports, PLOTS.load("success"))
    alone = {**plot_colors("squares"), **plot_colors("folder")}
    for axes in figure.axes:
        for line in axes.get_lines():
            name = str(line.get_label()).split("] ")[1].split(" (")[0]
            assert to_hex(line.get_color()) in alone[name]
