"""sotbench: run visual object trackers, score them and plot the scores.

    import sotbench as sot

    sot.run("ncc", "demo")
    results = sot.load_results("demo", trackers=["ncc", "still"])
    scores = results.score()
    scores.to_frame()
    scores.compare("ncc", "still").verdict
    scores.plot("success")

Boxes are x, y, w, h in pixels, 0-based: 0, 0 is the outer corner of the first pixel, x + w the right edge.
Mistakes that the caller can fix raise `UserError` with a sentence that says what to do.

Importing this package loads neither torch nor pandas nor matplotlib; each is imported when first needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.datasets import Dataset, Sequence
    from benchmarks.reproduction import Reproduction
    from benchmarks.running import RunSummary
    from benchmarks.scoring.compare import Comparison
    from benchmarks.speed import SpeedRecord
    from benchmarks.tuning.tune import Tuning
    from sotbench._data import import_results, open_dataset
    from sotbench._figures import plot, table
    from sotbench._results import Results, SequenceResults, TrackerResults, load_results
    from sotbench._run import reproduce, run, speed, tune
    from sotbench._scores import Scores, TrackerOptions
    from trackers.errors import UserError
    from trackers.regions import iou
    from trackers.tracker import BatchTracker, Tracker

_EXPORTS = {
    "BatchTracker": "trackers.tracker",
    "Comparison": "benchmarks.scoring.compare",
    "Dataset": "benchmarks.datasets",
    "Reproduction": "benchmarks.reproduction",
    "Results": "sotbench._results",
    "RunSummary": "benchmarks.running",
    "Scores": "sotbench._scores",
    "Sequence": "benchmarks.datasets",
    "SequenceResults": "sotbench._results",
    "SpeedRecord": "benchmarks.speed",
    "Tracker": "trackers.tracker",
    "TrackerOptions": "sotbench._scores",
    "TrackerResults": "sotbench._results",
    "Tuning": "benchmarks.tuning.tune",
    "UserError": "trackers.errors",
    "import_results": "sotbench._data",
    "iou": "trackers.regions",
    "load_results": "sotbench._results",
    "open_dataset": "sotbench._data",
    "plot": "sotbench._figures",
    "reproduce": "sotbench._run",
    "run": "sotbench._run",
    "speed": "sotbench._run",
    "table": "sotbench._figures",
    "tune": "sotbench._run",
}

__all__ = [
    "BatchTracker",
    "Comparison",
    "Dataset",
    "Reproduction",
    "Results",
    "RunSummary",
    "Scores",
    "Sequence",
    "SequenceResults",
    "SpeedRecord",
    "Tracker",
    "TrackerOptions",
    "TrackerResults",
    "Tuning",
    "UserError",
    "import_results",
    "iou",
    "load_results",
    "open_dataset",
    "plot",
    "reproduce",
    "run",
    "speed",
    "table",
    "tune",
]


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        return version("sotbench")
    if name not in _EXPORTS:
        raise AttributeError(f"module 'sotbench' has no attribute {name!r}")
    try:
        value = getattr(import_module(_EXPORTS[name]), name)
    except ImportError as error:
        if (hidden := _hidden_package()) is not None:
            raise ImportError(hidden) from error
        raise
    globals()[name] = value
    return value


def _hidden_package() -> str | None:
    """Returns what to do if a module of the user's has the name of one of sotbench's packages, else None."""
    from importlib.util import find_spec
    from pathlib import Path

    root = Path(__file__).resolve().parents[1]
    for package in ("trackers", "benchmarks", "reports"):
        spec = find_spec(package)
        if spec and spec.origin and Path(spec.origin).resolve().parent != root / package:
            return (
                f"{spec.origin} hides sotbench's own package '{package}': rename it, or start Python in "
                "another folder"
            )
    return None


def __dir__() -> list[str]:
    """Lists the public names, imported or not."""
    return sorted([*__all__, "__version__", *(name for name in globals() if name.startswith("__"))])
