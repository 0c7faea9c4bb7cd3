"""Reports the mutants of `mutmut run` by module, and survivors without an explanation.

    mutmut run "benchmarks.scoring.*" && python tools/mutation_report.py

An entry of `tests/mutation/survivors.toml` explains survivors: where they are, a pattern of the change, their
number, and why no test should kill them. The command fails if a survivor has no entry, or if there are more
or fewer than an entry says, so that the list cannot hide a new one.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

SURVIVORS = Path("tests/mutation/survivors.toml")
KILLED = ("killed", "timeout", "segfault")


@dataclass(frozen=True)
class Mutant:
    """One mutant.

    Attributes:
        function: `package.module.function` or `package.module.Class.method`.
        module: `package.module`.
        name: in mutmut; `mutmut show NAME` shows the whole mutant.
        status: in mutmut's words.
        change: the lines before and after, by `read_change`; empty if it was killed.
    """

    function: str
    module: str
    name: str
    status: str
    change: str = ""


@dataclass(frozen=True)
class Explanation:
    """Why survivors need not be killed.

    Attributes:
        where: pattern of their functions' names.
        change: regular expression, searched for in their change.
        why: the reason.
        count: number of survivors; None allows any number.
    """

    where: str
    change: str
    why: str
    count: int | None = None

    def covers(self, mutant: Mutant) -> bool:
        """Returns whether this explains the mutant."""
        return fnmatch(mutant.function, self.where) and re.search(self.change, mutant.change) is not None


def read_change(diff: str) -> str:
    """Returns the changed lines of a unified diff, `was => is`, without indentation."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    was, now = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return f"{was} => {now}"


def read_explanations(path: Path) -> list[Explanation]:
    """Reads a list of explained survivors."""
    return [Explanation(**entry) for entry in tomllib.loads(path.read_text())["survivor"]]


def read_mutants(folder: Path, only: str = "*") -> list[Mutant]:
    """Reads all tested mutants, as mutmut recorded them below `folder`.

    Args:
        folder: mutmut's `mutants`.
        only: pattern of functions' names.
    """
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.stats import status_by_exit_code

    mutants = []
    for meta in sorted(folder.rglob("*.py.meta")):
        source = meta.relative_to(folder).with_suffix("")
        module = ".".join(source.with_suffix("").parts)
        for name, code in json.loads(meta.read_text())["exit_code_by_key"].items():
            function = function_of(module, name)
            status = status_by_exit_code[code]
            if not fnmatch(function, only) or status == "not checked":
                continue
            killed = status in KILLED
            change = "" if killed else read_change(get_diff_for_mutant(name, path=source))
            mutants.append(Mutant(function, module, name, status, change))
    return mutants


def explained(
    mutants: Sequence[Mutant], explanations: Sequence[Explanation]
) -> tuple[dict[str, Explanation], list[str]]:
    """Returns the explanations of survivors, by name, and errors of the explanations.

    A mutant is explained by the first entry that covers it. The count of an entry is
    not checked if none of its functions were tested.
    """
    by_name: dict[str, Explanation] = {}
    tried = {mutant.function for mutant in mutants}
    for mutant in mutants:
        if mutant.status not in KILLED:
            first = next((entry for entry in explanations if entry.covers(mutant)), None)
            if first is not None:
                by_name[mutant.name] = first
    counts = Counter(by_name.values())
    wrong = [
        f"{entry.where}: {entry.change!r} explains {counts[entry]} survivors, not {entry.count}"
        for entry in explanations
        if entry.count not in (None, counts[entry])
        and any(fnmatch(function, entry.where) for function in tried)
    ]
    return by_name, wrong


def table(mutants: Sequence[Mutant], by_name: dict[str, Explanation]) -> str:
    """Returns a table of counts by module, and in total."""
    lines = [f"{'module':<42}{'made':>7}{'killed':>8}{'explained':>11}{'left':>6}"]
    for module in (*sorted({mutant.module for mutant in mutants}), "all"):
        ours = [mutant for mutant in mutants if module in (mutant.module, "all")]
        killed = sum(mutant.status in KILLED for mutant in ours)
        excused = sum(mutant.name in by_name for mutant in ours)
        lines.append(f"{module:<42}{len(ours):>7}{killed:>8}{excused:>11}{len(ours) - killed - excused:>6}")
    return "\n".join(lines)


def function_of(module: str, name: str) -> str:
    """Returns a mutant's function: `a.b.x_f__mutmut_3` of `a.b.f`, `a.b.xǁKǁm__mutmut_1` of `a.b.K.m`."""
    mangled = name.removeprefix(f"{module}.").rpartition("__mutmut_")[0]
    parts = mangled.removeprefix("x").removeprefix("ǁ").split("ǁ") if "ǁ" in mangled else [mangled[2:]]
    return ".".join([module, *parts])


def report(mutants: Sequence[Mutant], by_name: dict[str, Explanation], wrong: Sequence[str]) -> int:
    """Prints the table, unexplained survivors and errors; returns the exit status."""
    print(table(mutants, by_name))
    left = [mutant for mutant in mutants if mutant.status not in KILLED and mutant.name not in by_name]
    for mutant in left:
        was, _, now = mutant.change.partition(" => ")
        print(f"\n{mutant.name}: {mutant.status}\n    {was}\n => {now}")
    for line in wrong:
        print(f"\n{line}")
    return 1 if left or wrong else 0


def main(arguments: Sequence[str]) -> int:
    """Reports on all functions, or on those that match the pattern given as the only argument."""
    mutants = read_mutants(Path("mutants"), arguments[0] if arguments else "*")
    return report(mutants, *explained(mutants, read_explanations(SURVIVORS)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
