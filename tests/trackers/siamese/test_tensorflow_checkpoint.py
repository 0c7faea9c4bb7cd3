from __future__ import annotations

import importlib.machinery
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from trackers.convert import main
from trackers.errors import UserError
from trackers.siamese import tensorflow_checkpoint
from trackers.siamese.checkpoint import load_gradnet
from trackers.siamese.tensorflow_checkpoint import prefix_of, read_checkpoint

DATA = Path(__file__).parent / "data"
NAME = "tensorflow-2.21"
REASON = "TensorFlow is not installed (extra `convert`)"
WITH_TENSORFLOW = importlib.machinery.PathFinder.find_spec("tensorflow") is not None
needs_tensorflow = pytest.mark.skipif(not WITH_TENSORFLOW, reason=REASON)

STARTS = "__version__ = 'pretended'\nclass train:\n    def load_checkpoint(prefix):\n        "
LISTS = (
    "class Reader:\n"
    "            get_variable_to_shape_map = lambda self: {'v': [2, 3]}\n"
    "            get_variable_to_dtype_map = lambda self: {'v': __import__('numpy').dtype('float32')}\n"
    "            get_tensor = lambda self, name: TENSOR\n"
    "        return Reader()\n"
)


def exact(index: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Numbers that are the same everywhere."""
    numbers = (np.arange(np.prod(shape)) * 37 + index) % 101 - 50
    return (numbers / 64).reshape(shape).astype(np.float32)


def released_exactly(names: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    return {name: exact(index, names[name].shape) for index, name in enumerate(sorted(names))}


def write_with_tensorflow(prefix: Path, variables: dict[str, NDArray[np.float32]]) -> None:
    """Saves variables with TensorFlow's own `Saver`, on two devices and on none: in three data files."""
    import tensorflow

    v1 = tensorflow.compat.v1
    with (
        tensorflow.Graph().as_default(),
        v1.Session(config=v1.ConfigProto(device_count={"CPU": 2})) as session,
    ):
        for index, (name, value) in enumerate(variables.items()):
            with tensorflow.device(f"/cpu:{index % 2}"):
                v1.get_variable(name, initializer=tensorflow.constant(value), use_resource=False)
        biases = "siamese/scala5_z/conv/biases"
        v1.get_variable(f"{biases}/Momentum", initializer=tensorflow.constant(variables[biases]))
        v1.get_variable("global_step", initializer=tensorflow.constant(7, tensorflow.int64))
        session.run(v1.global_variables_initializer())
        v1.train.Saver(sharded=True).save(session, str(prefix), write_meta_graph=False, write_state=False)


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """A copy of TensorFlow's files."""
    folder = tmp_path / "check [point]"  # wildcards of TensorFlow's
    folder.mkdir()
    for path in DATA.glob(f"{NAME}.*"):
        shutil.copy(path, folder)
    return folder / NAME


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a module of a given text in TensorFlow's place, for the process that reads."""

    def pretended(text: str) -> None:
        folder = tmp_path / "modules"
        folder.mkdir()
        (folder / "tensorflow.py").write_text(text)
        monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{Path(__file__).parents[3]}")
        monkeypatch.setattr(tensorflow_checkpoint, "find_spec", lambda name: object())

    return pretended


def test_prefixes_keep_their_dots() -> None:
    assert prefix_of(Path("a.index/model.ckpt-1.5")) == Path("a.index/model.ckpt-1.5")
    assert prefix_of(Path("model.index.index")) == Path("model.index")


@needs_tensorflow
@pytest.mark.parametrize("fresh", [False, True])
def test_reads_what_tensorflow_writes(prefix: Path, released: Callable[..., Any], fresh: bool) -> None:
    # data/tensorflow-2.21.* was written by `write_with_tensorflow` with TensorFlow 2.21.0.
    variables = released_exactly(released((2,) * 5))
    if fresh:
        for path in prefix.parent.iterdir():
            path.unlink()
        write_with_tensorflow(prefix, variables)
    found = read_checkpoint(Path(f"{prefix}.data-00001-of-00003"), [*variables, "global_step", "absent"])
    others = {"global_step": (), "siamese/scala5_z/conv/biases/Momentum": (2,)}
    assert found.shapes == {name: value.shape for name, value in variables.items()} | others
    assert found.types["global_step"] == "int64"
    assert found.values.keys() == variables.keys()
    for name, value in variables.items():
        assert found.values[name].dtype == np.float32
        assert np.array_equal(found.values[name], value)


@needs_tensorflow
def test_converts_and_says_what(prefix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = prefix.parent / "out.safetensors"
    assert main([f"{prefix}.index", str(target)]) == 0
    output = capsys.readouterr()
    assert "gradnet from a TensorFlow checkpoint, widths 2-2-2-2-2, sha256 " in output.out
    assert output.err == ""
    assert load_gradnet(target).widths == (2,) * 5


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


@needs_tensorflow
@pytest.mark.parametrize("damage", [flipped, cut, Path.unlink])
@pytest.mark.parametrize("ending", ["index", "data-00002-of-00003"])
def test_damaged_files_end_in_a_sentence(
    prefix: Path, damage: Callable[[Path], None], ending: str, capfd: pytest.CaptureFixture[str]
) -> None:
    damage(Path(f"{prefix}.{ending}"))
    target = prefix.parent / "out.safetensors"
    assert main([str(prefix), str(target)]) == 2
    [sentence] = capfd.readouterr().err.splitlines()
    assert f"{prefix}.index" in sentence
    assert "damaged" in sentence or "fetch" in sentence
    assert not target.exists()


@needs_tensorflow
def test_an_index_that_tensorflow_aborts_on_ends_in_a_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([str(DATA / "negative.index"), str(tmp_path / "out.safetensors")]) == 2
    [sentence] = capfd.readouterr().err.splitlines()
    assert str(DATA / "negative.index") in sentence
    assert "damaged" in sentence


def test_without_tensorflow_it_is_said_how_to_install_it(
    prefix: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tensorflow_checkpoint, "find_spec", lambda name: None)
    target = prefix.parent / "out.safetensors"
    assert main([str(prefix), str(target)]) == 2
    [sentence] = capsys.readouterr().err.splitlines()
    assert sentence.endswith(
        'needs TensorFlow, which is not installed; install it by pip install "sotbench[convert]"'
    )
    assert not target.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise ImportError", r"TensorFlow cannot be imported \(ended with status 1\)"),
        ("import os\nos.abort()", r"TensorFlow cannot be imported \(was ended by SIGABRT\)"),
        (f"{STARTS}__import__('os').abort()", r"index or a data .* is damaged .*was ended by SIGABRT\)"),
        (
            f"{STARTS}raise ValueError('two\\nlines')",
            r"index: TensorFlow cannot read it \(two lines\); fetch",
        ),
        (f"{STARTS}raise MemoryError", r"index: TensorFlow cannot read it \(MemoryError\); fetch"),
        (f"{STARTS}__import__('time').sleep(600)", r"TensorFlow has not read .*index within 5 s"),
        (f"{STARTS}bytearray(1 << 40)", r"index: TensorFlow cannot read it"),
        (
            STARTS + LISTS.replace("[2, 3]", "[1 << 30]"),
            r"index: its weights take 4294967296 bytes, more than a tracker's",
        ),
        (STARTS + LISTS.replace("{'v': [2, 3]}", "{}"), r"index is damaged, or lists no variables; fetch it"),
        (
            STARTS + LISTS.replace("TENSOR", "__import__('os').kill(__import__('os').getpid(), 9)"),
            r"is damaged \(TensorFlow's process was ended by SIGKILL\)",
        ),
    ],
)
def test_what_befalls_tensorflow_ends_in_a_sentence(
    prefix: Path,
    pretend: Callable[[str], None],
    capfd: pytest.CaptureFixture[str],
    text: str,
    message: str,
) -> None:
    pretend(text)
    with pytest.raises(UserError, match=message) as caught:
        read_checkpoint(prefix, ["v"], timeout=5 if "sleep" in text else 60)
    assert "\n" not in str(caught.value)
    assert str(prefix) in str(caught.value)
    assert capfd.readouterr().err == ""


