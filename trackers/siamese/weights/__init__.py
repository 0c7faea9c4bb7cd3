"""The weights that come with the project, by name; beside each lies its model card in `docs/models.md`."""

from __future__ import annotations

from pathlib import Path

from trackers.errors import UserError

FOLDER = Path(__file__).parent


def bundled_weights(name: str) -> Path:
    """The file of weights called `name`.

    Raises:
        UserError: this installation has none.
    """
    path = FOLDER / f"{name}.safetensors"
    if not path.is_file():
        raise UserError(
            f"this installation has no weights of {name}; give --weights FILE, or install it again"
        )
    return path
