"""Imports point one way: a package imports only what stands above it in `LAYERS`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LAYERS = """
trackers.errors  trackers.signals  trackers.seeding  trackers.atomic  trackers.wording
trackers.devices  trackers.stderr  trackers.registry  trackers.tracker  trackers.regular_files
trackers.provenance  trackers.progress  trackers.regions  trackers.images  trackers.weights_file
trackers.box_validation  trackers.device_context
trackers.timing  trackers.jpeg  trackers.still  trackers.ncc  trackers.settings_file
trackers.processes
trackers.external
trackers.catalog
trackers.commands
trackers.serving  trackers.video  trackers.siamese  trackers.checking  trackers.scaffold
trackers.training  trackers.demo  trackers.convert
trackers.train  trackers
benchmarks.wording  benchmarks.geometry  benchmarks.zipfiles
benchmarks.box_columns
benchmarks.box_text
benchmarks.datasets
benchmarks.protocols
benchmarks.environment  benchmarks.installation
benchmarks.store
benchmarks.running
benchmarks.reproduction  benchmarks.results_verification
benchmarks.tables
benchmarks.speed  benchmarks.scoring
benchmarks.evaluation  benchmarks.importing
benchmarks.options
benchmarks.tuning
benchmarks.cli  benchmarks
reports.style  reports.published  reports.left_out
reports.presentation  reports.figure_options
reports.presentation_options
reports.report_data
reports.speed_records  reports.several
reports.tables
reports.plots  reports.table  reports.page  reports.videos
reports.failure_report  reports.site_pages
reports.failures  reports.site  reports.plot  reports.html  reports.video  reports.server
reports.serve  reports
sotbench
"""
"""Modules and packages, lowest first. Those in one line do not import each other."""

ENTRIES = {
    "benchmarks.__main__": "sotbench.cli",
    "trackers.external.trax": "trackers.serving.trax",
    "trackers.external.got10k": "trackers.serving.got10k",
}
"""Entry points that only forward to a higher layer, and where to."""

HEIGHTS = {unit: height for height, line in enumerate(LAYERS.strip().splitlines()) for unit in line.split()}


def unit(module: str) -> str:
    """Returns the entry of `LAYERS` that a module belongs to."""
    parts = module.split(".")
    return ".".join(parts[: 1 if parts[0] == "sotbench" else 2]).removesuffix(".__main__")


def imported(module: str, source: str) -> Iterator[str]:
    """Yields the modules of this project that a source file imports, inside functions as well."""
    ours = {"trackers", "benchmarks", "reports", "sotbench"}
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            folder = ROOT.joinpath(*node.module.split("."))
            inside = [
                alias.name
                for alias in node.names
                if (folder / f"{alias.name}.py").exists() or (folder / alias.name).is_dir()
            ]
            names = [f"{node.module}.{name}" for name in inside]
            if len(inside) < len(node.names):
                names.append(node.module)
        yield from (name for name in names if name.split(".")[0] in ours and name != module)


def violations(module: str, source: str) -> list[str]:
    """Returns the imports of a source file that point upward or sideways."""
    own = unit(module)
    found = []
    for name in imported(module, source):
        other = unit(name)
        if other == own or name == ENTRIES.get(module):
            continue
        if other not in HEIGHTS or own not in HEIGHTS:
            found.append(f"{module} imports {name}: put {other if own in HEIGHTS else own} into LAYERS")
        elif HEIGHTS[other] >= HEIGHTS[own]:
            found.append(f"{module} imports {name}")
    return found


def modules() -> Iterator[tuple[str, Path]]:
    for top in ("trackers", "benchmarks", "reports", "sotbench"):
        for path in sorted((ROOT / top).rglob("*.py")):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def test_imports_point_one_way() -> None:
    found = [line for module, path in modules() for line in violations(module, path.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("trackers.ncc", "from benchmarks.store import Manifest"),
        ("benchmarks.geometry.overlap", "from benchmarks import scoring"),
        ("benchmarks.scoring.score", "import reports.plot"),
        ("reports.plots.curves", "def draw():\n    from reports.plot import main"),
        ("benchmarks.protocols.one_pass", "from benchmarks.store.runs import find_runs"),
        ("benchmarks.scoring.tables", "from benchmarks.speed.tables import record_table"),
    ],
)
def test_an_import_turned_round_is_found(module: str, source: str) -> None:
    assert len(violations(module, source)) == 1


def test_reports_import_nothing_of_the_command_line() -> None:
    for module, path in modules():
        if module.startswith("reports"):
            names = list(imported(module, path.read_text("utf-8")))
            assert not [name for name in names if name.startswith("benchmarks.cli")], module
