import numpy as np
import pytest

from trackers.siamese.tf.crc32c import crc32c, masked


# RFC 3720, appendix B.4, and the usual check value.
@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_published_values(data: bytes, checksum: int) -> None:
    assert crc32c(data) == checksum


def test_every_length_is_as_bit_by_bit() -> None:
    data = np.random.default_rng(0).bytes(70)
    for length in range(70):
        expected = 0xFFFFFFFF
        for byte in data[:length]:
            expected ^= byte
            for _ in range(8):
                expected = expected >> 1 ^ 0x82F63B78 * (expected & 1)
        assert crc32c(data[:length]) == expected ^ 0xFFFFFFFF


def test_masking_is_leveldbs() -> None:
    checksum = crc32c(b"foo")
    mask = masked(checksum)
    back = (mask - 0xA282EAD8) & 0xFFFFFFFF
    assert mask != checksum
    assert (back >> 17 | back << 15) & 0xFFFFFFFF == checksum
