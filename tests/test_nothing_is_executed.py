"""External data is never unpickled or executed: checked in the source, and by hostile files."""

from __future__ import annotations

import ast
import io
import json
import pickle
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hostile import Canary

from benchmarks.cli.main import main
from trackers.convert import main as convert

ROOT = Path(__file__).parents[1]

FORBIDDEN = {
    "eval",
    "exec",
    "compile",
    "os.popen",
    "os.system",
    "pickle.load",
    "pickle.loads",
    "pickle.Unpickler",
    "marshal.load",
    "marshal.loads",
    "shelve.open",
    "joblib.load",
    "yaml.load",
    "yaml.unsafe_load",
    "pandas.read_pickle",
    "torch.jit.load",
    "torch.hub.load",
    "loadmat",
    "scipy.io.loadmat",
}
"""Functions that run, or may run, code from their input."""

ALLOWED = {
    # The file that the user names as the tracker: `--tracker path/file.py:Class`.
    ("trackers/registry.py", "exec"),
    ("trackers/registry.py", "compile"),
    # The data set that a run pickles for its own workers, sent over a pipe.
    ("benchmarks/running/parallel/worker.py", "pickle.loads"),
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for package in ("trackers", "benchmarks", "reports", "sotbench"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def calls(module: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Yields calls with their dotted names, resolving aliases of imports."""
    names: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            head, dot, rest = ast.unparse(node.func).partition(".")
            yield names.get(head, head) + dot + rest, node


def keyword(call: ast.Call, name: str) -> object:
    for argument in call.keywords:
        if argument.arg == name and isinstance(argument.value, ast.Constant):
            return argument.value.value
    return None


def test_search_resolves_import_aliases():
    code = "import pickle as p\nfrom pickle import loads as l\nimport numpy as np\np.load(f); l(b); eval(x)"
    assert {name for name, _ in calls(ast.parse(code))} == {"pickle.load", "pickle.loads", "eval"}


def test_source_neither_unpickles_nor_executes():
    found = {(path, name) for path, module in sources() for name, _ in calls(module) if name in FORBIDDEN}
    assert found == ALLOWED


def test_loaders_allow_only_weights_and_plain_arrays():
    seen = 0
    for path, module in sources():
        for name, call in calls(module):
            if name == "torch.load":
                seen += 1
                assert keyword(call, "weights_only") is True, path
            if name in ("numpy.load", "np.load"):
                assert keyword(call, "allow_pickle") is not True, path
            assert keyword(call, "shell") is not True, path
    assert seen >= 2


def objects(file: Path) -> bytes:
    """Returns a .npy file of pickled objects."""
    content = io.BytesIO()
    np.save(content, np.array([Canary(file)], dtype=object), allow_pickle=True)
    return content.getvalue()


def safetensors(header: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header


def tensor(shape: list[int], offsets: list[int]) -> bytes:
    return json.dumps({"x": {"dtype": "F32", "shape": shape, "data_offsets": offsets}}).encode()


WEIGHTS = {
    "pickle.pth": lambda canary: pickle.dumps(Canary(canary)),
    "pickle.pt": lambda canary: pickle.dumps({"backbone.conv1.0.weight": Canary(canary)}, protocol=2),
    "pickle.pkl": lambda canary: pickle.dumps([Canary(canary)], protocol=0),
    "torch.pth": lambda canary: saved({"backbone.conv1.0.weight": Canary(canary)}, True),
    "old-torch.pth": lambda canary: saved({"backbone.conv1.0.weight": Canary(canary)}, False),
    "array.npy": objects,
    "pickle.safetensors": lambda canary: pickle.dumps(Canary(canary)),
    "endless.safetensors": lambda _: safetensors(b"{}", 1 << 63),
    "huge.safetensors": lambda _: safetensors(tensor([1 << 40], [0, 4 << 40])),
    "overflow.safetensors": lambda _: safetensors(tensor([1 << 62, 16], [0, 16])),
    "backwards.safetensors": lambda _: safetensors(tensor([1], [4, 0])),
    "negative.safetensors": lambda _: safetensors(tensor([-1], [0, 4])),
    "deep.safetensors": lambda _: safetensors(b'{"x":' * 50_000 + b"1" + b"}" * 50_000),
    "no-text.safetensors": lambda _: safetensors(b"\xff\xfe\x00"),
    "empty.safetensors": lambda _: b"",
}


def saved(content: object, zipped: bool) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("command", ["run", "convert"])
def test_hostile_weights_are_refused_and_run_nothing(
    name: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    canary, weights = tmp_path / "ran", tmp_path / name
    weights.write_bytes(WEIGHTS[name](canary))
    if command == "run":
        words = ["--tracker", "siamfc", "--dataset", "demo", "--results", str(tmp_path / "results")]
        assert main(["run", *words, "--weights", str(weights)]) == 2
    else:
        assert convert([str(weights), str(tmp_path / "out.safetensors")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert str(weights) in error
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_unpickled_canary_leaves_a_file(tmp_path: Path):
    pickle.loads(pickle.dumps(Canary(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("form", ["otb-mat", "otb-json", "got10k", "pysot", "pytracking", "vot", "txt"])
@pytest.mark.parametrize("packed", [False, True])
def test_pickled_results_are_refused_and_run_nothing(
    form: str, packed: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    canary, given = tmp_path / "ran", tmp_path / "given"
    given.mkdir()
    endings = ("txt", "mat", "json", "bin", "pkl", "npy", "pth", "py")
    for ending in endings:
        (given / f"easy.{ending}").write_bytes(pickle.dumps(Canary(canary), protocol=0))
        (given / f"motion.{ending}").write_bytes(objects(canary))
    path = given
    if packed:
        path = tmp_path / "given.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in given.iterdir():
                archive.write(file, file.name)
    words = ["--from", form, "--tracker", "imported", "--dataset", "demo"]
    assert main(["import", str(path), *words, "--results", str(tmp_path / "results")]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert not canary.exists()
    assert not (tmp_path / "results").exists()
