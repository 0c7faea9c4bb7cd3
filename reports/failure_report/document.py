"""The report of failures as one HTML file without scripts, and as tables for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from benchmarks.datasets import Dataset, SequenceError
from benchmarks.environment import package_version
from benchmarks.tables import Cell, Column, Table
from reports.failure_report.detection import LOST, Loss
from reports.failure_report.strips import Thumbnail, make_strip, open_frames
from reports.failure_report.summary import Group, TrackerFailures, all_pairs
from reports.page.document import environment, policy, resource
from reports.presentation import Presentation
from trackers.errors import printable
from trackers.wording import agree, counted

Strips = Mapping[tuple[str, str, int], list[Thumbnail]]
"""Thumbnails by tracker, sequence and first lost frame."""


def make_strips(
    dataset: Dataset,
    trackers: Sequence[TrackerFailures],
    presentation: Presentation,
    most: int,
    notify: Callable[[str], None],
) -> Strips:
    """Makes the strips of the costliest losses whose frames are at hand.

    Args:
        dataset: the data set.
        trackers: their failures.
        presentation: how trackers are shown.
        most: number of strips for each tracker.
        notify: receives a sentence if there are no frames, or fewer strips than losses.
    """
    styles = presentation.styles([tracker.tracker for tracker in trackers])
    strips: dict[tuple[str, str, int], list[Thumbnail]] = {}
    without: set[str] = set()
    left_out = 0
    for tracker in trackers:
        losses = [(one, loss) for one in tracker.failed for loss in one.losses]
        losses.sort(key=lambda pair: -tracker.cost(pair[0]) * pair[1].frames / pair[0].lost_frames)
        left_out += len(losses[most:])
        for one, loss in losses[:most]:
            sequence = dataset[one.sequence]
            if one.sequence in without or (frames := open_frames(sequence)) is None:
                without.add(one.sequence)
                continue
            try:
                strip = make_strip(sequence, frames, one.boxes, loss, styles[tracker.tracker].color)
            except SequenceError as error:
                notify(f"no frames of {one.sequence}: {error}")
                without.add(one.sequence)
                continue
            strips[tracker.tracker, one.sequence, loss.first] = strip
    if without:
        notify(f"no frames are at hand of {counted(len(without), 'sequence')} with losses")
    if left_out and most:
        notify(
            f"{counted(left_out, 'loss')} {agree(left_out, 'has', 'have')} no strip; give a larger --strips"
        )
    return strips


def failures_page(
    dataset: Dataset,
    protocol: str,
    trackers: Sequence[TrackerFailures],
    strips: Strips,
    presentation: Presentation,
    least: int,
    made: datetime,
) -> str:
    """Returns the report as HTML; its content security policy allows no scripts and no requests.

    Args:
        dataset: the data set.
        protocol: the protocol of the runs.
        trackers: their failures, in the order in which they are shown.
        strips: see `make_strips`.
        presentation: how trackers are shown.
        least: number of frames that a target must be lost for.
        made: the time of the report.
    """
    styles = presentation.styles([tracker.tracker for tracker in trackers])
    lost_by: dict[str, list[str]] = {}
    for tracker in trackers:
        for one in tracker.failed:
            lost_by.setdefault(one.sequence, []).append(tracker.tracker)
    label = _labels(presentation)
    content = []
    for tracker in trackers:
        overview = _overview(tracker)
        content.append(
            {
                **overview,
                "label": label(tracker.tracker),
                "color": styles[tracker.tracker].color,
                "signs": [_group(group) for group in tracker.by_sign() if group.losses],
                "attributes": [_group(group) for group in tracker.by_attribute()],
                "groups": [
                    {
                        "sequence": printable(one.sequence),
                        "share": f"{100 * one.share:.0f}%",
                        "cost": f"{tracker.cost(one):.3f}",
                        "attributes": printable(" ".join(one.attributes)),
                        "others": _others(lost_by[one.sequence], tracker.tracker, label),
                        "losses": [
                            _loss(loss, strips.get((tracker.tracker, one.sequence, loss.first), []))
                            for loss in one.losses
                        ],
                    }
                    for one in tracker.failed
                ],
            }
        )
    pairs = [
        {
            "first": label(pair.first),
            "second": label(pair.second),
            "columns": [
                list(map(printable, names)) for names in (pair.shared, pair.only_first, pair.only_second)
            ],
        }
        for pair in all_pairs(trackers)
    ]
    template = environment().from_string(resource("failures.html", "reports.failure_report"))
    return template.render(
        title=printable(dataset.title),
        protocol=protocol.upper(),
        sequences=max(len(tracker.sequences) for tracker in trackers),
        lost=LOST,
        least=least,
        policy=policy([]),
        style=resource("style.css"),
        trackers=content,
        pairs=pairs,
        strips="" if strips else "Without frames: they are not at hand. ",
        made=made.isoformat(timespec="minutes", sep=" ")[:16],
        version=package_version("sotbench"),
    )


def overview_table(trackers: Sequence[TrackerFailures], presentation: Presentation) -> Table:
    """Returns a table with a row for each tracker."""
    label = _labels(presentation)
    headings = (
        "sequences with a loss",
        "losses",
        "recovered",
        "frames lost",
        "overlap while tracked",
        "cost",
    )
    rows = []
    for tracker in trackers:
        row = _overview(tracker)
        first = f"{row['failed']} of {row['sequences']}"
        texts = (first, *(str(row[name]) for name in ("losses", "recovered", "share", "tracked", "cost")))
        rows.append((Cell(label(tracker.tracker)), *map(Cell, texts)))
    columns = (Column("tracker", numeric=False), *map(Column, headings))
    return Table(columns, tuple(rows), "Where the target is lost; cost is in mean overlap")


def losses_table(trackers: Sequence[TrackerFailures], presentation: Presentation, most: int) -> Table:
    """Returns a table with a row for each loss, the costliest sequences first, at most `most` per tracker."""
    label = _labels(presentation)
    names = ("tracker", "sequence", "frames", "then", "before", "attributes")
    rows = []
    left_out = 0
    for tracker in trackers:
        losses = [(one, loss) for one in tracker.failed for loss in one.losses]
        left_out += len(losses[most:])
        for one, loss in losses[:most]:
            texts = (
                f"{loss.first + 1}-{loss.last + 1}",
                "recovers" if loss.recovered else "lost to the end",
                ", ".join(loss.signs),
                printable(" ".join(one.attributes)),
            )
            rows.append((Cell(label(tracker.tracker)), Cell(printable(one.sequence)), *map(Cell, texts)))
    notes = (
        (f"and {counted(left_out, 'more loss')}, which {agree(left_out, 'is', 'are')} in the HTML file",)
        if left_out
        else ()
    )
    return Table(
        tuple(Column(name, numeric=False) for name in names),
        tuple(rows),
        "Losses, the costliest first",
        notes,
    )


def _labels(presentation: Presentation) -> Callable[[str], str]:
    return lambda tracker: printable(presentation.label(tracker))


def _overview(tracker: TrackerFailures) -> dict[str, Any]:
    losses = [loss for one in tracker.sequences for loss in one.losses]
    share = sum(one.share for one in tracker.sequences) / len(tracker.sequences)
    return {
        "failed": len(tracker.failed),
        "sequences": len(tracker.sequences),
        "losses": len(losses),
        "recovered": sum(loss.recovered for loss in losses),
        "share": f"{100 * share:.1f}%",
        "tracked": f"{tracker.tracked_overlap:.3f}",
        "cost": f"{tracker.total_cost:.3f}",
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "name": printable(group.name),
        "losses": group.losses,
        "failed": group.failed,
        "sequences": group.sequences,
        "share": f"{100 * group.share:.0f}%",
        "cost": f"{group.cost:.3f}",
    }


def _others(losers: Sequence[str], tracker: str, label: Callable[[str], str]) -> str:
    others = [label(other) for other in losers if other != tracker]
    return ", ".join(others) if len(others) <= 3 else f"{len(others)} others"


def _loss(loss: Loss, strip: list[Thumbnail]) -> dict[str, Any]:
    one = loss.first == loss.last
    return {
        "when": f"Frame {loss.first + 1}" if one else f"Frames {loss.first + 1} to {loss.last + 1}",
        "ends": "recovers" if loss.recovered else "lost to the end",
        "good": loss.good + 1,
        "signs": ", ".join(loss.signs),
        "strip": strip,
    }
