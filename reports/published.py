"""Published scores, each with its source, to show beside one's own.

`published.csv` has one score per line: data set, protocol, the profile that scores as its source did,
tracker, metric, value as printed (as a fraction of 1), and the key of its source. `published_sources.csv`
has the title and place of each source.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from benchmarks.scoring import Metric, Record
from trackers.errors import UserError

_SCORES = Path(__file__).with_name("published.csv")
_SOURCES = Path(__file__).with_name("published_sources.csv")
_PRINTED = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True)
class Published:
    """A published score.

    Attributes:
        dataset, protocol: the data set and protocol.
        profile: the profile that scores as the source did.
        tracker, metric: the tracker and metric.
        printed: the value as printed, percent as a fraction of 1, with all its decimals.
        source: the key of its source.
    """

    dataset: str
    protocol: str
    profile: str
    tracker: str
    metric: str
    printed: str
    source: str

    @property
    def value(self) -> float:
        """The value."""
        return float(self.printed)

    @property
    def rounding(self) -> float:
        """Half a unit of the last decimal: the largest distance to the unrounded value."""
        return 0.5 * 10.0 ** -len(self.printed.partition(".")[2])


@cache
def _all() -> tuple[Published, ...]:
    return parse_published(_SCORES.read_text(encoding="utf-8"), str(_SCORES))


def parse_published(text: str, where: str) -> tuple[Published, ...]:
    """Parses the text of a list of published scores, which messages call `where`.

    Raises:
        UserError: a line has other columns, or a value that is not a decimal fraction.
    """
    wanted = [column.name for column in fields(Published)]
    scores = []
    try:
        rows = csv.DictReader(text.splitlines(keepends=True), strict=True)
        for row in rows:
            if list(row) != wanted or None in row.values():
                raise UserError(f"{where}: line {rows.line_num} has other columns than {','.join(wanted)}")
            if not _PRINTED.fullmatch(row["printed"]):
                raise UserError(
                    f"{where}: line {rows.line_num} has '{row['printed'][:40]}' instead of a value such as "
                    "0.582"
                )
            scores.append(Published(**row))
    except csv.Error as error:
        raise UserError(f"{where}: cannot be read after line {rows.line_num}: {error}") from None
    return tuple(scores)


@cache
def sources() -> dict[str, str]:
    """Returns title and place of each source, by key."""
    return {row["source"]: f"{row['title']} ({row['place']})" for row in _rows(_SOURCES)}


def published_scores(dataset: str, protocol: str) -> list[Published]:
    """Returns all published scores on a data set under a protocol."""
    return [one for one in _all() if (one.dataset, one.protocol) == (dataset, protocol)]


def published_records(
    scores: Sequence[Published], profile: str, metrics: Sequence[str], main: Metric
) -> list[Record]:
    """Returns published scores as records, one per tracker, best first by `main`.

    Each is named `NAME (published)`, with the profile of its source if that is not `profile`. They have no
    intervals and no number of sequences.

    Args:
        scores: published scores on one data set, under one protocol.
        profile: the profile of one's own results.
        metrics: the metrics to include.
        main: the metric to sort by.
    """
    rows: dict[str, Record] = {}
    for one in scores:
        if one.metric not in metrics:
            continue
        note = "published" if one.profile == profile else f"published, {one.profile}"
        name = f"{one.tracker} ({note})"
        head: Record = {"tracker": name, "dataset": one.dataset, "protocol": one.protocol, "profile": profile}
        empty: Record = {"sequences": None, "of": None, "frames": None}
        rows.setdefault(name, head | empty)[one.metric] = one.value
    return sorted(
        rows.values(),
        key=lambda row: (main.sort_key(row.get(main.name)), str(row["tracker"])),
    )


def published_tracker(record: Record) -> str:
    """Returns the tracker of a record of `published_records`, without the note."""
    return str(record["tracker"]).rpartition(" (published")[0]


def source_notes(scores: Sequence[Published]) -> list[str]:
    """Returns a sentence per source of these scores: its trackers, title and place."""
    by_source: dict[str, list[str]] = {}
    for one in scores:
        by_source.setdefault(one.source, []).append(one.tracker)
    return [
        f"Published: {', '.join(dict.fromkeys(trackers))}: {sources()[key]}."
        for key, trackers in by_source.items()
    ]


def differences_from_published(records: Sequence[Record], known: Sequence[Published]) -> Iterator[str]:
    """Yields a sentence for each tracker whose score differs from the one published under its name.

    Only scores by the same profile on the whole data set are compared.

    Args:
        records: one's own scores, on the data set and under the protocol of `known`.
        known: published scores.
    """
    for record in records:
        if record["sequences"] != record["of"]:
            continue
        apart = []
        for one in known:
            ours = record.get(one.metric)
            same = (one.tracker.casefold(), one.profile) == (
                str(record["tracker"]).casefold(),
                record["profile"],
            )
            # The last bit of a binary fraction is not a difference.
            if same and ours is not None and abs(float(ours) - one.value) > one.rounding + 1e-9:
                decimals = max(len(one.printed.partition(".")[2]), 4)
                apart.append(
                    f"{one.metric} {float(ours):.{decimals}f} (published: {one.printed}, {one.source})"
                )
        if apart:
            yield (
                f"{record['tracker']}: {', '.join(apart)} differs by more than rounding from the score "
                "published under this name"
            )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
