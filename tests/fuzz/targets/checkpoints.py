"""Weights of others: PyTorch's, safetensors, TensorFlow's."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Iterable
from functools import cache

import numpy as np
import torch

from tests.fuzz.target import Target, choice
from tests.fuzz.targets.files import as_file
from trackers.errors import UserError
from trackers.siamese.backbone import Embedding
from trackers.siamese.checkpoint import load_embedding, read, write
from trackers.siamese.conversion import released_gradnet
from trackers.siamese.tf import Bundle
from trackers.siamese.tf.crc32c import crc32c, masked
from trackers.siamese.tf.table import MAGIC


def _check_pth(data: bytes) -> None:
    """A file as it is, or pickled data within a sound archive, past the archive's checksums."""
    way, rest = choice(data)
    content = _archive(rest) if way % 2 else rest
    path = as_file("weights.pth", content)
    tensors = read(path, "siamfc")
    assert all(isinstance(name, str) or name is not None for name in tensors)
    assert all(isinstance(value, torch.Tensor) for value in tensors.values())
    _hold_network(load_embedding(path))


def _check_safetensors(data: bytes) -> None:
    """A file as it is, or a header and what it describes, with the length of the header put right."""
    way, rest = choice(data)
    if way % 2:
        header, _, values = rest.partition(b"\0")
        rest = struct.pack("<Q", len(header)) + header + values
    path = as_file("weights.safetensors", rest)
    tensors = read(path, "siamfc")
    again = as_file("again.safetensors", lambda target: write(target, tensors, "siamfc"))
    for name, value in read(again, "siamfc").items():
        assert value.dtype == tensors[name].dtype
        assert value.shape == tensors[name].shape
    _hold_network(load_embedding(path))


def _hold_network(network: Embedding) -> None:
    assert all(torch.isfinite(value).all() for value in network.state_dict().values())


def _check_bundle(data: bytes) -> None:
    """An index as it is, or entries of a block with the checksums and the list of blocks put right."""
    way, rest = choice(data)
    index, _, values = rest.partition(b"\xff\xfe\xfd")
    if way % 2:
        index = _table(index)
    bundle = Bundle(as_file("model.index", index))
    as_file("model.data-00000-of-00001", values)
    for name, variable in bundle.variables.items():
        try:
            found = bundle.read(name)
        except UserError:
            continue
        assert found.shape == variable.shape
        assert found.nbytes == variable.size <= len(values)
    released_gradnet(bundle)


def _table(entries: bytes) -> bytes:
    block = entries + struct.pack("<II", 0, 1)
    sealed = _sealed(block)
    size = _varint(len(block))
    listed = b"\0\x01" + bytes([1 + len(size)]) + b"\xff" + b"\0" + size + struct.pack("<II", 0, 1)
    place = _varint(len(sealed)) + _varint(len(listed))
    return sealed + _sealed(listed) + (b"\0\0" + place).ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def _sealed(block: bytes) -> bytes:
    return block + b"\0" + struct.pack("<I", masked(crc32c(block + b"\0")))


def _varint(number: int) -> bytes:
    digits = []
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])


def _entry(name: bytes, message: bytes) -> bytes:
    return bytes([0, len(name), len(message)]) + name + message


def _bundle_seeds() -> Iterable[bytes]:
    values = np.arange(6, dtype="<f4").tobytes()
    header = b"\x08\x01\x10\x00"
    shape = b"\x12\x08\x12\x02\x08\x02\x12\x02\x08\x03"
    checksum = b"\x35" + struct.pack("<I", masked(crc32c(values)))
    entry = b"\x08\x01" + shape + b"\x18\x00\x20\x00\x28" + bytes([len(values)])
    entries = _entry(b"", header) + _entry(b"net/w", entry + checksum)
    entries += _entry(b"siamese/scala1/conv/weights", entry)
    yield b"\1" + entries + b"\xff\xfe\xfd" + values
    yield b"\0" + _table(entries) + b"\xff\xfe\xfd" + values
    yield b"\1" + _entry(b"", header)


@cache
def _archive_parts() -> tuple[bytes, bytes]:
    file = io.BytesIO()
    torch.save({"backbone.conv1.0.weight": torch.zeros(2, 3, 1, 1), "half": torch.zeros(2).half()}, file)
    with zipfile.ZipFile(file) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("data.pkl")]
        return archive.read(name), file.getvalue()


def _archive(pickled: bytes) -> bytes:
    """An archive as torch.save writes it, with other pickled data."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")
        for number in range(2):
            archive.writestr(f"archive/data/{number}", bytes(64))
    return file.getvalue()


def _pth_seeds() -> Iterable[bytes]:
    pickled, whole = _archive_parts()
    yield b"\1" + pickled
    yield b"\0" + whole
    for value in (
        [torch.zeros(2)],
        {"a": 1},
        {},
        {1: torch.zeros(1)},
        {"a": torch.zeros(2, 2)[:, 0].double()},
    ):
        file = io.BytesIO()
        torch.save(value, file)
        with zipfile.ZipFile(file) as archive:
            yield b"\1" + archive.read(next(n for n in archive.namelist() if n.endswith("data.pkl")))
    file = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):
        torch.save({"a": torch.zeros(2)}, file, _use_new_zipfile_serialization=False)
    yield b"\0" + file.getvalue()
    yield b"\1\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."


def _safetensors_seeds() -> Iterable[bytes]:
    tensors = {"backbone.conv1.0.weight": torch.zeros(2, 3, 1, 1), "half": torch.ones(2).half()}
    content = as_file("seed.safetensors", lambda path: write(path, tensors, "siamfc")).read_bytes()
    yield b"\0" + content
    end = 8 + int.from_bytes(content[:8], "little")
    yield b"\1" + content[8:end] + b"\0" + content[end:]


PTH = Target(
    "pth",
    _check_pth,
    _pth_seeds,
    (
        *(b"ctorch._utils\n_rebuild_tensor_v2\n", b"ctorch\nFloatStorage\n", b"ccollections\nOrderedDict\n"),
        *(
            b"X\x01\x00\x00\x00a",
            b"K\x02",
            b"(",
            b"t",
            b"R",
            b"Q",
            b"}",
            b"s",
            b"u",
            b"h\x00",
            b"q\x00",
            b"\x80\x02",
            b".",
        ),
        *(
            b"cbuiltins\neval\n",
            b"\x85",
            b"\x86",
            b"\x87",
            b"N",
            b"\x88",
            b"\x89",
            b"J\xff\xff\xff\x7f",
            b"\x8a\x08",
        ),
    ),
    share=0.1,
)
SAFETENSORS = Target(
    "safetensors",
    _check_safetensors,
    _safetensors_seeds,
    (
        *(
            b'"dtype":"F32"',
            b'"F16"',
            b'"BF16"',
            b'"I64"',
            b'"shape":[2,3,1,1]',
            b'"data_offsets":[0,24]',
            b'"F8_E4M3"',
        ),
        *(
            b'"__metadata__"',
            b'"architecture":"siamfc"',
            b'"format_version":"1"',
            b'"backbone.conv1.0.weight"',
        ),
    ),
    share=0.3,
)
TF_BUNDLE = Target(
    "tf-bundle",
    _check_bundle,
    _bundle_seeds,
    (
        b"\xff\xfe\xfd",
        b"\x08\x01",
        b"\x12\x08\x12\x02\x08\x02",
        b"\x18\x00",
        b"\x28\x18",
        b"\x35",
        b"\x3a\x00",
        b"siamese/scala1/conv/weights",
    ),
)
