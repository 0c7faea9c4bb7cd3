"""Tests the report, and the list of explained survivors."""

from __future__ import annotations

import ast
import fnmatch
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from mutation_report import (
    SURVIVORS,
    Explanation,
    Mutant,
    explained,
    function_of,
    read_change,
    read_explanations,
    report,
    table,
)

ROOT = Path(__file__).parents[2]
MUTMUT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]

HALVED = Mutant("a.b.f", "a.b", "a.b.x_f__mutmut_1", "survived", "return x / 2 => return x / 3")
NEGATED = Mutant("a.b.f", "a.b", "a.b.x_f__mutmut_2", "survived", "return -x => return +x")
DEAD = Mutant("a.c.g", "a.c", "a.c.x_g__mutmut_1", "killed")
HUNG = Mutant("a.c.g", "a.c", "a.c.x_g__mutmut_2", "timeout")


def test_read_change_shows_before_and_after() -> None:
    diff = "--- a.py\n+++ a.py\n@@ -1,3 +1,3 @@\n def f(x):\n-    y = g(x,\n-          1)\n"
    diff += "+    y = g(x,\n+          2)\n     return y"
    assert read_change(diff) == "y = g(x, 1) => y = g(x, 2)"


def test_function_names_are_demangled() -> None:
    assert function_of("a.b", "a.b.x_f__mutmut_12") == "a.b.f"
    assert function_of("a.b", "a.b.x__private__mutmut_1") == "a.b._private"
    assert function_of("a.b", "a.b.xǁClassǁ__init____mutmut_3") == "a.b.Class.__init__"


def test_first_matching_entry_explains_a_survivor() -> None:
    halves = Explanation("a.*", r"/ 3$", "because", 1)
    rest = Explanation("a.b.*", "", "the rest")
    by_name, wrong = explained([HALVED, NEGATED, DEAD], [halves, rest])
    assert by_name == {HALVED.name: halves, NEGATED.name: rest}
    assert not wrong


@pytest.mark.parametrize("count", [0, 2])
def test_wrong_counts_are_reported(count: int) -> None:
    entry = Explanation("a.b.f", "/", "because", count)
    assert explained([HALVED, DEAD], [entry])[1] == [f"a.b.f: '/' explains 1 survivors, not {count}"]
    # Entries without tested mutants are not counted.
    assert explained([DEAD], [entry])[1] == []


def test_table_counts_by_module_and_in_total() -> None:
    entry = Explanation("a.b.f", "/", "because")
    rows = [line.split() for line in table([HALVED, NEGATED, DEAD, HUNG], {HALVED.name: entry}).splitlines()]
    assert rows[0] == ["module", "made", "killed", "explained", "left"]
    assert rows[1:] == [["a.b", "2", "0", "1", "1"], ["a.c", "2", "2", "0", "0"], ["all", "4", "2", "1", "1"]]


def test_only_fully_explained_reports_pass(capsys: pytest.CaptureFixture[str]) -> None:
    entry = Explanation("a.b.f", "/", "because", 1)
    assert report([HALVED, DEAD], {HALVED.name: entry}, []) == 0
    assert report([HALVED, DEAD], {HALVED.name: entry}, ["stale"]) == 1
    capsys.readouterr()
    assert report([NEGATED], {}, []) == 1
    assert capsys.readouterr().out.endswith("\na.b.x_f__mutmut_2: survived\n    return -x\n => return +x\n")


def test_survivor_list_gives_a_reason_for_each() -> None:
    for entry in read_explanations(ROOT / SURVIVORS):
        assert len(entry.why) > 10, entry


def functions(node: ast.AST, prefix: str) -> Iterator[str]:
    """Yields the dotted names of all functions and methods below a node."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield f"{prefix}.{child.name}"
        elif isinstance(child, ast.ClassDef):
            yield from functions(child, f"{prefix}.{child.name}")
        else:
            yield from functions(child, prefix)


def test_functions_of_explained_survivors_exist() -> None:
    names = set()
    for path in mutated_files():
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        names |= {f"{module}.<definitions>", *functions(ast.parse(path.read_text("utf-8")), module)}
    wanted = {entry.where for entry in read_explanations(ROOT / SURVIVORS)}
    assert {where for where in wanted if not fnmatch.filter(names, where)} == set()


def mutated_files() -> list[Path]:
    """Returns the files that mutmut's settings select; its `*` matches slashes too."""
    files = [path for folder in MUTMUT["source_paths"] for path in (ROOT / folder).rglob("*.py")]
    chosen = [path for path in files for pattern in MUTMUT["only_mutate"] if selects(pattern, path)]
    return sorted(set(chosen))


def selects(pattern: str, path: Path) -> bool:
    return fnmatch.fnmatch(path.relative_to(ROOT).as_posix(), pattern)


def test_files_of_mutmuts_settings_exist() -> None:
    files = mutated_files()
    for pattern in MUTMUT["only_mutate"]:
        assert any(selects(pattern, path) for path in files), pattern
    for name in (*MUTMUT["also_copy"], *MUTMUT["pytest_add_cli_args_test_selection"]):
        assert (ROOT / name).exists(), name


def test_only_definitions_are_mutated() -> None:
    pytest.importorskip("mutmut")
    from mutate_definitions import mutated

    source = (
        '__all__ = ["LIMIT"]\nTITLE = "a"\nTABLE = make("b", at=4)\n'
        "LIMIT = 5\n\n\ndef f(x: int = 3) -> int:\n    return x + 1\n\n\n"
        "class K:\n    size: int = 2\n\n"
        "    @property\n    def half(self) -> float:\n        return self.size / 2\n"
    )
    changes = dict(mutated(source))
    assert set(changes) == {
        'TABLE = make("b", at=4) => TABLE = None',
        'TABLE = make("b", at=4) => TABLE = make("b", at=None)',
        'TABLE = make("b", at=4) => TABLE = make("b", )',
        'TABLE = make("b", at=4) => TABLE = make("b", at=5)',
        "LIMIT = 5 => LIMIT = None",
        "LIMIT = 5 => LIMIT = 6",
        "size: int = 2 => size: int = None",
        "size: int = 2 => size: int = 3",
        "return self.size / 2 => return self.size * 2",
        "return self.size / 2 => return self.size / 3",
    }
    assert changes["LIMIT = 5 => LIMIT = 6"] == source.replace("LIMIT = 5", "LIMIT = 6")
