"""Changes before a run is resumed: what they affect is run again or refused, and never mislabeled."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_injection import SLEEP, FaultHarness, state, videos, where
from PIL import Image
from processes import until

from benchmarks.cli.main import main


@pytest.fixture(scope="module")
def killed(bench: FaultHarness, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a killed run, with its own weights and data."""
    folder = tmp_path_factory.mktemp("killed")
    videos(folder / "videos")
    (folder / "w.txt").write_text("1.0")
    (folder / "t.py").write_text((bench.folder / "t.py").read_text())
    process = bench.start(command(bench, folder), SLEEP=SLEEP)
    assert until((where(folder / "r") / "run.json").exists)
    process.popen.kill()
    process.end()
    return folder


@pytest.fixture
def broken(bench: FaultHarness, killed: Path) -> Iterator[tuple[Path, list[str]]]:
    """A copy of that folder under the same path, and the command line that resumes its run."""
    kept = killed.with_name("kept")
    killed.rename(kept)
    shutil.copytree(kept, killed)
    yield killed, command(bench, killed)
    shutil.rmtree(killed)
    kept.rename(killed)


def command(bench: FaultHarness, folder: Path) -> list[str]:
    words = bench.words(folder / "r", "alone", "--weights", str(folder / "w.txt"), data=folder / "videos")
    words[words.index("--tracker") + 1] = f"{folder / 't.py'}:Weighed"
    return words


@pytest.mark.parametrize(
    ("what", "more"),
    [
        ("settings", ["--set", "rate=2"]),
        ("seed", ["--seed", "1"]),
        ("repeat", ["--repeat", "2"]),
        ("weights", []),
        ("code", []),
    ],
)
def test_other_identity_is_refused_on_resume(
    bench: FaultHarness, broken: tuple[Path, list[str]], what: str, more: list[str]
) -> None:
    bench.injected[f"other {what} when a run goes on"] += 1
    folder, words = broken
    if what == "weights":
        (folder / "w.txt").write_text("2.0")
    if what == "code":
        (folder / "t.py").write_text(
            (folder / "t.py").read_text().replace("self.weight\n", "2 * self.weight\n")
        )
    before = {path.name: path.read_bytes() for path in where(folder / "r").iterdir()}
    status, said = bench.ran([*words, *more])
    assert status == 2
    assert f"holds results made with other {what}; give --name to keep both, or --overwrite" in said
    after = {path.name: path.read_bytes() for path in where(folder / "r").iterdir()}
    litter = {name for name in before if name.endswith((".tmp", ".lock"))}
    assert after == {name: content for name, content in before.items() if name not in litter}


@pytest.mark.parametrize(
    ("what", "reason", "more"),
    [("w.txt", "/w.txt was changed", []), ("t.py", "the tracker's code was changed", ["--isolate"])],
)
def test_weights_or_code_replaced_during_a_run(
    bench: FaultHarness, broken: tuple[Path, list[str]], what: str, reason: str, more: list[str]
) -> None:
    """The tracker is built again after a failure, and would be another one."""
    bench.injected["weights or code replaced while a run goes on"] += 1
    folder, words = broken
    (folder / "fail").mkdir()
    before = (folder / what).read_text()
    status, said = bench.ran([*words, *more], FAIL=folder / "fail", CHANGE=folder / what)
    assert status == 1
    assert f"{reason} since the run began" in said
    (folder / what).write_text(before)
    assert bench.went_well(words)[0] == 0
    resumed = state(folder / "r")
    words[words.index("--results") + 1] = str(folder / "whole")
    assert bench.went_well(words)[0] == 0
    assert resumed == state(folder / "whole")


def test_program_replaced_before_its_restart(bench: FaultHarness, tmp_path: Path) -> None:
    """A program that exits after a sequence is started again for the next, which is not an error."""
    bench.injected["weights or code replaced while a run goes on"] += 1
    script = tmp_path / "ends.py"
    script.write_text(ENDS)
    words = [*bench.words(tmp_path / "r"), "--sequences", "one", "--repeat", "2"]
    words[words.index("--tracker") + 1] = f"process:{sys.executable} {script}"
    status, said = bench.ran(words)
    assert status == 1
    assert "one failed: the tracker's code was changed since the run began" in said
    script.write_text(ENDS.rpartition("open")[0])
    status, said = bench.went_well([*words, "--overwrite"])
    assert (status, "1 of 1 sequence ok" in said) == (0, True), said


ENDS = """
import sys
print('{"ready": 1}', flush=True)
for _ in range(8):
    sys.stdin.readline()
    print('{"box": [1, 2, 3, 4]}', flush=True)
open(__file__, "a").write("# another")
"""


@pytest.mark.parametrize("what", ["ground truth", "a frame", "a frame's name"])
def test_changed_data_is_run_again(bench: FaultHarness, broken: tuple[Path, list[str]], what: str) -> None:
    """The sequence is run again with the new data, and scored with no other."""
    bench.injected[f"{what} changed when a run goes on"] += 1
    folder, words = broken
    [name] = json.loads((where(folder / "r") / "run.json").read_text())["sequences"]
    sequence = folder / "videos" / name
    score = ["score", "--dataset", "folder", "--data-root", str(folder / "videos"), "--results"]
    if what == "ground truth":
        (sequence / "groundtruth.txt").write_text(
            (sequence / "groundtruth.txt").read_text().replace("10,", "9,")
        )
        assert main([*score, str(folder / "r")]) == 2
    elif what == "a frame":
        Image.new("RGB", (32, 24), "red").save(sequence / "0003.png")
    else:
        (sequence / "0000.png").rename(sequence / "00000.png")
    status, said = bench.went_well(words)
    assert status == 0
    assert "4 of 4 sequences ok; " in said, "the changed sequence counted as done"
    assert main([*score, str(folder / "r")]) == 0
    resumed = state(folder / "r")
    words[words.index("--results") + 1] = str(folder / "whole")
    assert bench.went_well(words)[0] == 0
    assert resumed == state(folder / "whole")
