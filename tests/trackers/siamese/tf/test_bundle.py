from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from trackers.errors import UserError
from trackers.siamese.tf import Bundle, bundle, prefix_of
from trackers.siamese.tf.crc32c import crc32c, masked
from trackers.siamese.tf.wire import varint

Writer = Callable[..., None]
DATA = Path(__file__).parent / "data"


def arrays(count: int = 40) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(0)
    named: dict[str, NDArray[Any]] = {
        f"net/layer{index:03d}/weights": rng.normal(size=(3, index % 4 + 1, 2)).astype(np.float32)
        for index in range(count)
    }
    named["half"] = np.arange(5, dtype=np.float16)
    named["double"] = np.array(np.pi)
    named["empty"] = np.zeros((0, 3), dtype=np.float32)
    named["global_step"] = np.array(7, dtype=np.int64)
    return named


def same(found: Bundle, wanted: dict[str, NDArray[Any]]) -> bool:
    return found.variables.keys() == wanted.keys() and all(
        found.variables[name].shape == value.shape and np.array_equal(found.read(name), value)
        for name, value in wanted.items()
        if value.dtype != np.int64
    )


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("block_size", [1, 200, 1 << 18])
def test_reads_what_was_written(tmp_path: Path, write_bundle: Writer, shards: int, block_size: int) -> None:
    write_bundle(tmp_path / "model.ckpt-7", arrays(), shards, block_size)
    for name in ("model.ckpt-7", "model.ckpt-7.index", f"model.ckpt-7.data-00000-of-{shards:05d}"):
        assert same(Bundle(tmp_path / name), arrays())


def test_prefixes_keep_their_dots() -> None:
    assert prefix_of(Path("a.index/model.ckpt-1.5")) == Path("a.index/model.ckpt-1.5")
    assert prefix_of(Path("model.index.index")) == Path("model.index")


def exact(index: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Numbers that are the same everywhere."""
    numbers = (np.arange(np.prod(shape)) * 37 + index) % 101 - 50
    return (numbers / 64).reshape(shape).astype(np.float32)


def released_exactly(names: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    return {name: exact(index, names[name].shape) for index, name in enumerate(sorted(names))}


def write_with_tensorflow(prefix: Path, variables: dict[str, NDArray[np.float32]]) -> None:
    """Saves variables with TensorFlow's own `Saver`, on two devices and on none: in three data files."""
    tensorflow = pytest.importorskip("tensorflow")
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


@pytest.mark.parametrize("fresh", [False, True])
def test_reads_what_tensorflow_writes(tmp_path: Path, released: Callable[..., Any], fresh: bool) -> None:
    # data/tensorflow-2.21.* was written by `write_with_tensorflow` with TensorFlow 2.21.0.
    variables = released_exactly(released((2,) * 5))
    prefix = DATA / "tensorflow-2.21"
    if fresh:
        prefix = tmp_path / "fresh"
        write_with_tensorflow(prefix, variables)
    found = Bundle(prefix)
    assert found.shards == 3
    assert found.variables.keys() - variables.keys() == {
        "global_step",
        "siamese/scala5_z/conv/biases/Momentum",
    }
    for name, value in variables.items():
        assert np.array_equal(found.read(name), value)


def read_all(prefix: Path) -> dict[str, NDArray[Any]]:
    found = Bundle(prefix)
    return {name: found.read(name) for name in found.variables if name != "global_step"}


def test_every_damaged_byte_is_noticed_or_used_by_none(tmp_path: Path, write_bundle: Writer) -> None:
    prefix = tmp_path / "a"
    write_bundle(prefix, arrays(5), 1, 100)
    whole = read_all(prefix)
    noticed = 0
    for path in (tmp_path / "a.index", tmp_path / "a.data-00000-of-00001"):
        content = path.read_bytes()
        for place in range(len(content)):
            changed = bytearray(content)
            changed[place] ^= 0x10
            path.write_bytes(changed)
            try:
                found = read_all(prefix)
            except UserError as error:
                assert "\n" not in str(error)
                assert str(path) in str(error)
                noticed += 1
            else:
                assert found.keys() == whole.keys()
                assert all(np.array_equal(found[name], values) for name, values in whole.items())
        path.write_bytes(content)
    # The step counter, the empty list of other lists, and the footer's zeros.
    assert noticed > len(content) + 350


def test_every_cut_is_noticed(tmp_path: Path, write_bundle: Writer) -> None:
    prefix = tmp_path / "a"
    write_bundle(prefix, arrays(5))
    for path in (tmp_path / "a.index", tmp_path / "a.data-00000-of-00001"):
        content = path.read_bytes()
        for length in range(len(content)):
            path.write_bytes(content[:length])
            with pytest.raises(UserError, match=r"damaged|cut short"):
                read_all(prefix)
        path.write_bytes(content)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bytes_end_in_a_traceback(
    tmp_path: Path, write_bundle: Writer, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    """With checksums switched off, damage reaches every part of the reader."""
    prefix = tmp_path / "a"
    write_bundle(prefix, arrays(5), 1, 100)
    path = tmp_path / "a.index"
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 9))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with monkeypatch.context() as patch:
        patch.setattr("trackers.siamese.tf.table.masked", _Anything)
        try:
            read_all(prefix)
        except UserError as error:
            assert "\n" not in str(error)


