"""Finds the box in the columns of a table, as the user declares it or as the first boxes show it.

Nearly all tools write x, y, w, h. Columns before or after the box (a frame number, a confidence, MOT's ten)
are dropped where the first boxes prove which ones they are. Boxes in another form are neither taken for
x, y, w, h nor converted without being asked: the message names the option that reads them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.box_columns import BOX_FORMS, Columns, header_columns
from benchmarks.store.formats.base import StoredRun
from trackers.errors import UserError
from trackers.regions import bounding_box, iou
from trackers.tracker import Boxes
from trackers.wording import agree, counted

NEAR = 1.6
"""Pixels by which a first box may differ: another pixel origin, half a pixel, or corners inside the box."""
_MIN_AGREEMENT = 0.8
"""Fraction of the sequences that must match a column format before it is taken or suggested."""
_PLAIN_AGREEMENT = 0.5
"""Fraction of the sequences that must overlap well as x, y, w, h for no other format to be considered."""
_MIN_OVERLAP = 0.5
_SKIPPED = (0, 1, 2)
"""Numbers of leading columns to try: none, a frame number, MOT's frame and target."""
_POLYGON = 8
_AS_WRITTEN = Columns()


def odd_widths(stored: Mapping[str, list[StoredRun]]) -> dict[str, str]:
    """Returns the sequences whose rows have another length than those of most files, with a message each."""
    tables = {name: run for name, runs in stored.items() for run in runs if _is_table(run)}
    counts = Counter(run.boxes.shape[1] for run in tables.values())
    if len(counts) < 2:
        return {}
    usual = max(counts, key=lambda width: (counts[width], width == 4))
    return {
        name: f"{run.where}: rows of {counted(run.boxes.shape[1], 'number')}, where those of other files "
        f"have {usual}"
        for name, run in tables.items()
        if run.boxes.shape[1] != usual
    }


def _is_table(run: StoredRun) -> bool:
    return run.codes is None and (run.is_table or run.boxes.shape[1] == 4)


def read_columns(
    stored: Mapping[str, list[StoredRun]],
    truth: Mapping[str, Boxes],
    declared: Columns | None,
    size_of: Callable[[str], tuple[int, int]],
    polygons: bool,
    notes: list[str],
) -> dict[str, list[StoredRun]]:
    """Converts tables, shape (n, k), to boxes.

    Args:
        stored: the runs by sequence, all tables of one width. VOT's files hold regions already, which stay
            as they are.
        truth: by sequence, the ground truth's first box, shape (4,), 0-based.
        declared: the columns that the user declares.
        size_of: returns width and height of a sequence's images; called for normalized boxes only.
        polygons: whether polygons are kept; otherwise their upright bounds are taken.
        notes: gets a sentence for anything but plain x, y, w, h.

    Raises:
        UserError: the rows seem to be, or can only be, something else than x, y, w, h.
    """
    tables = {name: runs for name, runs in stored.items() if all(map(_is_table, runs))}
    if not tables:
        return dict(stored)
    firsts = [(runs[0].boxes[0], truth[name]) for name, runs in tables.items()]
    widths = {run.boxes.shape[1] for runs in tables.values() for run in runs}
    headers = {header_columns(run.header) for runs in tables.values() for run in runs}
    columns = declared or (headers.pop() if len(headers) == 1 else None)
    if columns is None:
        columns = _recognize(firsts, widths, tables, notes)
    if columns is None:
        notes.extend([] if polygons else ["rows of 8 numbers are polygons; their upright bounds are taken"])
        return dict(stored) | {
            name: runs if polygons else [replace(run, boxes=bounding_box(run.boxes)) for run in runs]
            for name, runs in tables.items()
        }
    for runs in tables.values():
        for run in runs:
            if run.boxes.shape[1] < columns.skip + 4:
                raise UserError(
                    f"{run.where}: rows of {counted(run.boxes.shape[1], 'number')} hold no box where "
                    f"{columns.skip} {agree(columns.skip, 'is', 'are')} skipped; see --skip-columns"
                )
    inside = columns.form == "xyxy" and not columns.normalized and _corners_inside(firsts, columns)
    if inside:
        notes.append(
            "x2, y2 are the last pixel inside the box: widths and heights are x2 - x1 + 1, y2 - y1 + 1"
        )
    return dict(stored) | {
        name: [replace(run, boxes=_convert(run, columns, inside, partial(size_of, name))) for run in runs]
        for name, runs in tables.items()
    }


def _convert(run: StoredRun, columns: Columns, inside: bool, size: Callable[[], tuple[int, int]]) -> Boxes:
    boxes = columns.boxes(run.boxes)
    if columns.normalized:
        width, height = size()
        boxes = boxes * np.array([width, height, width, height])
    return boxes + np.array([0.0, 0.0, 1.0, 1.0]) if inside else boxes


