import pytest
import torch
from small_networks import WIDTHS, untrained

from trackers.siamese.backbone import Embedding, scaled_widths
from trackers.training.widening import places, widen


def test_old_channels_keep_their_values() -> None:
    torch.manual_seed(0)
    narrow = untrained(Embedding(WIDTHS)).eval()
    wide = widen(narrow, scaled_widths(0.3)).eval()
    crops = torch.rand(2, 3, 127, 127) * 255
    with torch.no_grad():
        old, new = narrow(crops), wide(crops)
        kept = new[:, places(WIDTHS[-1], 76)]
        torch.testing.assert_close(kept, old, rtol=1e-4, atol=1e-4 * old.abs().max())
        # New channels exist, and are weak.
        added = wide.train()(crops)[:, [c for c in range(76) if c not in places(WIDTHS[-1], 76)]]
        assert 0 < added.std() < 0.5


def test_all_of_a_widened_network_can_learn() -> None:
    torch.manual_seed(0)
    wide = widen(untrained(Embedding(WIDTHS)), scaled_widths(0.2)).train()
    wide(torch.rand(2, 3, 127, 127) * 255).square().sum().backward()
    for name, parameter in wide.named_parameters():
        if name.endswith("0.weight"):
            assert (parameter.grad.flatten(1).abs().amax(1) > 0).all(), name


def test_narrower_network_is_refused() -> None:
    with pytest.raises(ValueError, match="not wider"):
        widen(Embedding(scaled_widths(0.2)), WIDTHS)
