"""The reports of a results folder, looked up by names of existing folders."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock

from benchmarks.datasets import DATASETS, Dataset, Frames, SequenceError, open_dataset
from benchmarks.datasets.views import CachedDataset
from benchmarks.evaluation import Selection
from benchmarks.protocols import PROTOCOLS
from benchmarks.scoring import ScoringProfile, choose_profiles
from benchmarks.store import RunFolder, find_runs
from benchmarks.store.run_folder import VALID_NAME
from reports.page.data import report_data, scored_names, sequence_data
from reports.page.loader import ReportLoader, manifest_stamp
from reports.page.pack import Json
from reports.page.thumbnails import jpeg
from reports.presentation import Presentation, read_presentation
from reports.report_data import without_hidden
from trackers.errors import UserError, system_reason


@dataclass
class ReportCache:
    """The results of one protocol on one data set, scored again when they change. Thread-safe.

    Attributes:
        results: the results folder.
        dataset: the ground truth.
        protocol: the protocol.
        profiles: the rules of scoring.
    """

    results: Path
    dataset: Dataset
    protocol: str
    profiles: Sequence[ScoringProfile]
    _lock: Lock = field(default_factory=Lock)
    _frames: dict[str, Frames] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._loader = ReportLoader(self.dataset, self.profiles)
        self._made: tuple[str, Json] | None = None

    def stamp(self) -> str:
        """Returns a text that changes whenever one of the runs does, or how trackers are shown."""
        presentation = read_presentation(self.results)
        folders = self._folders(presentation)
        stamps = [(folder.path, manifest_stamp(folder.manifest_path)) for folder in folders]
        return hashlib.sha256(repr((stamps, presentation)).encode()).hexdigest()[:16]

    def data(self) -> Json:
        """Returns the report's data with the stamp of its runs.

        Raises:
            UserError: no run can be scored.
        """
        with self._lock:
            stamp = self.stamp()
            if self._made is None or self._made[0] != stamp:
                presentation = read_presentation(self.results)
                reports = self._loader.load(self._folders(presentation))
                made = datetime.now().astimezone()
                content = report_data(
                    self.dataset,
                    self.protocol,
                    self.profiles,
                    reports,
                    made,
                    self._loader.left_out,
                    presentation,
                )
                self._made = (stamp, content | {"stamp": stamp})
            return self._made[1]

    def detail(self, sequence: str, address: str) -> Json:
        """Returns the data within a sequence, with `address` for its frames if they can be read.

        Raises:
            KeyError: no tracker has results of this sequence.
        """
        with self._lock:
            reports = self._loader.load(self._folders(read_presentation(self.results)))
            if sequence not in scored_names(self.dataset, reports):
                raise KeyError(sequence)
            try:
                readable = self._open(sequence) is not None
            except SequenceError:
                readable = False
            return sequence_data(self.dataset, reports, sequence, address if readable else None)

    def frame(self, sequence: str, place: int) -> bytes:
        """Returns a frame as JPEG in its original size.

        Raises:
            KeyError: there is no such sequence or frame.
            SequenceError: it cannot be read.
        """
        if sequence not in self.dataset.names():
            raise KeyError(sequence)
        with self._lock:
            frames = self._open(sequence)
        if not 0 <= place < len(frames):
            raise KeyError(place)
        return jpeg(frames[place], quality=88)

    def _folders(self, presentation: Presentation) -> list[RunFolder]:
        selection = Selection(self.dataset, self.protocol, self.results)
        return without_hidden(selection, presentation).folders()

    def _open(self, sequence: str) -> Frames:
        if sequence not in self._frames:
            self._frames[sequence] = self.dataset[sequence].open_frames()
        return self._frames[sequence]


class ResultsFolder:
    """A results folder with the reports on it.

    Args:
        results: the folder, as `sotbench run` writes it.
        data_root: the folder of data sets, for ground truth and frames.
    """

    def __init__(self, results: Path, data_root: Path | None) -> None:
        self.results, self.data_root = results, data_root
        self._report_caches: dict[tuple[str, str], ReportCache] = {}
        self._lock = Lock()

    def contents(self) -> list[tuple[str, str, list[str]]]:
        """Returns data set, protocol and trackers of each report.

        A folder that cannot be read has no trackers; `unavailable_reason` says why.
        """
        found: list[tuple[str, str, list[str]]] = []
        for dataset in self._datasets():
            try:
                runs = [
                    (dataset, protocol, find_runs(self.results, dataset, protocol)) for protocol in PROTOCOLS
                ]
            except OSError:
                found.append((dataset, "ope", []))
            else:
                found += [entry for entry in runs if entry[2]]
        return found

    def report_cache(self, dataset: str, protocol: str) -> ReportCache:
        """Returns the results of a protocol on a data set.

        Raises:
            KeyError: there are none.
            UserError: they cannot be read, the ground truth is missing, or no profile applies.
        """
        if dataset not in self._datasets() or protocol not in PROTOCOLS:
            raise KeyError(dataset)
        try:
            runs = find_runs(self.results, dataset, protocol)
        except OSError as error:
            raise UserError(system_reason(error)) from None
        if not runs:
            raise KeyError(dataset)
        with self._lock:
            if (dataset, protocol) not in self._report_caches:
                opened = CachedDataset(open_dataset(dataset, self.data_root))
                profiles = choose_profiles("all", opened.name, protocol)
                self._report_caches[dataset, protocol] = ReportCache(self.results, opened, protocol, profiles)
            return self._report_caches[dataset, protocol]

    def _datasets(self) -> list[str]:
        """Returns the data sets with results: registered ones, and the user's own folders."""
        folders = (path.name for path in self.results.iterdir() if path.is_dir())
        names = filter(VALID_NAME.fullmatch, folders)
        return sorted(name for name in names if name in DATASETS or name.startswith("folder-"))

    def unavailable_reason(self, dataset: str, protocol: str) -> str:
        """Returns a sentence on why a report cannot be shown; empty if it can."""
        try:
            self.report_cache(dataset, protocol)
        except UserError as error:
            return str(error)
        return ""
