"""Reads `sotbench.toml`, the settings of a user's folder that its files do not contain."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.box_columns import BOX_FORMS, Columns
from trackers.errors import UserError
from trackers.regular_files import read_regular

SETTINGS_FILE = "sotbench.toml"
ONE_BASED_HINT = (
    "write the line `one_based = false` if x = 0 is the left edge of the image, `true` if x = 1 is"
)
SEQUENCE_PLACEHOLDER = "{sequence}"
"""Replaced by the sequence's name in `ground_truth` and `frames`."""
_MAX_BYTES = 1 << 20
KEYS = (
    "one_based",
    "title",
    "ground_truth",
    "frames",
    "columns",
    "skip_columns",
    "normalized",
    "attributes",
)
REPORT_KEYS = ("trackers",)
"""Keys that reports read, and a data set ignores: one file may have both."""


@dataclass(frozen=True)
class FolderSettings:
    """The settings of a user's folder.

    Attributes:
        one_based: whether x = 1 is the left edge of the image; None if not set.
        title: the data set's name in plots.
        ground_truth: path below the folder, with `{sequence}` in place of the name.
        frames: likewise.
        columns: the columns of ground truth; None if not set.
        attributes: by sequence.
    """

    one_based: bool | None = None
    title: str = ""
    ground_truth: str = ""
    frames: str = ""
    columns: Columns | None = None
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_settings(folder: Path) -> FolderSettings:
    """Reads the settings of a folder; the defaults if it has no `sotbench.toml`.

    Raises:
        UserError: the file cannot be read or is invalid.
    """
    path = folder / SETTINGS_FILE
    try:
        return parse_settings(read_regular(path, _MAX_BYTES).decode(), str(path))
    except FileNotFoundError:
        return FolderSettings()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: {error}; {ONE_BASED_HINT}") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; {ONE_BASED_HINT}") from None


def parse_settings(text: str, where: str) -> FolderSettings:
    """Parses the text of `sotbench.toml`, which messages call `where`.

    Raises:
        UserError: the text is not TOML, or a key or value is invalid.
    """
    try:
        settings = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"{where}: {error}; {ONE_BASED_HINT}") from None
    if unknown := settings.keys() - {*KEYS, *REPORT_KEYS}:
        raise UserError(f"{where}: '{min(unknown)}' is unknown; it takes {', '.join(KEYS)}")
    one_based = settings.get("one_based")
    if one_based is not None and not isinstance(one_based, bool):
        raise UserError(f"{where} does not say whether pixels count from 0 or 1; {ONE_BASED_HINT}")
    for key in ("title", "ground_truth", "frames"):
        if not isinstance(settings.get(key, ""), str):
            raise UserError(f"{where}: {key} is not a text; write it in quotation marks")
    for key in ("ground_truth", "frames"):
        pattern = Path(settings.get(key, ""))
        if pattern.is_absolute() or ".." in pattern.parts:
            raise UserError(f"{where}: {key} leads out of the folder; write a path below it")
    if SEQUENCE_PLACEHOLDER not in settings.get("frames", SEQUENCE_PLACEHOLDER):
        raise UserError(
            f"{where}: frames lacks {SEQUENCE_PLACEHOLDER}, which is replaced by the sequence's name"
        )
    return FolderSettings(
        one_based=one_based,
        title=settings.get("title", ""),
        ground_truth=settings.get("ground_truth", ""),
        frames=settings.get("frames", ""),
        columns=_columns(settings, where),
        attributes=_attributes(settings.get("attributes", {}), where),
    )


def _columns(settings: dict[str, Any], where: str) -> Columns | None:
    form = settings.get("columns", "xywh")
    skip, normalized = settings.get("skip_columns", 0), settings.get("normalized", False)
    if form not in BOX_FORMS:
        raise UserError(f"{where}: columns is {form!r:.40}; it takes {', '.join(BOX_FORMS)}")
    if not isinstance(skip, int) or isinstance(skip, bool) or not 0 <= skip <= 8:
        raise UserError(f"{where}: skip_columns is {skip!r:.40}; write the number of columns before the box")
    if not isinstance(normalized, bool):
        raise UserError(f"{where}: normalized is {normalized!r:.40}; write true or false")
    declared = settings.keys() & {"columns", "skip_columns", "normalized"}
    return Columns(form, skip, normalized) if declared else None


def _attributes(table: object, where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict) or not all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in table.values()
    ):
        raise UserError(f'{where}: attributes must be a table such as [attributes] with cat = ["OCC", "FM"]')
    return {sequence: tuple(names) for sequence, names in table.items()}
