"""Scores that others published, each with its source, beside which results can be shown.

`published.csv` has one figure per line: data set, protocol, the rules that its source scored by, tracker,
metric, value as printed (as a share of 1), and the key of its source. `published_sources.csv` says for each
key what the source is and where it was read.
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

_FIGURES = Path(__file__).with_name("published.csv")
_SOURCES = Path(__file__).with_name("published_sources.csv")
_PRINTED = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True)
class Published:
    """One published figure.

    Attributes:
        dataset, protocol: what it was measured on, and how.
        profile: the profile that does as its source did.
        tracker, metric: whose it is, and of what.
        printed: the figure as it was printed, percent as a share of 1: it says to how many decimals.
        source: the key of where it was printed.
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
        """The figure."""
        return float(self.printed)

    @property
    def rounding(self) -> float:
        """Half a unit of its last decimal: how far from it the unrounded figure can lie."""
        return 0.5 * 10.0 ** -len(self.printed.partition(".")[2])


@cache
def _all() -> tuple[Published, ...]:
    return parse_figures(_FIGURES.read_text(encoding="utf-8"), str(_FIGURES))


def parse_figures(text: str, where: str) -> tuple[Published, ...]:
    """Reads the text of a list of published figures, which messages call `where`.

    Raises:
        UserError: a line has other columns, or a figure that is no decimal fraction.
    """
    wanted = [column.name for column in fields(Published)]
    figures = []
    try:
        rows = csv.DictReader(text.splitlines(keepends=True), strict=True)
        for row in rows:
            if list(row) != wanted or None in row.values():
                raise UserError(f"{where}: line {rows.line_num} has other columns than {','.join(wanted)}")
            if not _PRINTED.fullmatch(row["printed"]):
                raise UserError(
                    f"{where}: line {rows.line_num} has '{row['printed'][:40]}' where a figure such as 0.582 "
                    "is expected"
                )
            figures.append(Published(**row))
    except csv.Error as error:
        raise UserError(f"{where}: cannot be read behind line {rows.line_num}: {error}") from None
    return tuple(figures)


@cache
def sources() -> dict[str, str]:
    """By key, what a source is and where it was read."""
    return {row["source"]: f"{row['title']} ({row['place']})" for row in _rows(_SOURCES)}


def published_scores(dataset: str, protocol: str) -> list[Published]:
    """All figures on a data set under a protocol."""
    return [one for one in _all() if (one.dataset, one.protocol) == (dataset, protocol)]


def published_records(
    scores: Sequence[Published], profile: str, metrics: Sequence[str], main: Metric
) -> list[Record]:
    """Published figures as records, one per tracker, best first by `main`.

    Each is named `NAME (published)`, with the rules of its source where these are not those of `profile`.
    They have no interval, and no count of sequences.

    Args:
        scores: on one data set, under one protocol.
        profile: the rules that one's own results are scored by.
        metrics: of these; others are left out.
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


def source_notes(scores: Sequence[Published]) -> list[str]:
    """A sentence per source of these figures: where it is, and whose figures are from it."""
    by_source: dict[str, list[str]] = {}
    for one in scores:
        by_source.setdefault(one.source, []).append(one.tracker)
    return [
        f"Published: {', '.join(dict.fromkeys(trackers))}: {sources()[key]}."
        for key, trackers in by_source.items()
    ]


def differences_from_published(records: Sequence[Record], known: Sequence[Published]) -> Iterator[str]:
    """A sentence for each result whose score is not the one published under the same name and rules.

    Results on a part of the data set are not compared.

    Args:
        records: scores of whole runs, on the data set and under the protocol of `known`.
        known: published figures.
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
            # A last bit of binary fractions is no difference.
            if same and ours is not None and abs(float(ours) - one.value) > one.rounding + 1e-9:
                decimals = max(len(one.printed.partition(".")[2]), 4)
                apart.append(
                    f"{one.metric} {float(ours):.{decimals}f} (published: {one.printed}, {one.source})"
                )
        if apart:
            yield (
                f"{record['tracker']}: {', '.join(apart)} differs by more than rounding from what was "
                "published under this name"
            )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
