"""Scores and comparisons as tables to read, and records as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from benchmarks.scoring.records import Record

if TYPE_CHECKING:
    # SciPy's tests take their time to import, and scores do without them.
    from benchmarks.scoring.compare import Comparison

_LABELS = ("tracker", "dataset", "protocol", "profile", "sequence", "attribute")
"""What says whose figures a row has."""


def records_csv(records: Sequence[Record]) -> str:
    """Records as CSV with a header line, at full precision; what a record lacks stays empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _keys(records), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def records_table(records: Sequence[Record]) -> Table:
    """Records as a table: three decimals, 95 % intervals in brackets, the count of sequences beside them.

    What all rows share (data set, protocol, profile; one tracker's sequences or attributes) is said once, in
    the caption. There too, for records that say what makes their profile differ, is a line per profile.
    """
    keys = _keys(records)
    by_part = "sequence" in keys or "attribute" in keys
    sayable = [*(["tracker"] if by_part else []), "dataset", "protocol", "profile"]
    shared = [key for key in sayable if len({record[key] for record in records}) == 1]
    labels = [key for key in _LABELS if key in keys and key not in shared]
    metrics = [key for key in keys if f"{key}_low" in keys]
    said = [f"{key} {records[0][key]}" for key in shared]
    if "sequence" not in keys:
        said.append("[95 % interval over sequences]")
    differences = {record["profile"]: record["differs"] for record in records if "differs" in record}
    caption = "\n".join([", ".join(said), *(f"{name}: {text}" for name, text in differences.items())])
    table = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        collapse_padding=True,
        caption=Text(caption),
        caption_justify="left" if differences else "center",
    )
    for key in labels:
        table.add_column(key, overflow="fold")
    for key in ("frames" if "sequence" in keys else "sequences", *metrics):
        # Figures stay whole in a narrow terminal; names are folded.
        table.add_column(key.replace("_", "\n"), justify="right", no_wrap=True)
    for record in records:
        table.add_row(
            *(Text(str(record[key])) for key in labels),
            str(record["frames"]) if "sequence" in keys else f"{record['sequences']} of {record['of']}",
            *(
                _figure(record.get(key), record.get(f"{key}_low"), record.get(f"{key}_high"))
                for key in metrics
            ),
        )
    return table


def ranking_table(records: Sequence[Record]) -> Table:
    """VOT's ranking as a table: both figures with their ranks, and the mean of the ranks."""
    first = records[0]
    caption = f"dataset {first['dataset']}, protocol {first['protocol']}, profile {first['profile']}; "
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, caption=caption + "rank 1 is the best, ties share their mean"
    )
    table.add_column("tracker", overflow="fold")
    for heading in ("sequences", "accuracy", "rank", "robustness", "rank", "mean rank"):
        table.add_column(heading, justify="right", no_wrap=True)
    for record in records:
        table.add_row(
            Text(str(record["tracker"])),
            f"{record['sequences']} of {record['of']}",
            f"{record['accuracy']:.3f}",
            f"{record['accuracy_rank']:.2f}",
            f"{record['robustness']:.3f}",
            f"{record['robustness_rank']:.2f}",
            f"{record['rank']:.2f}",
        )
    return table


def comparisons_table(comparisons: Sequence[Comparison], caption: str) -> Table:
    """Comparisons as a table: three decimals, 95 % intervals in brackets, p-values as they decide."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, collapse_padding=True, caption=caption)
    for heading in ("A", "B", "metric"):
        table.add_column(heading, overflow="fold")
    for heading in ("A", "B", "A - B", "p\nbootstrap", "p\nWilcoxon", "sequences"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in comparisons:
        ends = "" if one.low is None or one.high is None else f" [{one.low:+.3f} {one.high:+.3f}]"
        table.add_row(
            *map(Text, (one.a, one.b, one.metric)),
            f"{one.value_a:.3f}",
            f"{one.value_b:.3f}",
            Text(f"{one.difference:+.3f}").append(ends, style="dim"),
            f"{one.corrected_bootstrap:.4f}",
            f"{one.corrected_wilcoxon:.4f}",
            str(one.sequences),
        )
    return table


def _keys(records: Sequence[Record]) -> list[str]:
    """All keys, in the order in which they first appear."""
    return list(dict.fromkeys(key for record in records for key in record))


def _figure(*estimate: str | float | None) -> Text:
    value, low, high = ("" if figure is None else f"{figure:.3f}" for figure in estimate)
    text = Text(value)
    if low and high:
        text.append(f" [{low.removeprefix('0')} {high.removeprefix('0')}]", style="dim")
    return text
