"""Records as pandas tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from benchmarks.scoring.run_score import Record


def records_frame(records: Sequence[Record]) -> pd.DataFrame:
    """Returns records as a table, a row each; NaN where a record has no value.

    Args:
        records: rows of scores, which need not have the same keys.
    """
    frame = pd.DataFrame(_rows(records), columns=_columns(records))
    empty = [name for name in frame.columns if frame[name].isna().all()]
    return frame.astype(dict.fromkeys(empty, "float64"))


def records_csv(records: Sequence[Record]) -> str:
    """Returns records as CSV with a header line, at full precision; missing values are empty."""
    # As objects, integers stay integers in columns with missing values.
    frame = pd.DataFrame(_rows(records), columns=_columns(records), dtype=object)
    return str(frame.to_csv(index=False, lineterminator="\n"))


def _rows(records: Sequence[Record]) -> list[dict[str, Any]]:
    return [dict(record) for record in records]


def _columns(records: Sequence[Record]) -> list[str]:
    return list(dict.fromkeys(key for record in records for key in record))