class _Anything:
    def __init__(self, checksum: int) -> None:
        pass

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]


def rewritten(write_bundle: Writer, prefix: Path, **changes: Any) -> Bundle:
    """A whole bundle of which one variable is said to be something else."""
    write_bundle(prefix, {"v": np.ones((2, 3), np.float32)})
    found = Bundle(prefix)
    found.variables["v"] = bundle.Variable(**{**vars(found.variables["v"]), **changes})
    return found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dtype": 9}, "v is of type 9; save the checkpoint with whole variables of float32"),
        ({"sliced": True}, "v is stored in pieces"),
        ({"shape": (2, 4)}, r"v of shape \(2, 4\) cannot have 24 bytes in data file 0 of 1"),
        ({"shape": (2**30, 2**30, 0)}, "cannot have 24 bytes"),
        ({"shard": 1}, "in data file 1 of 1"),
        ({"shape": (2**30,), "size": 2**32}, "more than a tracker's network has"),
        ({"offset": 2**60}, "is cut short"),
        ({"checksum": 1}, "wrong checksum of v"),
    ],
)
def test_variables_that_cannot_be(
    tmp_path: Path, write_bundle: Writer, changes: dict[str, Any], message: str
) -> None:
    found = rewritten(write_bundle, tmp_path / "a", **changes)
    with pytest.raises(UserError, match=message):
        found.read("v")


def test_a_variable_without_checksum_is_read(tmp_path: Path, write_bundle: Writer) -> None:
    assert rewritten(write_bundle, tmp_path / "a", checksum=None).read("v").sum() == 6


def test_missing_files_are_named(tmp_path: Path, write_bundle: Writer) -> None:
    with pytest.raises(UserError, match=r"there is no file .*absent\.index"):
        Bundle(tmp_path / "absent")
    write_bundle(tmp_path / "a", arrays(), 2)
    (tmp_path / "a.data-00001-of-00002").unlink()
    with pytest.raises(UserError, match=r"there is no file .*data-00001-of-00002; put all files"):
        read_all(tmp_path / "a")


def test_a_huge_index_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.index").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UserError, match="larger than any index"):
        Bundle(tmp_path / "a")


def test_compressed_tables_are_refused(tmp_path: Path, write_bundle: Writer) -> None:
    write_bundle(tmp_path / "a", arrays(1))
    content = (tmp_path / "a.index").read_bytes()
    footer = content[-48:]
    place = 0
    numbers = []
    for _ in range(4):  # offset and size of a list that is empty, then of the list of blocks
        number, place = varint(footer, place)
        numbers.append(number)
    offset, size = numbers[2:]
    block = content[offset : offset + size] + b"\1"
    changed = content[:offset] + block + struct.pack("<I", masked(crc32c(block))) + footer
    (tmp_path / "a.index").write_bytes(changed)
    with pytest.raises(UserError, match="compressed"):
        Bundle(tmp_path / "a")
