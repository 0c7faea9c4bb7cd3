"""The wall clock affects no result."""

from __future__ import annotations

import random
from pathlib import Path

from fault_injection import FaultHarness, where


def test_jumping_clock_changes_nothing(bench: FaultHarness, tmp_path: Path) -> None:
    """The wall clock jumps by years, back and forth: during a run, and between two."""
    bench.injected["a clock that jumps"] += 1
    mode = "isolated"
    fault = f"SIGKILL {bench.step(random.Random(1), mode)}"
    bench.ran(bench.words(tmp_path, mode), CLOCK="jumps", FAULT=fault)
    bench.check_partly(tmp_path, mode)
    # `check_whole` checks that no time per frame is negative or years.
    status, said = bench.ran(bench.words(tmp_path, mode), CLOCK="jumps")
    assert (status, "4 of 4 sequences ok" in said) == (0, True), said
    before = {path.name: path.read_bytes() for path in where(tmp_path).iterdir()}
    bench.check_whole(tmp_path, mode)
    after = {path.name: path.read_bytes() for path in where(tmp_path).iterdir()}
    assert {name for name in before if before[name] != after[name]} <= {"run.json", "tracker.log"}
