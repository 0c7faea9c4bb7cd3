"""Results: what runs left on disk, by tracker and sequence."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sotbench._messages import LOADING, in_python, python_errors
from sotbench._paths import AnyPath, to_data_root, to_names, to_path
from trackers.errors import UserError
from trackers.registry import did_you_mean
from trackers.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from benchmarks.datasets import Dataset
    from benchmarks.evaluation import Selection
    from benchmarks.protocols.protocol import Trajectory
    from benchmarks.store import RunResults
    from sotbench._scores import Scores


class SequenceResults:
    """One tracker's results on one sequence.

    Attributes:
        sequence: its name.
        trajectories: one per repetition, or per segment of protocols such as TRE.
    """

    def __init__(self, sequence: str, trajectories: Sequence[Trajectory]) -> None:
        self.sequence = sequence
        self.trajectories = tuple(trajectories)

    @property
    def boxes(self) -> NDArray[np.float64]:
        """The boxes of the first repetition.

        float64, shape (n, 4): x, y, w, h in pixels, 0-based; NaN where the tracker reported the target as
        absent. Shape (n, 8), polygons, for trackers of rotated boxes under VOT's protocols.
        """
        return self.trajectories[0].boxes

    @property
    def seconds(self) -> NDArray[np.float64]:
        """The tracker's seconds per frame of the first repetition: float64, shape (n,); NaN if unknown."""
        return self.trajectories[0].seconds

    def __repr__(self) -> str:
        repetitions = f", {len(self.trajectories)} trajectories" if len(self.trajectories) > 1 else ""
        return f"<SequenceResults of {self.sequence}: {counted(len(self.boxes), 'frame')}{repetitions}>"


class TrackerResults(Mapping[str, SequenceResults]):
    """One tracker's results by sequence: `results["ncc"]["easy"].boxes`.

    Attributes:
        tracker: its name.
        failed: by sequence, why there are no results of it.
        notes: sentences that a reader of its scores should know.
    """

    def __init__(self, run: RunResults) -> None:
        self.tracker = run.tracker
        self.failed = dict(run.failed)
        self.notes = tuple(run.notes)
        self._run = run

    def __getitem__(self, sequence: str) -> SequenceResults:
        if sequence in self.failed:
            raise UserError(f"'{self.tracker}' has no results of {sequence}: {self.failed[sequence]}")
        if sequence not in self._run.trajectories:
            names = list(self._run.trajectories)
            raise UserError(f"'{self.tracker}' has no results of '{sequence}'{did_you_mean(sequence, names)}")
        return SequenceResults(sequence, self._run.trajectories[sequence])

    def __contains__(self, sequence: object) -> bool:
        return sequence in self._run.trajectories

    def __iter__(self) -> Iterator[str]:
        return iter(self._run.trajectories)

    def __len__(self) -> int:
        return len(self._run.trajectories)

    @property
    def fps(self) -> float | None:
        """Updates per second of the tracker's own time; None where times are unknown or not its own."""
        from benchmarks.evaluation import updates_per_second

        return updates_per_second(self._run)

    def __repr__(self) -> str:
        failed = f", {len(self.failed)} failed" if self.failed else ""
        return f"<TrackerResults of {self.tracker}: {counted(len(self), 'sequence')}{failed}>"


