import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from trackers.siamese.winograd import RowWinograd, TileWinograd, filter_matrices


@pytest.mark.parametrize(("outputs", "taps"), [(2, 3), (4, 3), (6, 3), (2, 5), (4, 5), (1, 8)])
def test_matrices_filter_like_numpy(outputs: int, taps: int) -> None:
    rng = np.random.default_rng(outputs)
    weights, inputs = rng.normal(size=taps), rng.normal(size=outputs + taps - 1)
    a, g, b = filter_matrices(outputs, taps)
    np.testing.assert_allclose(a @ ((g @ weights) * (b @ inputs)), np.correlate(inputs, weights), atol=1e-10)


@settings(deadline=None, max_examples=40)
@given(
    size=st.integers(5, 23),
    taps=st.sampled_from([3, 5]),
    groups=st.sampled_from([1, 2]),
    batch=st.integers(1, 3),
    bias=st.booleans(),
    outputs=st.sampled_from([2, 4]),
    kind=st.sampled_from([RowWinograd, TileWinograd]),
)
def test_layer_equals_its_convolution(
    size: int,
    taps: int,
    groups: int,
    batch: int,
    bias: bool,
    outputs: int,
    kind: type[RowWinograd | TileWinograd],
) -> None:
    torch.manual_seed(size)
    convolution = nn.Conv2d(8, 12, taps, groups=groups, bias=bias).requires_grad_(False)
    x = torch.randn(batch, 8, size, size + 2)
    expected = nn.Conv2d.forward(convolution.double(), x.double())
    found = kind(convolution.float(), outputs)(x)
    assert found.shape == expected.shape
    # A single tile is not copied, so its rows and columns may be swapped in memory.
    assert found.is_contiguous(memory_format=torch.channels_last) or size - taps + 1 <= outputs
    assert (found - expected).norm() <= 2e-5 * expected.norm()


@pytest.mark.parametrize("kind", [RowWinograd, TileWinograd])
def test_layer_does_not_change_its_input(kind: type[RowWinograd | TileWinograd]) -> None:
    x = torch.randn(1, 4, 9, 9)
    kept = x.clone()
    kind(nn.Conv2d(4, 4, 3).requires_grad_(False))(x)
    assert torch.equal(x, kept)


@pytest.mark.parametrize("kind", [RowWinograd, TileWinograd])
def test_other_convolutions_are_refused(kind: type[RowWinograd | TileWinograd]) -> None:
    with pytest.raises(ValueError, match="stride 1"):
        kind(nn.Conv2d(3, 8, 11, stride=2))