def _recognize(
    firsts: list[tuple[Boxes, Boxes]],
    widths: set[int],
    tables: Mapping[str, list[StoredRun]],
    notes: list[str],
) -> Columns | None:
    """Returns the columns that the first boxes show; None for polygons.

    Raises:
        UserError: they show a form that has to be declared, or none.
    """
    if widths == {4}:
        plain = _agreement(firsts, Columns(), _overlaps_well) >= _PLAIN_AGREEMENT
        if not plain and (suspect := _suspect(firsts, [0])):
            raise _other_form(suspect, tables)
        return Columns()
    where = next(runs[0].where for runs in tables.values() if runs[0].boxes.shape[1] != 4)
    [width] = widths
    if width == _POLYGON:
        boxes = [(bounding_box(first), box) for first, box in firsts]
        if _agreement(boxes, agree=_overlaps_well) >= _MIN_AGREEMENT:
            return None
    skipped = [skip for skip in _SKIPPED if skip + 4 <= width]
    proven = [skip for skip in skipped if _agreement(firsts, Columns(skip=skip)) >= _MIN_AGREEMENT]
    if len(proven) == 1:
        [skip] = proven
        for run in (run for runs in tables.values() for run in runs):
            if not _counts_frames(run, skip):
                raise UserError(
                    f"{run.where}: column 1 does not count the frames one by one: rows may be missing "
                    f"or of several targets; if there is one for each frame, give --skip-columns {skip}"
                )
        dropped = ", ".join(str(number + 1) for number in range(width) if not skip <= number < skip + 4)
        guess = {(5, 0): " (a confidence, it seems)", (5, 1): " (frame numbers)"}.get((width, skip), "")
        notes.append(
            f"rows of {width} numbers: columns {skip + 1} to {skip + 4} are x, y, w, h, as the first boxes "
            f"show; left out: {dropped}{guess}"
        )
        return Columns(skip=skip)
    if suspect := _suspect(firsts, skipped):
        raise _other_form(suspect, tables)
    raise _no_boxes(width, where)


def _suspect(firsts: list[tuple[Boxes, Boxes]], skipped: list[int]) -> Columns | None:
    """Returns the form with which the first boxes agree, if there is one."""
    candidates = [
        Columns(form, skip, normalized)
        for normalized in (False, True)
        for skip in skipped
        for form in BOX_FORMS
        if normalized or skip or form != "xywh"
    ]
    return next((each for each in candidates if _agreement(firsts, each) >= _MIN_AGREEMENT), None)


def _near(first: Boxes, truth: Boxes) -> bool:
    # Halfway between boxes that count from 0 and those that count from 1.
    return bool(np.abs(first - truth - [0.5, 0.5, 0, 0]).max() <= NEAR)


def _overlaps_well(first: Boxes, truth: Boxes) -> bool:
    return bool(iou(first, truth) > _MIN_OVERLAP)


def _agreement(
    firsts: list[tuple[Boxes, Boxes]],
    columns: Columns = _AS_WRITTEN,
    agree: Callable[[Boxes, Boxes], bool] = _near,
) -> float:
    """Returns the fraction of the usable first boxes that agree with the ground truth."""
    usable = [
        (first, truth) for first, truth in firsts if np.isfinite(first).all() and np.isfinite(truth).all()
    ]
    if not usable:
        return 0.0
    return sum(agree(_scaled(first, truth, columns), truth) for first, truth in usable) / len(usable)


def _scaled(first: Boxes, truth: Boxes, columns: Columns) -> Boxes:
    """Returns a first box; if normalized, scaled so that its width and height are those of the truth."""
    box = columns.boxes(first)
    if not columns.normalized:
        return box
    if not ((box[2:] > 0).all() and (box <= 1).all()):
        return np.full(4, np.inf)
    size = truth[2:] / box[2:]
    scaled: Boxes = box * np.concatenate([size, size])
    return scaled


def _counts_frames(run: StoredRun, skip: int) -> bool:
    """Whether the first skipped column, if there is one, counts the frames without a gap."""
    return skip == 0 or bool((np.diff(run.boxes[:, 0]) == 1).all())


def _corners_inside(firsts: list[tuple[Boxes, Boxes]], columns: Columns) -> bool:
    sizes = [columns.boxes(first)[2:] - truth[2:] for first, truth in firsts]
    return float(np.nanmedian(np.array(sizes))) <= -0.5


def _other_form(suspect: Columns, tables: Mapping[str, list[StoredRun]]) -> UserError:
    first = next(iter(tables.values()))[0].where
    shares = " as shares of the image's size" if suspect.normalized else ""
    return UserError(
        f"{first}: the first boxes{' of all files' if len(tables) > 1 else ''} are not the ground truth's as "
        f"x, y, w, h, but they are as {BOX_FORMS[suspect.form]}{shares}; if so, give {suspect.options}"
    )


def require_boxes(columns: int, where: str) -> None:
    """Refuses rows that are not x, y, w, h.

    Raises:
        UserError: their number of columns is not four.
    """
    if columns != 4:
        raise _no_boxes(columns, where)


def _no_boxes(columns: int, where: str) -> UserError:
    if columns == 6:
        return UserError(
            f"{where}: rows of 6 numbers are affine parameters, which depend on the tracker's template; "
            "convert them to x, y, w, h with the tool that wrote them"
        )
    return UserError(
        f"{where}: rows of {counted(columns, 'number')} where x, y, w, h are expected; is it of this format?"
    )