class Results(Mapping[str, TrackerResults]):
    """Results of several trackers on one data set: `results["ncc"]`.

    Attributes:
        dataset: the data set's name.
        protocol: the protocol that the trackers were run by.
        left_out: by tracker, why its results could not be read.
    """

    def __init__(self, selection: Selection) -> None:
        self.dataset = selection.dataset.name
        self.protocol = selection.protocol
        self.left_out: dict[str, str] = {}
        self._selection = selection
        self._runs: dict[str, RunResults] = {}
        for name, run in selection.read_all().items():
            if isinstance(run, UserError):
                self.left_out[name] = in_python(str(run), LOADING)
            else:
                self._runs[name] = run
        if not self._runs:
            raise UserError(next(iter(self.left_out.values())))
        for name, reason in self.left_out.items():
            warnings.warn(f"{name} is left out: {reason}", stacklevel=3)

    def __getitem__(self, tracker: str) -> TrackerResults:
        if tracker not in self._runs:
            raise UserError(
                f"there are no results of tracker '{tracker}' here{did_you_mean(tracker, list(self._runs))}; "
                f"there are: {', '.join(self._runs)}"
            )
        return TrackerResults(self._runs[tracker])

    def __contains__(self, tracker: object) -> bool:
        return tracker in self._runs

    def __iter__(self) -> Iterator[str]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def failed(self) -> dict[str, dict[str, str]]:
        """By tracker and sequence, why a sequence has no results; trackers without failures are left out."""
        return {name: dict(run.failed) for name, run in self._runs.items() if run.failed}

    @python_errors
    def score(
        self,
        profile: str | None = None,
        sequences: str | Iterable[str] | None = None,
        attribute: str | Iterable[str] | None = None,
    ) -> Scores:
        """Scores the results.

        Args:
            profile: the scoring profile, such as `"otb"` (default: those of the data set).
            sequences: only these sequences: names, or `"@FILE"` for a list in a file.
            attribute: only sequences that have this attribute, or all of several.

        Raises:
            UserError: a name is unknown, or the profile cannot score these results.
        """
        from sotbench._scores import Scores

        return Scores(
            self._selection,
            list(self._runs.values()),
            profile,
            to_names(sequences),
            to_names(attribute),
        )

    def to_frame(self) -> pd.DataFrame:
        """Returns a table with a row per tracker and sequence, indexed by both.

        Columns: `status` (`"ok"`, or why there are no results), `frames`, and `fps` (updates per second of
        the tracker's time, initialization left out; NaN where unknown).
        """
        import pandas as pd

        from benchmarks.protocols import timed_updates

        rows: list[dict[str, Any]] = []
        for tracker, run in self._runs.items():
            for sequence, trajectories in run.trajectories.items():
                updates, seconds = timed_updates(trajectories)
                rows.append(
                    {
                        "tracker": tracker,
                        "sequence": sequence,
                        "status": "ok",
                        "frames": len(trajectories[0].boxes),
                        "fps": updates / seconds if seconds > 0 else np.nan,
                    }
                )
            rows += [
                {"tracker": tracker, "sequence": name, "status": why, "frames": 0, "fps": np.nan}
                for name, why in run.failed.items()
            ]
        columns = ["tracker", "sequence", "status", "frames", "fps"]
        return pd.DataFrame(rows, columns=columns).set_index(["tracker", "sequence"])

    def __repr__(self) -> str:
        return f"<Results on {self.dataset}, protocol {self.protocol}: {', '.join(self._runs)}>"

    def _repr_html_(self) -> str:
        """Returns a table for notebooks: how many sequences each tracker has, and how fast it was."""
        import pandas as pd

        rows = [
            {
                "tracker": name,
                "sequences": len(self[name]),
                "failed": len(self[name].failed),
                "fps": self[name].fps,
            }
            for name in self
        ]
        frame = pd.DataFrame(rows).set_index("tracker")
        shown = frame.style.format({"fps": "{:.1f}"}, na_rep="").set_caption(
            f"{self.dataset}, protocol {self.protocol}"
        )
        return str(shown.to_html())


@python_errors
def load_results(
    dataset: str | Dataset,
    *,
    trackers: str | Iterable[str] | None = None,
    protocol: str = "ope",
    results: AnyPath = "results",
    data_root: AnyPath | None = None,
    split: str | None = None,
) -> Results:
    """Loads the results on a data set.

    Args:
        dataset: the data set's name, or an open one.
        trackers: names (default: all trackers that have results).
        protocol: the protocol that they were run by.
        results: the folder of results.
        data_root: the folder that holds one folder per data set (default: `$SOTBENCH_DATA`). Ground truth
            without frames is enough.
        split: which part of a data set that has several.

    Raises:
        UserError: there are no such results, a name is unknown, or the ground truth is missing.
    """
    from benchmarks.evaluation import select

    selection = select(
        dataset,
        protocol=protocol,
        results=to_path(results),
        trackers=to_names(trackers),
        data_root=to_data_root(data_root),
        split=split,
    )
    return Results(selection)
