"""A data set whose names contain markup, runs on it, and a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.datasets import Dataset, Frames, Sequence
from benchmarks.protocols import Trajectory
from benchmarks.scoring import choose_profiles, score_run
from benchmarks.store import Identity, Manifest, RunResults, SequenceRecord
from reports.page.data import report_data, scored_names, sequence_data
from reports.page.document import html_page
from reports.page.loader import TrackerReport
from reports.page.series import measure_series
from reports.page.thumbnails import embed_frames

LENGTH = 30
HOSTILE = {
    "plain": ("OCC",),
    "two words / \"quoted\" 'name'": ("OCC", "<b>FM</b>"),
    "Zürich, 東京 </script><script>window.stolen = 1</script>": (),
    "%{x} &amp; <img src=x onerror='window.stolen = 2'>": ("<b>FM</b>",),
    "__proto__": ("OCC",),
}
ALERT = "<script>alert(1)</script>"


class _Gray(Frames):
    def __len__(self) -> int:
        return LENGTH

    def __getitem__(self, index: int) -> np.ndarray:
        return np.full((120, 160, 3), 40 + 3 * index, dtype=np.uint8)

    def fingerprint(self) -> str:
        return "gray"


class Hostile(Dataset):
    """Writes sequences of a moving box whose names contain special characters of HTML, URLs and Plotly."""

    name = "folder"
    title = "<i>Hostile</i> & Sons"
    attributes = ("OCC", "<b>FM</b>", "never")
    all_names = (*HOSTILE, "missing")

    def names(self) -> tuple[str, ...]:
        return tuple(HOSTILE)

    def __getitem__(self, name: str) -> Sequence:
        truth = np.array([20.0, 30, 40, 30]) + np.array([2.0, 0, 0, 0]) * np.arange(LENGTH)[:, None]
        return Sequence(name, truth, HOSTILE[name], _Gray, size=(160, 120))


def tracker_report(dataset: Dataset, tracker: str, shift: float) -> TrackerReport:
    """Writes a run whose boxes drift, at another rate in each sequence; one sequence failed."""
    remark = f"it was made in 2 environments, which differ in {ALERT}"
    run = RunResults(
        tracker, dataset.name, "ope", {}, {}, {"missing": "failed: <b>no</b> frames"}, notes=(remark,)
    )
    manifest = Manifest(
        dataset.name,
        Identity(f"process:{ALERT}", {"key": ALERT}, None, None, "ope", "cpu", 0, 1),
        [{"python": "3.11", "packages": {"numpy": ALERT}}],
        {"missing": SequenceRecord("failed", "<b>no</b> frames", traceback=f"Traceback: {ALERT}")},
    )
    for number, name in enumerate(dataset.names()):
        offset = np.zeros((LENGTH, 4))
        offset[:, 0] = shift * (number + 1) * np.arange(LENGTH) / 10
        seconds = np.full(LENGTH, 0.01)
        run.trajectories[name] = [Trajectory(dataset[name].truth + offset, seconds)]
        manifest.sequences[name] = SequenceRecord("ok", frames=LENGTH)
    return TrackerReport(
        tracker,
        manifest,
        run.failed,
        {profile.name: score_run(run, dataset, profile) for profile in profiles(dataset)},
        {name: measure_series(dataset[name], passes[0]) for name, passes in run.trajectories.items()},
        100.0,
        run.notes,
        frozenset(run.trajectories),
    )


def profiles(dataset: Dataset) -> list[Any]:
    return choose_profiles("all", dataset.name, "ope")


@pytest.fixture(scope="module")
def hostile() -> Hostile:
    return Hostile()


@pytest.fixture(scope="module")
def reports(hostile: Hostile) -> list[TrackerReport]:
    shifts = {"near": 1.0, ALERT: 3.0, "<b>bold</b> %{y}": 9.0}
    return [tracker_report(hostile, tracker, shift) for tracker, shift in shifts.items()]


@pytest.fixture(scope="module")
def page_data(hostile: Hostile, reports: list[TrackerReport]) -> dict[str, Any]:
    made = datetime(2026, 11, 24, tzinfo=UTC)
    return report_data(hostile, "ope", profiles(hostile), reports, made, {"gone": f"run.json is {ALERT}"})


@pytest.fixture(scope="module")
def write_page(
    tmp_path_factory: pytest.TempPathFactory,
    hostile: Hostile,
    reports: list[TrackerReport],
    page_data: dict[str, Any],
) -> Callable[[bool], Path]:
    """Returns a function that writes the report of the hostile data set, with or without frames."""

    def write(frames: bool) -> Path:
        names = scored_names(hostile, reports)
        strips = embed_frames(hostile, names, 1e6) if frames else {}
        details = {name: sequence_data(hostile, reports, name, strips.get(name)) for name in names}
        path = tmp_path_factory.mktemp("page") / "a report.html"
        path.write_text(html_page(page_data, details), encoding="utf-8")
        return path

    return write


CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Starts the system's Chromium, headless."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip("there is no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


class Watched:
    """A browser page that records errors and requests, which must not happen."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append("a dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, address: str) -> Any:
        self.page.goto(address)
        self.page.wait_for_selector("#curve-success .plot-container")
        return self.page


@pytest.fixture(scope="module")
def watched(chromium: Any) -> Iterator[Callable[..., Watched]]:
    """Returns a function that opens pages: `watched(viewport=..., color_scheme=...)`."""
    opened: list[Watched] = []

    def open_one(**options: Any) -> Watched:
        opened.append(Watched(chromium, **options))
        return opened[-1]

    yield open_one
    for one in opened:
        one.context.close()
