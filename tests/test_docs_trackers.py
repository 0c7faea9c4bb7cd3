"""Runs every block of docs/trackers.md, in one folder with the page's files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "trackers.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
NANOTRACK = ROOT.parent / "shared" / "weights" / "NanoTrack"
NEEDS = {
    "NanoTrack": ("NanoTrack's weights in ../shared", NANOTRACK.is_dir),
    "--tracker onnx": (
        "onnx and onnxruntime",
        lambda: all(find_spec(name) is not None for name in ("onnx", "onnxruntime")),
    ),
    "g++": ("g++", lambda: shutil.which("g++") is not None),
    "server.py": ("vot-trax", lambda: find_spec("trax") is not None),
    "trackers.ini:": ("vot-trax", lambda: find_spec("trax") is not None),
    "vot test": ("vot-toolkit", lambda: find_spec("vot") is not None),
    "got10k": ("got10k", lambda: find_spec("got10k") is not None),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder with the page's files, the examples, and this environment's commands."""
    place: Path = tmp_path_factory.mktemp("docs")
    (place / "examples").symlink_to(ROOT / "examples")
    (place / "NanoTrack").symlink_to(NANOTRACK)
    (place / "bin").mkdir()
    (place / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (place / "bin" / "sotbench").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sotbench "$@"\n')
    # vot-toolkit's command line, without its check for updates on the network.
    code = "from vot.utilities import cli; cli.check_updates = lambda: (False, None); cli.main()"
    (place / "bin" / "vot").write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
    for script in (place / "bin").iterdir():
        script.chmod(0o755)
    for _, content in BLOCKS:
        if named := re.match(r"# (\S+\.\w+)\n", content):
            (place / named[1]).parent.mkdir(exist_ok=True)
            (place / named[1]).write_text(content)
    return place


@pytest.mark.parametrize("block", [content for language, content in BLOCKS if language == "sh"])
def test_block_of_commands_succeeds(block: str, folder: Path) -> None:
    for word, (name, is_installed) in NEEDS.items():
        if word in block and not is_installed():
            pytest.skip(f"needs {name}")
    environment = os.environ | {
        "PATH": os.pathsep.join([str(folder / "bin"), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        ["bash", "-ec", block],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_other_blocks_are_files_that_commands_use() -> None:
    commands = "".join(content for language, content in BLOCKS if language == "sh")
    for language, content in BLOCKS:
        if language != "sh":
            named = re.match(r"# (\S+\.\w+)\n", content)
            assert named, content
            assert Path(named[1]).stem in commands


def test_protocol_page_shows_the_requests_that_are_sent(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "process-protocol.md").read_text(encoding="utf-8")
    shown = re.findall(r"^sotbench   (.*)$", page, re.MULTILINE)
    (tmp_path / "tracker.sh").write_text(
        "echo '{\"ready\": 1}'\n"
        "while read -r request; do\n"
        f'    echo "$request" >> {tmp_path}/requests\n'
        "    echo '{\"box\": [1, 2, 3, 4]}'\n"
        "done\n"
    )
    words = ["run", "--tracker", f"process:sh {tmp_path}/tracker.sh", "--dataset", "demo"]
    words += ["--sequences", "easy", "--results", str(tmp_path / "results")]
    command = [sys.executable, "-m", "sotbench", *words]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    sent = (tmp_path / "requests").read_text().splitlines()

    def without_values(request: str) -> str:
        return re.sub(r"\d+(\.\d+)?", "N", re.sub(r"sotbench-\w+", "sotbench-X", request))

    assert list(map(without_values, shown)) == list(map(without_values, sent[:2]))
