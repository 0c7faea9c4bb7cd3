"""What a site shows: the scores of each data set, what was checked of each run, and comparisons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.datasets import DATASETS, Dataset, open_dataset
from benchmarks.datasets.views import CachedDataset
from benchmarks.evaluation import Selection
from benchmarks.protocols import PROTOCOLS
from benchmarks.reproduction import ReproductionRecord, read_record
from benchmarks.results_verification import ResultsVerification, verify_results
from benchmarks.scoring import RunScore, choose_profiles
from benchmarks.scoring.compare import MAX_COMPARISONS, Comparison, compare
from benchmarks.store import RunFolder, find_runs
from benchmarks.store.run_folder import VALID_NAME
from reports.page.data import rank_reports, report_data, scored_names, sequence_data
from reports.page.loader import ReportLoader, TrackerReport
from reports.page.pack import Json
from reports.presentation import Presentation
from reports.report_data import without_hidden
from trackers.errors import UserError, system_reason
from trackers.wording import agree, counted_of

Notify = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class CheckedRun:
    """One run, and what was checked of it.

    Attributes:
        report: the run and its scores.
        folder: its folder.
        verification: the verdict of `verify-results`.
        reproduction: the record of its reproduction, if there is one of these boxes.
        reproduced: number of sequences that were run again, and of those with the same boxes.
    """

    report: TrackerReport
    folder: RunFolder
    verification: ResultsVerification
    reproduction: ReproductionRecord | None
    reproduced: tuple[int, int]

    @property
    def badges(self) -> list[dict[str, Any]]:
        """What the leaderboard says of it: text, title, and whether it is bad."""
        found: list[dict[str, Any]] = []
        problems = [finding for finding in self.verification.findings if not finding.harmless]
        if self.verification.imported:
            title = "made by another tool: nothing records how, and on which machine"
            found.append({"text": "imported", "title": title, "bad": False})
        if problems:
            text = "incomplete" if all(one.part == "sequences" for one in problems) else "not valid"
            found.append({"text": text, "title": problems[0].problem, "bad": True})
        elif not self.verification.imported:
            title = "hashes, sequences, lengths, first boxes and record of the machine are checked"
            found.append({"text": "verified", "title": title, "bad": False})
        if self.reproduction is not None:
            again, same = self.reproduced
            if again == same == self.reproduction.of:
                title = "run again: the boxes of all sequences are the same, byte for byte"
                found.append({"text": "reproduced", "title": title, "bad": False})
            else:
                number = counted_of(same, again, "sequence")
                title = f"run again: {number} {agree(same, 'has', 'have')} the same boxes"
                found.append({"text": f"reproduced {same} of {again}", "title": title, "bad": same < again})
        return found


@dataclass(frozen=True, eq=False)
class SiteReport:
    """The results of a protocol on a data set.

    Attributes:
        dataset: the ground truth.
        protocol: the protocol.
        data: the page's data; see `report_data`.
        runs: by tracker, best first.
        comparisons: by metric, those of each two trackers, in the data set's default profile.
    """

    dataset: Dataset
    protocol: str
    data: Json
    runs: dict[str, CheckedRun]
    comparisons: dict[str, list[Comparison]]

    @property
    def names(self) -> list[str]:
        """The sequences with results."""
        return scored_names(self.dataset, self.reports)

    @property
    def reports(self) -> list[TrackerReport]:
        """The runs with their scores, best first."""
        return [run.report for run in self.runs.values()]

    def detail(self, name: str) -> Json:
        """Returns the data within a sequence."""
        return sequence_data(self.dataset, self.reports, name)


def find_reports(results: Path) -> list[tuple[str, str]]:
    """Returns data set and protocol of all results in a folder.

    Raises:
        UserError: there are none, or the folder cannot be read.
    """
    try:
        names = sorted(path.name for path in results.iterdir() if path.is_dir())
        known = [
            name
            for name in names
            if VALID_NAME.fullmatch(name) and (name in DATASETS or name.startswith("folder-"))
        ]
        found = [
            (name, protocol) for name in known for protocol in PROTOCOLS if find_runs(results, name, protocol)
        ]
    except OSError as error:
        raise UserError(f"{system_reason(error)}; name a folder of results") from None
    if not found:
        raise UserError(f"there are no results in {results}; make some with `sotbench run` or `import`")
    return found


def load_report(
    results: Path,
    dataset: str,
    protocol: str,
    data_root: Path | None,
    presentation: Presentation,
    made: datetime,
    notify: Notify,
) -> SiteReport:
    """Reads, scores and checks the results of a protocol on a data set.

    Args:
        results: the folder of results.
        dataset: the data set's name.
        protocol: the protocol.
        data_root: the folder of data sets.
        presentation: how trackers are shown.
        made: the time of the site.
        notify: receives what cannot be read or scored.

    Raises:
        UserError: the ground truth is missing, or no run can be scored.
    """
    opened = CachedDataset(open_dataset(dataset, data_root))
    profiles = choose_profiles("all", opened.name, protocol)
    selection = without_hidden(Selection(opened, protocol, results), presentation)
    folders = {folder.tracker: folder for folder in selection.folders()}
    loader = ReportLoader(opened, profiles, regions=False)
    reports = rank_reports(loader.load(list(folders.values()), notify), profiles[0])
    reports.sort(key=lambda report: presentation.place(report.tracker))
    data = report_data(opened, protocol, profiles, reports, made, loader.left_out, presentation)
    runs = {report.tracker: _check(report, folders[report.tracker], opened, notify) for report in reports}
    scores = [score for report in reports if not isinstance(score := report.scores[profiles[0].name], str)]
    return SiteReport(opened, protocol, data, runs, _compare(scores))


def _check(report: TrackerReport, folder: RunFolder, dataset: Dataset, notify: Notify) -> CheckedRun:
    verification = verify_results(folder, dataset, accept_imported=True)
    try:
        record = read_record(folder)
    except UserError as error:
        notify(f"{report.tracker}: {error}")
        record = None
    current = {} if record is None else record.current(report.manifest)
    same = sum(sequence.same for sequence in current.values())
    return CheckedRun(report, folder, verification, record if current else None, (len(current), same))


def _compare(scores: Sequence[RunScore]) -> dict[str, list[Comparison]]:
    """Compares each two trackers in each metric; those without common sequences are left out."""
    if len(scores) < 2 or len(scores) * (len(scores) - 1) // 2 > MAX_COMPARISONS:
        return {}
    found: dict[str, list[Comparison]] = {}
    for metric in scores[0].sequence_values():
        try:
            found[metric] = compare(scores, [metric])
        except UserError:
            found[metric] = []
            for pair in combinations(scores, 2):
                try:
                    found[metric] += compare(pair, [metric])
                except UserError:
                    continue  # they have no common sequence
    return found
