"""Checks before the first trial that a tracker accepts what its settings will be set to."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchmarks.tuning.ranges import Choice, Range
from trackers.catalog import TrackerSpec
from trackers.errors import UserError

_MOST_VALUES = 25
"""Values of a range that are all checked; of a range with more, the two ends are."""


def check_ranges(spec: TrackerSpec, ranges: Mapping[str, Range]) -> None:
    """Checks ranges and the settings that stay, as far as that needs no weights.

    All choices are checked, both ends of every range of numbers, and every value of a range with few. A value
    is refused if the tracker takes it neither with the defaults of the other settings to tune nor with the
    first or last values of their ranges: trackers may restrict one setting by another.

    Raises:
        UserError: the tracker does not have a setting, or refuses a value.
    """
    values = {name: _values(span) for name, span in ranges.items()}
    first = {name: tried[0] for name, tried in values.items()}
    last = {name: tried[-1] for name, tried in values.items()}
    for name, tried in values.items():
        for value in tried:  # names and types
            _with_settings(spec, {**first, name: value}).arguments()
    parameters = inspect.signature(spec.factory()).parameters
    required = {
        name: value
        for name, value in first.items()
        if name not in parameters or parameters[name].default is inspect.Parameter.empty
    }
    surroundings = [required, first, last]
    if refusal := _refusal(spec, surroundings, {}):
        raise refusal
    for name, tried in values.items():
        for value in tried:
            if refusal := _refusal(spec, surroundings, {name: value}):
                raise UserError(
                    f"the range {ranges[name]} of '{name}' includes {value}, which tracker '{spec.tracker}' "
                    f"does not accept: {refusal}"
                )


def _refusal(
    spec: TrackerSpec, surroundings: list[dict[str, str]], chosen: Mapping[str, str]
) -> UserError | None:
    """Returns why the tracker refuses the chosen values among all given other ones; None if it takes them."""
    first_refusal = None
    for others in surroundings:
        try:
            _with_settings(spec, {**others, **chosen}).check_values()
        except UserError as error:
            first_refusal = first_refusal or error
        else:
            return None
    return first_refusal


def _with_settings(spec: TrackerSpec, more: Mapping[str, Any]) -> TrackerSpec:
    return replace(spec, settings={**spec.settings, **more})


def _values(span: Range) -> list[str]:
    """Returns the values to check, in their order, as text."""
    if isinstance(span, Choice):
        return list(span.values)
    step = span.step or (1 if span.integer else None)
    if step is None:
        return [str(span.low), str(span.high)]
    steps = math.floor((span.high - span.low) / step + 1e-9)
    numbers = range(steps + 1) if steps < _MOST_VALUES else (0, steps)
    return [str(span.low + number * step) for number in numbers]
