"""A data set in memory and files to import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

from benchmarks.datasets import Dataset, Frames, Sequence


def _no_frames() -> Frames:
    raise AssertionError("importing needs no frames")


class Truths(Dataset):
    """Sequences with ground truth only; those in `missing` have none."""

    def __init__(self, truths: Mapping[str, ArrayLike], name: str, missing: tuple[str, ...] = ()) -> None:
        self.name = name
        self.title = name.upper()
        self.one_based = not name.startswith(("vot", "demo"))
        self.all_names = (*truths, *missing)
        self._truths = {key: np.array(value, dtype=np.float64) for key, value in truths.items()}

    def names(self) -> tuple[str, ...]:
        return tuple(self._truths)

    def __getitem__(self, name: str) -> Sequence:
        truth = self._truths[name]
        anchors = np.zeros(len(truth))
        anchors[[0, -1]] = 1, -1
        return Sequence(name, truth, (), _no_frames, anchors=anchors)


@pytest.fixture(scope="session")
def truths() -> type[Truths]:
    return Truths


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Mapping[str, bytes | str]], Path]:
    """Writes files into a new folder and returns it."""

    def files(content: Mapping[str, bytes | str]) -> Path:
        root = tmp_path / "given"
        for name, data in content.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return root

    return files
