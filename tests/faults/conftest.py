"""How often things are made to go wrong: `SOTBENCH_FAULTS` names the number of kills, 8 without it."""

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
    config.addinivalue_line("markers", "turns(n, most): how often a test that takes `turn` is made")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with `turn` is made `n` times, and more often with more kills, up to `most`; once by default."""
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
