"""Former name of `trackers.serving.trax`, which existing `trackers.ini` files run."""

from __future__ import annotations

import sys

from trackers.serving.trax import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main(None))
