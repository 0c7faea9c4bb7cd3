"""Damage to the index of a TensorFlow checkpoint, found without TensorFlow."""

from __future__ import annotations

from pathlib import Path

import pytest

from trackers.errors import UserError
from trackers.siamese import tensorflow_checkpoint
from trackers.siamese.tensorflow_checkpoint import read_checkpoint
from trackers.siamese.tensorflow_index import _crc32c, is_sound

DATA = Path(__file__).parent / "data"
FOOTER = 48


def index() -> bytes:
    """What TensorFlow 2.21.0 wrote."""
    [path] = DATA.glob("tensorflow-2.21*.index")
    return path.read_bytes()


def test_checksum_is_that_of_the_standard() -> None:
    assert _crc32c(b"123456789") == 0xE3069283  # RFC 3720, CRC-32C
    assert _crc32c(bytes(32)) == 0x8A9136AA


def test_index_of_tensorflow_is_sound() -> None:
    assert is_sound(index())


def test_any_changed_byte_before_the_footer_is_found() -> None:
    content = index()
    sound = [
        place
        for place in range(0, len(content) - FOOTER, 7)
        if is_sound(content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :])
    ]
    # The block that describes the table is empty, and TensorFlow does not read it.
    assert all(place > len(content) * 0.8 for place in sound)
    assert len(sound) <= 2


@pytest.mark.parametrize("length", [0, 10, 47, 48, 200, -1, -FOOTER])
def test_cut_index_is_found(length: int) -> None:
    assert not is_sound(index()[:length])


def test_variables_are_not_dropped_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(index())
    content[len(content) // 2] ^= 0x10
    (tmp_path / "model.index").write_bytes(content)
    monkeypatch.setattr(tensorflow_checkpoint, "find_spec", lambda name: object())
    with pytest.raises(UserError, match=r"model\.index is damaged \(a checksum is wrong, or its"):
        read_checkpoint(tmp_path / "model", [])
