"""Records that were read from JSON, held against the types that their classes declare."""

from __future__ import annotations

from functools import cache
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints


def require_types(record: object) -> None:
    """Makes sure that each attribute of a dataclass is of its declared kind, as JSON has it.

    A whole number does for a float; true and false are no numbers. Elements of lists are looked at, what
    mappings hold is not.

    Raises:
        TypeError: an attribute is of another kind; the message names it.
    """
    cls: Any = type(record)  # for mypy, to which classes are not hashable
    for name, (kinds, elements) in _declared(cls).items():
        value = getattr(record, name)
        fits = _is_one_of(value, kinds)
        if fits and elements and isinstance(value, list):
            fits = all(_is_one_of(element, elements) for element in value)
        if not fits:
            raise TypeError(f"{name} is {value!r:.80}")


@cache
def _declared(record: type[Any]) -> dict[str, tuple[tuple[type, ...], tuple[type, ...]]]:
    """By attribute, the classes that its value may have, and those that elements of a list may have."""
    return {name: _kinds(hint) for name, hint in get_type_hints(record).items()}


def _kinds(hint: Any) -> tuple[tuple[type, ...], tuple[type, ...]]:
    kinds: list[type] = []
    elements: tuple[type, ...] = ()
    for one in get_args(hint) if isinstance(hint, UnionType) else (hint,):
        origin = get_origin(one) or one
        if origin is Literal:
            kinds += {type(value) for value in get_args(one)}
        elif origin is list:
            kinds.append(list)
            elements, _ = _kinds(get_args(one)[0])
        else:
            kinds += [float, int] if origin is float else [origin]
    return tuple(kinds), elements


def _is_one_of(value: object, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds)
