"""Fixtures that several test files use."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import Phase, settings

from benchmarks.datasets import DATASETS, Dataset, Frames, Sequence, SequenceError
from trackers.registry import Entry
from trackers.tracker import Frame

SHARED = Path(__file__).resolve().parents[2] / "shared"

# The same examples in every run: a test command must give the same answer every time. New ones are looked
# for by `tox -e fuzz`, and what it finds becomes an `@example`.
settings.register_profile("tests", derandomize=True, deadline=None, database=None)
settings.load_profile("tests")
# Exploring: other examples in every run, and more of them.
settings.register_profile("explore", max_examples=2000, deadline=None)
# For mutation testing: nobody reads the shrunk example.
settings.register_profile(
    "mutation", derandomize=True, deadline=None, database=None, phases=[Phase.explicit, Phase.generate]
)


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Ctrl-C counts here and in what the tests start, also where a shell runs them in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def shared() -> Path:
    """The folder of real frames, weights and published results beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("../shared (real frames, weights, published results) is not on this machine")
    return SHARED


class ArrayFrames(Frames):
    """Frames that lie in memory; `broken` ones cannot be read."""

    def __init__(self, pixels: list[Frame], broken: frozenset[int] = frozenset()) -> None:
        self.pixels = pixels
        self.broken = broken

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int) -> Frame:
        if index in self.broken:
            raise SequenceError(f"frame {index} is damaged")
        return self.pixels[index].copy()

    def fingerprint(self) -> str:
        return str(sum(int(frame.sum()) for frame in self.pixels))


class Squares(Dataset):
    """Bright noisy squares on dark noise, each moving in its own way: small, quick, and easy to follow."""

    name = "squares"
    title = "Squares"
    attributes = ("FM",)
    lengths: ClassVar[dict[str, int]] = {"right": 12, "down": 9, "single": 1, "both": 10}
    all_names = (*lengths, "missing")

    def __init__(self, data_root: Path | None = None) -> None:
        self.data_root = data_root
        self.broken: dict[str, frozenset[int]] = {}
        self.lost: set[str] = set()
        self.cut: set[str] = set()

    def names(self) -> tuple[str, ...]:
        return tuple(self.lengths)

    def __getitem__(self, name: str) -> Sequence:
        if name in self.cut:
            raise SequenceError(f"{name}: the ground truth is truncated")
        rng = np.random.default_rng(len(name))
        step = np.array([2.0 * ("d" not in name), 1.5 * (name != "right"), 0, 0])
        truth = np.array([10.0, 8, 12, 10]) + step * np.arange(self.lengths[name])[:, None]
        target = rng.integers(128, 256, (10, 12, 3), dtype=np.uint8)
        ground = rng.integers(0, 90, (64, 64, 3), dtype=np.uint8)
        pixels = []
        for x, y, w, h in np.rint(truth).astype(int):
            frame = ground.copy()
            frame[y : y + h, x : x + w] = target
            pixels.append(frame)

        def open_frames() -> Frames:
            if name in self.lost:
                raise SequenceError(f"{name}: its frames are missing")
            return ArrayFrames(pixels, self.broken.get(name, frozenset()))

        return Sequence(name, truth, ("FM",) if name == "both" else (), open_frames, size=(64, 64))


@pytest.fixture
def squares(monkeypatch: pytest.MonkeyPatch) -> Squares:
    """A tiny data set, known to the commands as `squares`."""
    dataset = Squares()
    monkeypatch.setitem(DATASETS.entries, "squares", Entry(f"{__name__}:Squares", "for tests"))
    monkeypatch.setattr(DATASETS, "load", _returning(dataset, DATASETS.load))
    return dataset


def _returning(dataset: Squares, load: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda name: (lambda root: dataset) if name == "squares" else load(name)
