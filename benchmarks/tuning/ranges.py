"""The values that a setting may take while it is tuned, and how users write them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from trackers.errors import UserError

_FORMS = "write LOW:HIGH, LOW:HIGH:log, LOW:HIGH:STEP or A,B,C"


@dataclass(frozen=True)
class NumberRange:
    """Numbers from `low` to `high`, both included.

    Attributes:
        low, high: the bounds; two integers make a range of integers.
        step: distance between neighboring values; None for all.
        log: whether values are drawn evenly in their logarithm.
    """

    low: int | float
    high: int | float
    step: int | float | None = None
    log: bool = False

    @property
    def integer(self) -> bool:
        """Whether its values are integers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def __contains__(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if not self.low <= value <= self.high or (self.integer and value != int(value)):
            return False
        if self.step is None:
            return True
        steps = (value - self.low) / self.step
        return math.isclose(steps, round(steps), abs_tol=1e-9)

    def __str__(self) -> str:
        more = ":log" if self.log else "" if self.step is None else f":{self.step}"
        return f"{self.low}:{self.high}{more}"


@dataclass(frozen=True)
class Choice:
    """One of several values.

    Attributes:
        values: two or more, all different, as text.
    """

    values: tuple[str, ...]

    def __contains__(self, value: object) -> bool:
        return str(value) in self.values

    def __str__(self) -> str:
        return ",".join(self.values)


Range: TypeAlias = NumberRange | Choice


def split_settings(settings: Mapping[str, Any]) -> tuple[dict[str, Range], dict[str, Any]]:
    """Divides settings into those to tune and those that stay.

    A text of the form `LOW:HIGH` with numbers, or `A,B`, is a range; anything else is a value.

    Returns:
        The ranges and the values, by name.

    Raises:
        UserError: a range is invalid.
    """
    ranges, fixed = dict[str, Range](), dict[str, Any]()
    for name, text in settings.items():
        found = parse_range(name, text) if isinstance(text, str) else None
        if found is None:
            fixed[name] = text
        else:
            ranges[name] = found
    return ranges, fixed


def parse_range(name: str, text: str) -> Range | None:
    """Parses the text of a range for the setting `name`; None if it is a single value.

    Raises:
        UserError: it looks like a range and is none.
    """
    if "," in text and text[:1] not in "([{\"'":
        return _choice(name, [part.strip() for part in text.split(",")])
    parts = text.split(":")
    numbers = [_number(part) for part in parts]
    if len(parts) < 2 or all(number is None for number in numbers):
        return None
    low, high = numbers[:2]
    if low is None or high is None or len(parts) > 3:
        raise UserError(f"'{text}' is not a range for '{name}'; {_FORMS}")
    if len(parts) == 2:
        return number_range(name, low, high)
    if parts[2] == "log":
        return number_range(name, low, high, log=True)
    if numbers[2] is None:
        raise UserError(f"'{text}' is not a range for '{name}'; {_FORMS}")
    return number_range(name, low, high, step=numbers[2])


def number_range(
    name: str, low: float, high: float, *, step: float | None = None, log: bool = False
) -> NumberRange:
    """Returns a range of numbers for the setting `name`.

    Raises:
        UserError: the bounds are not finite, in the wrong order, or do not go with the step or the logarithm.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UserError(f"the range of '{name}' is not finite; {_FORMS}")
    if low >= high:
        raise UserError(f"the range of '{name}' ends at {high}, not above its start {low}; {_FORMS}")
    if log and low <= 0:
        raise UserError(f"the range of '{name}' starts at {low}, and a logarithmic one starts above 0")
    whole = isinstance(low, int) and isinstance(high, int)
    if step is not None and (not 0 < step <= high - low or (whole and step != int(step))):
        raise UserError(f"the range of '{name}' has a step of {step}, which does not divide {low} to {high}")
    if not whole:
        low, high = float(low), float(high)
    return NumberRange(low, high, int(step) if step is not None and whole else step, log)


def to_ranges(given: Mapping[str, Any]) -> dict[str, Range]:
    """Returns the ranges that callers of the API give: text, `(low, high)`, or a list of choices.

    Raises:
        UserError: one is none of these, or invalid.
    """
    ranges = dict[str, Range]()
    for name, value in given.items():
        found: Range | None = None
        if isinstance(value, NumberRange | Choice):
            found = value
        elif isinstance(value, str):
            found = parse_range(name, value)
        elif isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value)):
            found = number_range(name, *value)
        elif isinstance(value, Sequence) and not isinstance(value, tuple):
            found = _choice(name, [str(part) for part in value])
        if found is None:
            raise UserError(
                f"{value!r} is not a range for '{name}'; give (low, high), a list of values, or text such as "
                "'1e-4:1e-1:log'"
            )
        ranges[name] = found
    return ranges


def _choice(name: str, values: list[str]) -> Choice:
    if len(values) < 2 or not all(values) or len(set(values)) < len(values):
        raise UserError(f"'{name}' needs two or more different values to choose from; {_FORMS}")
    return Choice(tuple(values))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(text: str) -> int | float | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None
