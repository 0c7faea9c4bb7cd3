"""Records of scores as a table to read and as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from benchmarks.scoring.score import Record

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
    the caption.
    """
    keys = _keys(records)
    by_part = "sequence" in keys or "attribute" in keys
    sayable = [*(["tracker"] if by_part else []), "dataset", "protocol", "profile"]
    shared = [key for key in sayable if len({record[key] for record in records}) == 1]
    labels = [key for key in _LABELS if key in keys and key not in shared]
    metrics = [key for key in keys if f"{key}_low" in keys]
    said = [f"{key} {records[0][key]}" for key in shared]
    if "sequence" not in keys:
        said.append("mean over sequences [95 % interval]")
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, collapse_padding=True, caption=", ".join(said))
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


def _keys(records: Sequence[Record]) -> list[str]:
    """All keys, in the order in which they first appear."""
    return list(dict.fromkeys(key for record in records for key in record))


def _figure(*estimate: str | float | None) -> Text:
    value, low, high = ("" if figure is None else f"{figure:.3f}" for figure in estimate)
    text = Text(value)
    if low and high:
        text.append(f" [{low.removeprefix('0')} {high.removeprefix('0')}]", style="dim")
    return text
