"""`sotbench.toml`, in which a folder of one's own says what its files do not."""

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
"""Stands for the sequence's name in `ground_truth` and `frames`."""
_LARGEST = 1 << 20
"""Bytes."""
_KEYS = (
    "one_based",
    "title",
    "ground_truth",
    "frames",
    "columns",
    "skip_columns",
    "normalized",
    "attributes",
)


@dataclass(frozen=True)
class FolderSettings:
    """What the file says.

    Attributes:
        one_based: whether x = 1 is the left edge of the image; None where it does not say.
        title: what figures call the data set.
        ground_truth, frames: where they lie below the folder, with `{sequence}` in place of the name.
        columns: what the columns of ground truth are, where it is said.
        attributes: by sequence.
    """

    one_based: bool | None = None
    title: str = ""
    ground_truth: str = ""
    frames: str = ""
    columns: Columns | None = None
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_settings(folder: Path) -> FolderSettings:
    """Reads the file of a folder; without one, nothing is said.

    Raises:
        UserError: it cannot be read, or has something else in it.
    """
    path = folder / SETTINGS_FILE
    try:
        return parse_settings(read_regular(path, _LARGEST).decode(), str(path))
    except FileNotFoundError:
        return FolderSettings()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: {error}; {ONE_BASED_HINT}") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; {ONE_BASED_HINT}") from None


def parse_settings(text: str, where: str) -> FolderSettings:
    """Reads the text of `sotbench.toml`, called `where` in messages.

    Raises:
        UserError: it is no TOML, or says something that is not understood.
    """
    try:
        settings = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"{where}: {error}; {ONE_BASED_HINT}") from None
    if unknown := settings.keys() - set(_KEYS):
        raise UserError(f"{where}: '{min(unknown)}' is unknown; it takes {', '.join(_KEYS)}")
    one_based = settings.get("one_based")
    if one_based is not None and not isinstance(one_based, bool):
        raise UserError(f"{where} does not say where boxes count from; {ONE_BASED_HINT}")
    for key in ("title", "ground_truth", "frames"):
        if not isinstance(settings.get(key, ""), str):
            raise UserError(f"{where}: {key} is no text; write it in quotation marks")
    for key in ("ground_truth", "frames"):
        pattern = Path(settings.get(key, ""))
        if pattern.is_absolute() or ".." in pattern.parts:
            raise UserError(f"{where}: {key} leads out of the folder; write a path below it")
    if SEQUENCE_PLACEHOLDER not in settings.get("frames", SEQUENCE_PLACEHOLDER):
        raise UserError(
            f"{where}: frames has no {SEQUENCE_PLACEHOLDER} in it, which stands for the sequence's name"
        )
    return FolderSettings(
        one_based,
        str(settings.get("title", "")),
        settings.get("ground_truth", ""),
        settings.get("frames", ""),
        _columns(settings, where),
        _attributes(settings.get("attributes", {}), where),
    )


def _columns(settings: dict[str, Any], where: str) -> Columns | None:
    form = settings.get("columns", "xywh")
    skip, normalized = settings.get("skip_columns", 0), settings.get("normalized", False)
    if form not in BOX_FORMS:
        raise UserError(f"{where}: columns is {form!r:.40}; it takes {', '.join(BOX_FORMS)}")
    if not isinstance(skip, int) or isinstance(skip, bool) or not 0 <= skip <= 8:
        raise UserError(f"{where}: skip_columns is {skip!r:.40}; write how many columns stand before the box")
    if not isinstance(normalized, bool):
        raise UserError(f"{where}: normalized is {normalized!r:.40}; write true or false")
    said = settings.keys() & {"columns", "skip_columns", "normalized"}
    return Columns(form, skip, normalized) if said else None


def _attributes(table: object, where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict) or not all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in table.values()
    ):
        raise UserError(f'{where}: attributes is no table such as [attributes] with cat = ["OCC", "FM"]')
    return {sequence: tuple(names) for sequence, names in table.items()}
