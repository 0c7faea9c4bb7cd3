"""The weights bundled with the project, by name; `docs/models.md` has a model card for each."""

from __future__ import annotations

from pathlib import Path

from trackers.errors import UserError

FOLDER = Path(__file__).parent


def bundled_weights(name: str) -> Path:
    """Returns the bundled weights file `name`.

    Raises:
        UserError: this installation lacks it.
    """
    path = FOLDER / f"{name}.safetensors"
    if not path.is_file():
        raise UserError(f"this installation lacks the weights of {name}; give --weights FILE, or reinstall")
    return path