def test_what_tensorflow_prints_does_not_get_into_the_answer(
    prefix: Path, pretend: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    ones = LISTS.replace("TENSOR", "__import__('numpy').ones((2, 3), 'float32')")
    pretend(f"print('noise')\n{STARTS}print('noise')\n        {ones}")
    found = read_checkpoint(prefix, ["v"])
    assert found.shapes == {"v": (2, 3)}
    assert np.array_equal(found.values["v"], np.ones((2, 3)))
    assert capfd.readouterr() == ("", "")


def test_a_scalar_of_numpys_is_read_like_an_array(prefix: Path, pretend: Callable[[str], None]) -> None:
    scalar = LISTS.replace("[2, 3]", "[]").replace("TENSOR", "__import__('numpy').float32(3)")
    pretend(STARTS + scalar)
    found = read_checkpoint(prefix, ["v"]).values["v"]
    assert found.shape == ()
    assert found == 3


def test_files_that_are_none_are_named(tmp_path: Path, prefix: Path, pretend: Callable[[str], None]) -> None:
    pretend("raise AssertionError")
    with pytest.raises(UserError, match=r"there is no file .*absent\.index"):
        read_checkpoint(tmp_path / "absent", [])
    (tmp_path / "a*b.index").touch()
    with pytest.raises(UserError, match=r"in the name a\*b\.index for wildcards; rename"):
        read_checkpoint(tmp_path / "a*b", [])
    os.truncate(f"{prefix}.index", 1 << 40)
    with pytest.raises(UserError, match="larger than any index"):
        read_checkpoint(prefix, [])
