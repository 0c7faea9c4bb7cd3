"""Runs the targets' engines one after the other, stores their inputs and counts executions."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from tests.fuzz.target import Target, read_inputs, write_inputs

TIMEOUT = 20
"""Seconds after which an input counts as a hang."""
MAX_MEMORY_MB = 3000
"""Limit of resident memory, torch included; `engine.PARSING_BYTES` limits parsing alone."""
MAX_CORPUS_BYTES = 9_000
"""Size limit of a target's file of inputs in the repository."""

_EXECUTED = re.compile(rb"^stat::number_of_executed_units: *(\d+)", re.M)


@dataclass
class Tally:
    """The totals of one target.

    Attributes:
        executions: number of inputs.
        seconds: wall time, including the start of the engine.
        crashes: number of engine runs that ended with a crash.
    """

    executions: int = 0
    seconds: float = 0.0
    crashes: int = 0


@dataclass
class Campaign:
    """A campaign in a folder, which continues where it stopped.

    Attributes:
        folder: has its inputs and logs in `corpus/`, `crashes/` and `logs/`, and its totals in `tally.json`.
        tallies: totals by target.
    """

    folder: Path
    tallies: dict[str, Tally] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self._tally_file.exists():
            content = json.loads(self._tally_file.read_text(encoding="utf-8"))
            self.tallies = {name: Tally(**tally) for name, tally in content.items()}

    @property
    def _tally_file(self) -> Path:
        return self.folder / "tally.json"

    def corpus(self, target: Target) -> Path:
        """Returns the folder of a target's inputs, one per file."""
        return self.folder / "corpus" / target.name

    def fuzz(self, target: Target, executions: int | None, seconds: float | None) -> bool:
        """Runs one engine for a number of executions or seconds; returns whether nothing crashed."""
        corpus, crashes = self.corpus(target), self.folder / "crashes" / target.name
        for path in (corpus, crashes):
            path.mkdir(parents=True, exist_ok=True)
        for data in target.inputs():
            (corpus / sha256(data).hexdigest()).write_bytes(data)
        words = self.folder / f"{target.name}.dict"
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words), encoding="ascii")
        limits = [f"-runs={executions}"] if executions else []
        limits += [f"-max_total_time={max(round(seconds), 1)}"] if seconds else []
        begin = time.monotonic()
        status, output = self._engine(
            target,
            *limits,
            *(f"-max_len={target.longest}", f"-timeout={TIMEOUT}", f"-rss_limit_mb={MAX_MEMORY_MB}"),
            *(f"-artifact_prefix={crashes}/", f"-dict={words}", "-print_final_stats=1", str(corpus)),
        )
        tally = self.tallies.setdefault(target.name, Tally())
        found = _EXECUTED.findall(output)
        tally.executions += int(found[-1]) if found else 0
        tally.seconds += time.monotonic() - begin
        tally.crashes += status != 0
        content = {name: asdict(each) for name, each in self.tallies.items()}
        self._tally_file.write_text(json.dumps(content, indent=1), encoding="utf-8")
        return status == 0

    def minimize(self, target: Target) -> int:
        """Stores the smallest inputs with the campaign's coverage in the repository; returns their number.

        The longest are left out if they exceed `MAX_CORPUS_BYTES`. The target must not be fuzzed in the same
        folder at the same time, because the fuzzer removes files that this reads.
        """
        small = self.folder / "minimized" / target.name
        small.mkdir(parents=True, exist_ok=True)
        for path in small.iterdir():
            path.unlink()
        status, _ = self._engine(
            target, "-merge=1", f"-max_len={target.longest}", str(small), str(self.corpus(target))
        )
        if status:
            raise RuntimeError(f"the corpus of {target.name} cannot be minimized; see {self._log(target)}")
        known = {*target.seeds(), *read_inputs(target.crashes)}
        inputs = sorted(
            {path.read_bytes() for path in small.iterdir()} - known, key=lambda data: len(repr(data))
        )
        kept, room = [], MAX_CORPUS_BYTES
        for data in inputs:
            room -= len(repr(data)) + 1
            if room < 0:
                break
            kept.append(data)
        write_inputs(target.corpus, kept)
        return len(kept)

    def _log(self, target: Target) -> Path:
        return self.folder / "logs" / f"{target.name}.log"

    def _engine(self, target: Target, *options: str) -> tuple[int, bytes]:
        self._log(target).parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.fuzz.engine", target.name, *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self._log(target).write_bytes(done.stdout)
        return done.returncode, done.stdout


def report(campaign: Campaign, targets: Sequence[Target]) -> str:
    """Returns a table of executions by target and in total."""
    rows = []
    total = Tally()
    for target in targets:
        tally = campaign.tallies.get(target.name, Tally())
        total.executions += tally.executions
        total.seconds += tally.seconds
        total.crashes += tally.crashes
        rows.append(_row(target.name, tally))
    return "\n".join(
        [f"{'target':16}{'executions':>12}{'per second':>12}{'crashes':>9}", *rows, _row("total", total)]
    )


def _row(name: str, tally: Tally) -> str:
    rate = tally.executions / tally.seconds if tally.seconds else 0.0
    return f"{name:16}{tally.executions:>12,}{rate:>12,.0f}{tally.crashes:>9}"


def _escaped(word: bytes) -> str:
    """Escapes a word for libFuzzer's dictionaries."""
    return "".join(chr(b) if 32 < b < 127 and b not in b'"\\' else f"\\x{b:02X}" for b in word)
