"""The page on plug-ins is what it says: its package adds a name of every kind, which the commands use."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def sotbench(*words: str, cwd: Path, path: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(path), str(ROOT)])}
    return subprocess.run(
        [sys.executable, "-m", "sotbench", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
    )


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's package as it lies when it is installed."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "sotbench_example.py").write_text("\n".join(blocks("python")[1:]), encoding="utf-8")
    project = tomllib.loads(blocks("toml")[0])["project"]
    record = folder / "sotbench_example-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines: list[str] = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    (record / "entry_points.txt").write_text("\n".join(lines))
    return folder


def test_plugins_of_every_kind_are_listed(package: Path, tmp_path: Path) -> None:
    listed = sotbench("list", cwd=tmp_path, path=package)
    assert listed.stderr == ""
    for name in ("drift", "ramp", "center", "twice", "bars"):
        assert re.search(rf"^  {name} +plug-in from sotbench-example ", listed.stdout, re.MULTILINE), name


def test_the_pages_commands_run(package: Path, tmp_path: Path) -> None:
    for line in blocks("sh")[1].splitlines():
        program, *words = shlex.split(line)
        assert program == "sotbench"
        done = sotbench(*words, cwd=tmp_path, path=package)
        assert done.returncode == 0, done.stderr
        if "score" in words:
            header, row = done.stdout.splitlines()
            scored = dict(zip(header.split(","), row.split(","), strict=True))
            assert (scored["profile"], scored["precision"]) == ("center", "1.0")
    assert (tmp_path / "plots" / "ramp" / "bars.png").stat().st_size > 1000


def test_the_tracker_of_one_file_runs_as_shown(tmp_path: Path) -> None:
    (tmp_path / "my_tracker.py").write_text(blocks("python")[0])
    program, *words = shlex.split(blocks("sh")[0])
    assert program == "sotbench"
    done = sotbench(*words, "--sequences", "easy", cwd=tmp_path, path=tmp_path)
    assert done.returncode == 0, done.stderr
    first, *_, last = (tmp_path / "results/demo/Drift/ope/easy.txt").read_text().splitlines()
    assert float(last.split(",")[0]) == float(first.split(",")[0]) + 59 * 2.5


def test_broken_plugin_does_not_stop_what_does_not_need_it(package: Path, tmp_path: Path) -> None:
    broken = tmp_path / "site"
    shutil.copytree(package, broken)
    (broken / "sotbench_example.py").write_text("raise ImportError('boom')\n")
    assert (
        sotbench("run", "--tracker", "still", "--dataset", "demo", cwd=tmp_path, path=broken).returncode == 0
    )
    scored = sotbench("score", "--dataset", "demo", cwd=tmp_path, path=broken)
    assert scored.returncode == 0
    assert "boom" in scored.stderr
    refused = sotbench("score", "--dataset", "demo", "--profile", "center", cwd=tmp_path, path=broken)
    assert refused.returncode == 2
