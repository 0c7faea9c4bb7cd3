"""The clock of the wall decides nothing."""

from __future__ import annotations

import random
from pathlib import Path

from fault_injection import FaultHarness, where


def test_a_clock_that_jumps(bench: FaultHarness, tmp_path: Path) -> None:
    """By years, back and forth: while a run goes on, and between two."""
    bench.injected["a clock that jumps"] += 1
    mode = "isolated"
    fault = f"SIGKILL {bench.step(random.Random(1), mode)}"
    bench.ran(bench.words(tmp_path, mode), CLOCK="jumps", FAULT=fault)
    bench.check_partly(tmp_path, mode)
    # No time per frame is negative or years: `check_whole` looks at them.
    status, said = bench.ran(bench.words(tmp_path, mode), CLOCK="jumps")
    assert (status, "4 of 4 sequences ok" in said) == (0, True), said
    before = {path.name: path.read_bytes() for path in where(tmp_path).iterdir()}
    bench.check_whole(tmp_path, mode)
    after = {path.name: path.read_bytes() for path in where(tmp_path).iterdir()}
    assert {name for name in before if before[name] != after[name]} <= {"run.json", "tracker.log"}
