"""Decodes JSON that carries a schema number into dataclasses, with one message for what does not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from trackers.errors import UserError, truncate

Record = TypeVar("Record")


class _Versioned(msgspec.Struct):
    schema: int


def decode_versioned(
    text: bytes, cls: type[Record], schema: int, where: str, required: str | None = None
) -> Record:
    """Decodes a JSON object with the key `schema`; ignores keys that the class does not have.

    Python parses the text, because `msgspec.json` refuses two things that manifests may hold: NaN, and the
    lone surrogates of file names that are not UTF-8.

    Args:
        text: JSON in UTF-8.
        cls: a dataclass; an attribute of type float also takes whole numbers.
        schema: the only schema number that is accepted.
        where: what messages call the text.
        required: a key that must be there although the class has a default for it.

    Raises:
        UserError: the schema is another.
        ValueError, RecursionError, msgspec.ValidationError: the text does not fit; see `report_invalid`.
    """
    content = json.loads(text.decode())
    found = msgspec.convert(content, _Versioned).schema
    if found != schema:
        raise UserError(f"{where} has schema {found}; this version of sotbench reads {schema}")
    if required and required not in content:
        raise ValueError(f"Object missing required field `{required}`")
    return msgspec.convert(content, cls)


@contextmanager
def report_invalid(problem: str, remedy: str) -> Iterator[None]:
    """Turns an error of decoding into `<problem> (<field and reason>); <remedy>`.

    Raises:
        UserError: the block raised an error of the JSON parser, of msgspec, or a `ValueError`.
    """
    try:
        yield
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        # A message of msgspec quotes the text's own values, however long and whatever characters they have.
        raise UserError(f"{problem} ({truncate(str(error), 300)}); {remedy}") from None
