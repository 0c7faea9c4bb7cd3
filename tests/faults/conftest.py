"""How often faults are injected: `SOTBENCH_FAULTS` sets the number of kills, 8 by default."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from fault_injection import FaultHarness

KILLS = int(os.environ.get("SOTBENCH_FAULTS", "8"))
INJECTED: Counter[str] = Counter()


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> FaultHarness:
    return FaultHarness(tmp_path_factory.mktemp("faults"), INJECTED, brief=KILLS <= 8)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "turns(n, most): how often a test that takes `turn` runs")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test with `turn` `n` times (default 1), and in proportion to `SOTBENCH_FAULTS` up to `most`."""
    if "turn" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("turns")
        count, most = marker.args if marker else (1, KILLS)
        metafunc.parametrize("turn", range(min(max(count * KILLS // 8, 1), most)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if INJECTED:
        terminalreporter.section("faults injected")
        for kind, count in sorted(INJECTED.items()):
            terminalreporter.line(f"{count:5} {kind}")
        terminalreporter.line(f"{sum(INJECTED.values()):5} in all")
