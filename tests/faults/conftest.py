"""How often things are made to go wrong: `SOTBENCH_FAULTS` names the number of kills, 8 without it."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from faults import Bench

KILLS = int(os.environ.get("SOTBENCH_FAULTS", "8"))
INJECTED: Counter[str] = Counter()


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("faults"), INJECTED)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "turns(n): how often a test that takes `turn` is made for 8 kills")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "turn" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("turns")
        count = marker.args[0] if marker else 1
        metafunc.parametrize("turn", range(max(count * KILLS // 8, 1)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if INJECTED:
        terminalreporter.section("faults injected")
        for kind, count in sorted(INJECTED.items()):
            terminalreporter.line(f"{count:5} {kind}")
        terminalreporter.line(f"{sum(INJECTED.values()):5} in all")
