"""Names that were documented before `trackers.serving` existed still work."""

from __future__ import annotations

import subprocess
import sys

import pytest
from processes import ROOT


def test_trax_server_runs_under_its_former_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "trackers.external.trax", "--tracker", "still"],
        cwd=ROOT,
        input=b"@@TRAX:quit\n",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b'@@TRAX:hello "trax.version=3"')


def test_got10k_tracker_is_importable_under_its_former_name() -> None:
    pytest.importorskip("got10k")
    from trackers.external import got10k
    from trackers.serving.got10k import Got10kTracker

    assert got10k.Got10kTracker is Got10kTracker
