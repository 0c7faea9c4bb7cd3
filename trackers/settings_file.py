"""Files of settings: what `--settings FILE` takes, a TOML file with a line for each setting."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trackers.errors import UserError
from trackers.regular_files import read_regular

_MAX_BYTES = 1 << 20


def read_settings_file(path: Path) -> dict[str, str]:
    """Reads settings, as `--set` gives them: by name, as text.

    A table `[adapter]` with `color` is the setting `adapter.color`.

    Raises:
        UserError: the file cannot be read, is not TOML, or has a value that no setting takes.
    """
    try:
        content = tomllib.loads(read_regular(path, _MAX_BYTES).decode())
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; --settings takes a TOML file") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"{path} is not a file of settings in TOML: {error}") from None
    settings = dict[str, str]()
    for name, value in _flat(content, "", str(path)):
        if name in settings:  # with a hyphen and an underscore, or in a table and with a dot
            raise UserError(f"{path}: '{name}' is set twice; write it once")
        settings[name] = value
    return settings


def _flat(table: Mapping[str, Any], prefix: str, where: str) -> list[tuple[str, str]]:
    settings = []
    for key, value in table.items():
        name = prefix + key.replace("-", "_")
        if isinstance(value, dict):
            settings += _flat(value, f"{name}.", where)
        elif isinstance(value, bool | int | float | str):
            settings.append((name, str(value)))
        elif isinstance(value, list) and all(isinstance(part, bool | int | float | str) for part in value):
            settings.append((name, repr(value)))
        else:
            raise UserError(f"{where}: '{name}' is a {type(value).__name__}; a setting is a number or a text")
    return settings


def format_settings(settings: Mapping[str, Any]) -> str:
    """Returns the text of a file of settings that `read_settings_file` reads back."""
    return "".join(f"{_key(name)} = {_value(value)}\n" for name, value in settings.items())


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
