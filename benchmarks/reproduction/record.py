"""`reproduced.json`: the record, beside a run's manifest, that the run was reproduced."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.store import Manifest, RunFolder
from benchmarks.store.run_folder import REPRODUCED
from benchmarks.store.validation import decode_versioned, report_invalid
from trackers.atomic import write_atomic
from trackers.errors import UserError
from trackers.regular_files import is_regular, path_exists

SCHEMA = 1

_MAX_BYTES = 1 << 26


@dataclass(frozen=True)
class ReproducedSequence:
    """One sequence of a record.

    Attributes:
        boxes: sha256 of the run's files of boxes, which say what the new boxes were compared with.
        same: whether the new files are the same bytes.
        max_difference: largest difference of a coordinate in pixels, if any was compared.
        mean_iou: mean overlap of old and new boxes, if any was compared.
        problem: why it could not be compared in full; empty if it could.
    """

    boxes: tuple[str, ...]
    same: bool
    max_difference: float | None = None
    mean_iou: float | None = None
    problem: str = ""


@dataclass(frozen=True)
class ReproductionRecord:
    """That a run was reproduced, or not.

    Attributes:
        date: when, in ISO 8601.
        by: who did it, as they call themselves; empty if they did not say.
        of: number of the run's sequences that have boxes.
        sequences: what was compared.
        changes: what of tracker and environment had changed: by name, the run's value and the new one.
    """

    date: str
    by: str
    of: int
    sequences: Mapping[str, ReproducedSequence]
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def current(self, manifest: Manifest) -> dict[str, ReproducedSequence]:
        """Returns the sequences whose boxes are still those that were compared."""
        return {
            name: sequence
            for name, sequence in self.sequences.items()
            if (record := manifest.sequences.get(name)) is not None
            and tuple(files.boxes for files in record.runs) == sequence.boxes
        }


def record_path(folder: RunFolder) -> Path:
    """Returns the path of a run's record."""
    return folder.path / REPRODUCED


def write_record(folder: RunFolder, record: ReproductionRecord) -> Path:
    """Writes the record beside the run's manifest; returns its path.

    Raises:
        OSError: it cannot be written.
    """
    path = record_path(folder)
    write_atomic(path, (json.dumps({"schema": SCHEMA, **asdict(record)}, indent=1) + "\n").encode())
    return path


def read_record(folder: RunFolder) -> ReproductionRecord | None:
    """Returns the record of a run, or None if there is none.

    Raises:
        UserError: it cannot be read, or is not a record.
    """
    path = record_path(folder)
    try:
        if not path_exists(path):
            return None
        if not is_regular(path) or path.stat().st_size > _MAX_BYTES:
            raise UserError(f"{path} is not the record of a reproduction; remove it")
        text = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    with report_invalid(f"{path} is not the record of a reproduction", "remove it"):
        return decode_versioned(text, ReproductionRecord, SCHEMA, str(path), required="sequences")
