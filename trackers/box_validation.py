"""Conversion and validation of predictions: a box, a polygon, a mask, or that the target is absent.

A tracker may add its confidence, a finite number that is higher the more certain it is that the target is
there. Its scale is the tracker's own.

| returned by `update` | meaning |
|---|---|
| four numbers | the box x, y, w, h |
| eight numbers, or n x 2 numbers (n >= 3) | the corners of a polygon |
| an array of the frame's height and width | a mask: nonzero where the target is |
| `None`, NaN alone, `(False, box)`, an empty mask | the target is absent |
| `(True, x)`, `{"box": x}`, `(x, None)` | as `x` |
| `(x, confidence)`, `{"box": x, "confidence": confidence}` | as `x`, with this confidence |

A *region* is a float64 array: a box of shape (4,), NaN if the target is absent, or a polygon of shape (2 n,).
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from math import isfinite
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackers.errors import InvalidPrediction, class_name, describe_error, printable
from trackers.regions import bounding_box, mask_polygon
from trackers.tracker import Boxes

MAX_COORDINATE = 1e6
"""Largest magnitude of a valid coordinate, in pixels. The widest JPEG has 65,535."""

_MAX_COPIED = 4096
"""Largest array, in elements, that is copied during validation; larger ones can only be masks."""


class ConvertedPrediction(NamedTuple):
    """A prediction in this process's memory.

    Attributes:
        array: the region, as `prediction_array` returns it.
        confidence: the tracker's confidence; None if it reports none.
    """

    array: NDArray[Any]
    confidence: float | None = None


def to_bounding_box(prediction: object, size: tuple[int, int] | None = None) -> Boxes:
    """Returns a prediction as an axis-aligned box, shape (4,): the box around a polygon or mask.

    The box is a copy, so the tracker may reuse its own array. It is NaN if the target is absent.

    Args:
        prediction: what a tracker returned.
        size: height and width of the frame; None if masks are not allowed.

    Raises:
        InvalidPrediction: the value is not a valid region; the message says what it is.
    """
    return bounding_box(validate_region(prediction_array(prediction), size))


def prediction_array(prediction: object) -> NDArray[Any]:
    """Converts a prediction to an array in this process's memory. The time this takes is the tracker's.

    Returns:
        An array of any shape and any real type, copied if it is small enough to be a box or a polygon; a
        scalar NaN for an absent target.

    Raises:
        InvalidPrediction: the value cannot be converted, or contains something other than numbers.
    """
    return convert_prediction(prediction).array


def convert_prediction(prediction: object) -> ConvertedPrediction:
    """Converts a prediction, and the confidence that may come with it; see `prediction_array`.

    Raises:
        InvalidPrediction: the value cannot be converted, or the confidence is not a finite number.
    """
    if isinstance(prediction, ConvertedPrediction):
        return prediction
    try:
        region, confidence = _split_confidence(prediction)
        return ConvertedPrediction(_converted(region), confidence)
    except (InvalidPrediction, KeyboardInterrupt):
        raise
    except (TypeError, ValueError, OverflowError):
        raise InvalidPrediction(
            f"the tracker returned {describe_prediction(prediction)}, not four numbers (x, y, w, h)"
        ) from None
    except BaseException as error:  # a third-party __array__ or __float__ may raise anything
        raise InvalidPrediction(
            f"the tracker returned {describe_prediction(prediction)}, which cannot be converted: "
            f"{describe_error(error, 200)}"
        ) from None


def validate_region(array: NDArray[Any], size: tuple[int, int] | None = None) -> Boxes:
    """Validates an array that `prediction_array` returned, and returns it as a region.

    Args:
        array: the prediction.
        size: height and width of the frame; None if masks are not allowed.

    Returns:
        A box, shape (4,), NaN if the target is absent, or a polygon, shape (2 n,).

    Raises:
        InvalidPrediction: the array is not a valid region; the message says what it is.
    """
    if array.ndim == 2 and (array.dtype == np.bool_ or array.shape == size):
        if array.shape != size:
            raise InvalidPrediction(
                f"the tracker returned a mask of shape {array.shape}, not that of the frame, {size}"
            )
        return mask_polygon(array != 0)
    if array.size <= 8 and np.isnan(array).all() and array.shape in ((), (4,), (8,)):
        return np.full(4, np.nan)
    if array.shape == (8,) or (array.ndim == 2 and len(array) >= 3 and array.shape[1] == 2):
        polygon = array.reshape(-1).astype(np.float64)
        if not np.isfinite(polygon).all():
            raise InvalidPrediction(f"{_listed(polygon)} is not a polygon (x1, y1, x2, y2, ...; finite)")
        _check_magnitude(polygon, "polygon")
        return polygon
    if array.shape != (4,):
        raise InvalidPrediction(f"the tracker returned an array of shape {array.shape}, not (4,)")
    box: Boxes = array.astype(np.float64)
    if not (np.isfinite(box).all() and box[2] >= 0 and box[3] >= 0):
        raise InvalidPrediction(f"{box.tolist()} is not a box (x, y, w, h; finite, w and h not negative)")
    _check_magnitude(box, "box")
    return box


def checked_confidence(value: Any) -> float | None:
    """Returns the confidence that a tracker returned as a number; None for None.

    Raises:
        InvalidPrediction: it is not a finite number.
    """
    if value is None:
        return None
    _check_tensor(value)
    if not _is_number(value) or not isfinite(number := float(value)):
        raise InvalidPrediction(
            f"the tracker returned {describe_prediction(value)} as its confidence, not a finite number"
        )
    return number


def to_confidence(value: object) -> float | None:
    """Returns a confidence as a number; None if the value is not one, or not finite.

    For the results of other toolkits' trackers, whose boxes are good without it.
    """
    try:
        number = float(value)  # type: ignore[arg-type]
    except KeyboardInterrupt:
        raise
    except BaseException:  # a third-party __float__ may raise anything
        return None
    return number if isfinite(number) else None


def _split_confidence(prediction: Any) -> tuple[Any, float | None]:
    """Returns what a tracker returned without its confidence, and the confidence."""
    if isinstance(prediction, Mapping) and "box" in prediction:
        return prediction, checked_confidence(prediction.get("confidence"))
    if isinstance(prediction, tuple | list) and len(prediction) == 2:
        region, confidence = prediction
        # Two numbers are no region, and (True, 0.5) is not one either. None or a text beside a region can
        # only be meant as its confidence; beside anything else, it is the pair that is wrong.
        if _is_number(confidence):
            has_confidence = not (_is_number(region) or isinstance(region, bool | np.bool_))
        else:
            has_confidence = confidence is None or isinstance(confidence, str)
            has_confidence &= isinstance(region, Mapping) or np.ndim(region) > 0
        if has_confidence:
            return region, checked_confidence(confidence)
    return prediction, None


def _is_number(value: object) -> bool:
    """Whether a value may be a confidence: a number, or an array or tensor with a single one."""
    if isinstance(value, bool | np.bool_ | str):
        return False
    return isinstance(value, Real) or getattr(value, "shape", None) == ()


def _converted(prediction: Any) -> NDArray[Any]:
    if isinstance(prediction, Mapping) and "box" in prediction:
        prediction = prediction["box"]
    if (
        isinstance(prediction, tuple | list)
        and len(prediction) == 2
        and isinstance(prediction[0], bool | np.bool_)
    ):
        prediction = prediction[1] if prediction[0] else None
    if prediction is None:
        return np.array(np.nan)
    _check_tensor(prediction)
    with np.errstate(all="ignore"):  # a tracker may have changed NumPy's error handling
        given = np.asarray(prediction)
        # Not text, dates or complex numbers.
        if given.dtype.kind not in "biufO":
            raise ValueError
        if given.dtype.kind == "O" or (given.size <= _MAX_COPIED and given.dtype != np.bool_):
            return given.astype(np.float64)
    return given.copy() if given.size <= _MAX_COPIED else given


def _check_tensor(prediction: Any) -> None:
    """Refuses tensors that NumPy cannot read; the message names the calls that are missing."""
    if type(prediction).__module__.partition(".")[0] != "torch":
        return
    calls, why = "", []
    if getattr(prediction, "requires_grad", False):
        calls, why = ".detach()", ["requires grad"]
    if (device := getattr(prediction, "device", None)) is not None and device.type != "cpu":
        calls, why = f"{calls}.cpu()", [*why, f"is on {device}"]
    if why:
        raise InvalidPrediction(f"the tracker returned a tensor that {' and '.join(why)}: call {calls}")


def _check_magnitude(numbers: Boxes, what: str) -> None:
    if np.abs(numbers).max() > MAX_COORDINATE:
        raise InvalidPrediction(
            f"{_listed(numbers)} is not a {what}: no image reaches beyond {MAX_COORDINATE:.0f} px"
        )


def _listed(numbers: Boxes) -> str:
    text = str(numbers.tolist())
    return text if len(text) <= 200 else f"{text[:200]}..."


def describe_prediction(prediction: object) -> str:
    """Returns the type and the beginning of a prediction, whatever its `__repr__` does."""
    kind = class_name(prediction)
    try:
        text = printable(str.__getitem__(_ABRIDGED.repr(prediction), slice(80)))
    except KeyboardInterrupt:
        raise
    except BaseException:  # a third-party __repr__, or an int with more digits than Python prints
        return f"a {kind}"
    return f"a {kind}: {text}"


class _Abridged(reprlib.Repr):
    def repr_instance(self, x: object, level: int) -> str:  # noqa: ARG002
        return repr(x)[:5000]


# Long enough for the first 80 characters to equal those of repr(), but bounded for nested or endless values.
_ABRIDGED = _Abridged()
_ABRIDGED.maxlevel = 10
_ABRIDGED.maxlist = _ABRIDGED.maxtuple = _ABRIDGED.maxdict = _ABRIDGED.maxset = _ABRIDGED.maxarray = 40
_ABRIDGED.maxstring = _ABRIDGED.maxlong = 5000
