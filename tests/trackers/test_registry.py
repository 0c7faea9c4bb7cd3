"""Lazy registries: names, modules, files, entry points, and errors."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trackers.errors import UserError
from trackers.registry import Entry, Registry


@pytest.fixture
def registry() -> Registry:
    entries = {
        "path": Entry("pathlib:Path", "a standard class"),
        "gone": Entry("no_such_module:X", "cannot be imported"),
    }
    return Registry("thing", entries, by_path=True, hint="see the list")


def test_iterating_imports_nothing() -> None:
    lazy = Registry("thing", {"colors": Entry("colorsys:rgb_to_hsv", "")}, hint="see the list")
    sys.modules.pop("colorsys", None)

    assert list(lazy) == ["colors"]
    assert lazy.summary("colors") == ""
    assert "colorsys" not in sys.modules
    lazy.load("colors")
    assert "colorsys" in sys.modules


def test_names_modules_and_files_are_loaded(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from neighbor import VALUE\nclass Outer:\n    class Inner:\n        value = VALUE\n")
    (tmp_path / "neighbor.py").write_text("VALUE = 7\n")

    assert registry.load("path") is Path
    assert registry.load("pathlib:Path") is Path
    inner = registry.load(f"{file}:Outer.Inner")
    assert inner.value == 7
    assert registry.load(f"{file}:Outer.Inner") is inner, "a file is executed once"


@pytest.mark.parametrize("package", ["trackers", "benchmarks", "reports"])
def test_package_name_clash_is_explained(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "mine.py").write_text("class Mine: ...\n")
    (tmp_path / "plugin.py").write_text(f"from {package}.mine import Mine\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    said = rf"No module named '{package}.mine'; '{package}' is also the name of a sotbench package.*process:"
    for name in (f"{package}.mine:Mine", "plugin.py:Mine", f"{tmp_path}/plugin.py:Mine"):
        with pytest.raises(UserError, match=said):
            registry.load(name)


def test_typo_in_own_module_is_no_clash(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a checkout would have a folder `trackers`
    with pytest.raises(UserError, match=r"No module named 'trackers\.nccc'$"):
        registry.load("trackers.nccc:NCC")


@pytest.mark.parametrize("error", ["GeneratorExit()", "SystemExit(0)", "BaseException('x' * 5_000_000)"])
def test_import_errors_are_one_sentence(registry: Registry, tmp_path: Path, error: str) -> None:
    (tmp_path / "raises.py").write_text(f"raise {error}\n")
    with pytest.raises(UserError, match="cannot be imported: ") as refused:
        registry.load(f"{tmp_path}/raises.py:X")
    assert len(str(refused.value)) < 1500


def test_files_with_the_same_name_are_distinct(registry: Registry, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tracker.py").write_text(f"NAME = '{folder}'\n")

    assert registry.load(f"{tmp_path}/a/tracker.py:NAME") == "a"
    assert registry.load(f"{tmp_path}/b/tracker.py:NAME") == "b"


def test_working_directory_is_searched(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "local_module_of_this_test.py").write_text("ANSWER = 42\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])

    assert registry.load("local_module_of_this_test:ANSWER") == 42


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pth", r"there is no thing 'pth' \(did you mean 'path'\?\); see the list, or give package"),
        ("gone", "thing 'gone' cannot be imported: ModuleNotFoundError"),
        ("pathlib:Pth", r"pathlib has no 'Pth' \(did you mean 'Path'\?\)"),
        ("missing.py:X", "there is no file missing.py"),
        ("pathlib:", "not of the form"),
    ],
)
def test_user_errors_are_one_sentence(registry: Registry, name: str, expected: str) -> None:
    with pytest.raises(UserError, match=expected) as error:
        registry.load(name)
    assert "\n" not in str(error.value)


def test_fixed_file_can_be_loaded_again(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text("1 / 0\n")
    with pytest.raises(UserError, match="ZeroDivisionError"):
        registry.load(f"{file}:X")

    file.write_text("X = 1\n")
    assert registry.load(f"{file}:X") == 1


def test_entry_points_are_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plugin_package.py").write_text("class Mine: pass\n")
    metadata = tmp_path / "plugin_package-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin-package\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[sotbench.trackers]\nmine = plugin_package:Mine\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = Registry("tracker", {}, group="sotbench.trackers", hint="see the list")

    assert "mine" in list(registry)
    assert registry.summary("mine") == "plug-in from plugin-package (plugin_package:Mine)"
    assert registry.load("mine").__name__ == "Mine"
