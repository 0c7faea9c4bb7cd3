"""Tests mutants of code that mutmut skips: module-level definitions such as constants, and properties.

    python tools/mutate_definitions.py [PATTERN, such as benchmarks.scoring.profiles.*]

mutmut selects a mutant when a function is called, which is fast but limits it to functions. This script
writes a file for each mutant, and runs the tests in a fork of a process that has loaded NumPy, SciPy, PyTorch
and pytest, but nothing of this project. Operators, files and tests are mutmut's, as configured in
`pyproject.toml`; strings, decorators and annotations are not mutated. Survivors are explained in the same
list as mutmut's, under the function `package.module.<definitions>`.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

import libcst as cst
import pytest
from mutation_report import SURVIVORS, Mutant, explained, read_explanations, report
from mutmut.mutation.mutators import mutation_operators

COPIED = ("benchmarks", "reports", "tests", "tools", "trackers")
LIMIT = 300
"""Seconds after which a mutant counts as hung."""


class Definitions(cst.CSTVisitor):
    """Collects the nodes outside the functions that mutmut mutates."""

    def __init__(self) -> None:
        self.nodes: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        mutated_by_mutmut = isinstance(node, cst.FunctionDef) and not _is_property(node)
        if mutated_by_mutmut or isinstance(
            node, cst.Annotation | cst.BaseString | cst.Decorator | cst.Import | cst.ImportFrom
        ):
            return False
        if isinstance(node, cst.If) and isinstance(node.test, cst.Name):  # if TYPE_CHECKING
            return False
        self.nodes.append(node)
        return True


def mutated(source: str) -> Iterator[tuple[str, str]]:
    """Yields each mutant of a module's definitions: the change, `was => is`, and the module's new text."""
    module = cst.parse_module(source)
    found = Definitions()
    module.visit(found)
    for node in found.nodes:
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                for changed in operator(node):
                    if _only_text(node, changed):
                        continue
                    text = module.deep_replace(node, changed).code
                    if text != source:
                        yield _change(source, text), text


def _only_text(node: cst.CSTNode, changed: cst.CSTNode) -> bool:
    """Returns whether a mutant changes only strings, such as a title, or a package's `__all__`."""
    if isinstance(node, cst.Assign):
        named = [target.target for target in node.targets]
        return isinstance(node.value, cst.BaseString) or any(
            isinstance(name, cst.Name) and name.value == "__all__" for name in named
        )
    if isinstance(node, cst.Call) and isinstance(changed, cst.Call):
        gone = [argument for argument in node.args if not any(argument is kept for kept in changed.args)]
        return bool(gone) and all(isinstance(argument.value, cst.BaseString) for argument in gone)
    return False


def _change(before: str, after: str) -> str:
    """Returns the lines that differ between two texts; a mutant changes lines in one place."""
    was, now = before.splitlines(), after.splitlines()
    start = next(i for i, pair in enumerate(zip(was, now, strict=False)) if pair[0] != pair[1])
    end = next(i for i, pair in enumerate(zip(was[::-1], now[::-1], strict=False)) if pair[0] != pair[1])
    return " => ".join(
        " ".join(line.strip() for line in lines[start : max(len(lines) - end, start + 1)])
        for lines in (was, now)
    )


def _is_property(function: cst.FunctionDef) -> bool:
    names = [decorator.decorator for decorator in function.decorators]
    return any(isinstance(name, cst.Name) and name.value == "property" for name in names)


def _own_tests(path: Path) -> list[str]:
    """Returns the test file named after a module, or after its package."""
    named = (
        Path("tests", path.parent, f"test_{path.name}"),
        Path("tests", path.parent.parent, f"test_{path.parent.name}.py"),
    )
    return [str(file) for file in named if file.exists()][:1]


def _fate(root: Path, tests: Sequence[str]) -> str:
    """Runs tests in a fork; returns the fate of the mutant below `root`: killed, survived or timeout."""
    child = os.fork()
    if child == 0:
        signal.alarm(LIMIT)
        os.chdir(root)
        sys.path.insert(0, str(root))
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        os._exit(min(int(pytest.main(["-x", "-q", "--rootdir=.", *tests])), 3))
    _, status = os.waitpid(child, 0)
    return "survived" if status == 0 else "killed"


def main(arguments: Sequence[str]) -> int:
    """Generates all mutants, runs the tests on each, and reports."""
    sys.dont_write_bytecode = True
    # Import once for all forks; not Hypothesis, which pytest must load itself.
    import cv2  # noqa: F401
    import PIL.Image  # noqa: F401
    import scipy.stats  # noqa: F401
    import torch  # noqa: F401

    settings = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["mutmut"]
    options, selection = settings["pytest_add_cli_args"], settings["pytest_add_cli_args_test_selection"]
    chosen = settings["only_mutate"]
    files = sorted(path for path in Path().glob("*/**/*.py") if any(fnmatch(str(path), p) for p in chosen))
    pattern = arguments[0] if arguments else "*"
    mutants = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in COPIED:
            shutil.copytree(name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy("pyproject.toml", root)
        if _fate(root, options + selection) == "survived":
            print("the tests pass without mutants", file=sys.stderr)
        else:
            sys.exit("the tests fail without mutants; run them and fix that first")
        for path in files:
            module = ".".join(path.with_suffix("").parts)
            function = f"{module}.<definitions>"
            if not fnmatch(function, pattern):
                continue
            source = path.read_text()
            own = _own_tests(path)
            near = [test for test in selection if test.split("/")[1] in (path.parts[0], "parity")]
            for number, (change, text) in enumerate(mutated(source)):
                (root / path).write_text(text)
                # The module's own tests kill most mutants, in less time than collecting all tests takes.
                fate = _fate(root, options + own) if own else "survived"
                if fate == "survived":
                    fate = _fate(root, options + near)
                print(f"{function} {number}: {fate}: {change}", file=sys.stderr, flush=True)
                mutants.append(Mutant(function, module, f"{function} {number}", fate, change))
            (root / path).write_text(source)
    return report(mutants, *explained(mutants, read_explanations(SURVIVORS)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
