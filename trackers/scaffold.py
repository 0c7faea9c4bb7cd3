"""`new`: writes a package with a working tracker, as a starting point for your own."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path
from string import Template

from trackers.atomic import make_folder
from trackers.errors import UserError

NAME = "new"
HELP = "Write a package with a working tracker, an entry point and a test, in a folder of the tracker's name."
EXAMPLES = "example: sotbench new my-tracker"

_FILES = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "$name"
version = "0.1.0"
dependencies = ["numpy", "sotbench"]

[project.entry-points."sotbench.trackers"]
$name = "$package:$class_name"

[tool.hatch.build.targets.wheel]
packages = ["$package"]
""",
    "README.md": """\
# $name

A tracker for sotbench, in `$package/tracker.py`. From this folder:

```sh
pip install -e .                                          # makes it a name: `sotbench list trackers`
sotbench check $name                            # does it keep the rules?
sotbench run --tracker $name --dataset demo   # how well does it track?
sotbench score --dataset demo
```

Before it is installed, `$package/tracker.py:$class_name` stands for `$name`.
""",
    "$package/__init__.py": '''\
"""$class_name: a tracker for sotbench."""

from $package.tracker import $class_name

__all__ = ["$class_name"]
''',
    "$package/tracker.py": '''\
"""$class_name: so far, it searches for the target's mean color around its last position."""

from __future__ import annotations

import numpy as np
from trackers import Boxes, Frame, Tracker


class $class_name(Tracker):
    """Follows a mean color.

    Args:
        reach: how far the target may move between two frames, in units of its size.
    """

    # The same frames always give the same boxes: leave this out if yours draws at random.
    deterministic = True

    def __init__(self, reach: float = 0.5) -> None:
        self.reach = reach  # a setting: --set reach=1.0

    def init(self, frame: Frame, box: Boxes) -> None:
        """Starts afresh. frame: RGB, uint8, (H, W, 3); box: x, y, w, h, 0-based."""
        self.box = np.array(box)
        self.color = self._mean(frame, self.box)

    def update(self, frame: Frame) -> Boxes:
        """Returns the box in the next frame."""
        steps = np.linspace(-self.reach, self.reach, 9)
        moves = np.array([(x, y, 0, 0) for y in steps for x in steps]) * np.tile(self.box[2:], 2)
        # Prefer the nearer of two equally good positions.
        moves = moves[np.argsort(np.abs(moves).sum(axis=1), kind="stable")]
        height, width = frame.shape[:2]
        candidates = self.box + moves
        candidates[:, :2] = np.clip(candidates[:, :2], -self.box[2:] / 2, [width, height] - self.box[2:] / 2)
        errors = [np.abs(self._mean(frame, candidate) - self.color).sum() for candidate in candidates]
        self.box = candidates[int(np.argmin(errors))]
        return self.box.copy()

    @staticmethod
    def _mean(frame: Frame, box: Boxes) -> np.ndarray:
        """Returns the mean color inside a box, clipped to the frame and at least one pixel large."""
        height, width = frame.shape[:2]
        left, top = np.clip(np.floor(box[:2]), 0, [width - 1, height - 1]).astype(int)
        right, bottom = np.maximum(np.ceil(box[:2] + box[2:]).astype(int), [left + 1, top + 1])
        return frame[top:bottom, left:right].mean(axis=(0, 1))
''',
    "tests/test_tracker.py": '''\
"""The tracker keeps sotbench's rules, and follows a square."""

import numpy as np

from $package import $class_name
from trackers import TrackerSpec
from trackers.checking import ConformanceTest


def test_tracker_keeps_the_rules():
    conformance = ConformanceTest(TrackerSpec("$package:$class_name"))
    try:
        violations = [finding for finding in conformance.findings() if finding.verdict == "violation"]
    finally:
        conformance.close()
    assert violations == []


def test_tracker_follows_a_square():
    tracker = $class_name()
    for step in range(10):
        frame = np.zeros((80, 120, 3), np.uint8)
        frame[20:40, 20 + 3 * step : 40 + 3 * step] = (255, 80, 20)
        if step == 0:
            tracker.init(frame, np.array([20.0, 20, 20, 20]))
        else:
            box = tracker.update(frame)
    assert np.abs(box - [47, 20, 20, 20]).max() <= 3
''',
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    parser.add_argument("name", metavar="NAME", help="the tracker's name, such as my-tracker")
    parser.add_argument(
        "--in",
        dest="folder",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="the folder to write it in (default: the current one)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Writes the package and prints the next step."""
    root = write_package(arguments.name, arguments.folder)
    place = shlex.quote(str(root))
    print(f"{root} is written; next: cd {place} && pip install -e . && sotbench check {arguments.name}")
    return 0


def write_package(name: str, folder: Path) -> Path:
    """Writes the package of a tracker.

    Args:
        name: the tracker's name: letters, digits, `-` and `_`, a letter first.
        folder: where to create the package's folder.

    Returns:
        The package's folder.

    Raises:
        UserError: the name is not usable, or the folder exists already.
    """
    if not re.fullmatch(r"[A-Za-z][\w-]*", name, re.ASCII):
        raise UserError(f"'{name}' cannot name a tracker: use letters, digits, '-' and '_', a letter first")
    root = folder / name
    if root.exists():
        raise UserError(f"{root} exists already; choose another name or remove it")
    words = {
        "name": name,
        "package": name.lower().replace("-", "_"),
        "class_name": "".join(word[:1].upper() + word[1:] for word in re.split(r"[-_]+", name)),
    }
    for place, content in _FILES.items():
        path = root / Template(place).substitute(words)
        make_folder(path.parent)
        path.write_text(Template(content).substitute(words), encoding="utf-8")
    return root
