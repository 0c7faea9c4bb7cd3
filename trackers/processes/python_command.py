"""Python in a process of its own that finds the same modules as this one."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def python_command(module: str) -> list[str]:
    """The command that calls `main()` of a module, and ends with what that returns; its words follow."""
    bootstrap = (
        "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "
        f"from {module} import main; sys.exit(main())"
    )
    path = json.dumps([str(Path(entry).absolute()) for entry in sys.path])
    return [sys.executable, "-c", bootstrap, path]
