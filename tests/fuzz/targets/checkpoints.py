"""Weights of others: PyTorch's and safetensors."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Iterable
from functools import cache

import torch

from tests.fuzz.target import Target, choice
from tests.fuzz.targets.files import as_file
from trackers.siamese.backbone import Embedding
from trackers.siamese.checkpoint import load_embedding, read, write


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
