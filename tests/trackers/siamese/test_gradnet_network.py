import copy

import pytest
import torch
from small_networks import WIDTHS, gradnet_network
from torch.autograd import gradcheck

from trackers.siamese.gradnet_network import GradNetNetwork, prepare_for_updates
from trackers.siamese.response import balanced_logistic_loss, binary_labels


def inputs(network: GradNetNetwork, count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Hidden features, search features, and labels off the center."""
    generator = torch.Generator().manual_seed(1)
    dtype = network.score_scale.dtype
    crops = torch.rand(count, 3, 127, 127, generator=generator, dtype=dtype) * 255
    regions = torch.rand(count, 3, 255, 255, generator=generator, dtype=dtype) * 255
    offsets = 32 * torch.rand(count, 2, generator=generator, dtype=dtype) - 16
    with torch.no_grad():
        return network.template.shallow(crops), network.backbone(regions), binary_labels(offsets, 17, 8)


def test_gradient_equals_finite_differences() -> None:
    network = gradnet_network().double()
    hidden, features, labels = inputs(network, 2)
    gradient = network.step(hidden, features, labels).gradient

    def loss(at: torch.Tensor) -> torch.Tensor:
        return balanced_logistic_loss(network.scores(features[:, None], at)[:, 0], labels)

    generator = torch.Generator().manual_seed(2)
    for _ in range(20):
        direction = torch.randn(hidden.shape, generator=generator, dtype=torch.float64)
        direction /= direction.norm()
        h = 1e-4  # small enough that few ReLUs switch
        measured = (loss(hidden + h * direction) - loss(hidden - h * direction)) / (2 * h)
        expected = (gradient * direction).sum((1, 2, 3))
        torch.testing.assert_close(measured, expected, rtol=1e-5, atol=1e-10)


def test_second_order_gradient_of_u1() -> None:
    # Training differentiates the gradient itself. A few hidden values suffice, with smooth layers only.
    network = gradnet_network().double()
    hidden, features, labels = inputs(network, 1)
    generator = torch.Generator().manual_seed(3)
    directions = [torch.randn(hidden.shape, generator=generator, dtype=torch.float64) for _ in range(3)]

    def corrected(bias: torch.Tensor, amount: torch.Tensor) -> torch.Tensor:
        changed = copy.deepcopy(network)
        del changed.template.conv5[0].bias
        changed.template.conv5[0].bias = bias
        at = hidden + sum(a * d for a, d in zip(amount, directions, strict=True))
        step = changed.step(at, features, labels, create_graph=True)
        return balanced_logistic_loss(changed.scores(features[:, None], step.hidden)[:, 0], labels)

    bias = network.template.conv5[0].bias.detach().clone().requires_grad_()
    amount = torch.full((3,), 1e-3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(corrected, (bias, amount), eps=1e-7, atol=1e-5, rtol=1e-3)


def test_batch_of_eight_equals_eight_single() -> None:
    network = gradnet_network().double()
    hidden, features, labels = inputs(network, 8)
    together = network.step(hidden, features, labels)
    for slot in range(8):
        alone = network.step(*(t[slot : slot + 1] for t in (hidden, features, labels)))
        for mine, theirs in zip(alone, together, strict=True):
            torch.testing.assert_close(mine[0], theirs[slot], rtol=1e-10, atol=1e-12)


def test_u1_is_shared_and_frozen_at_test_time() -> None:
    network = gradnet_network()
    before = copy.deepcopy(network.state_dict())
    hidden, features, labels = inputs(network, 2)
    given = hidden.clone()
    with torch.no_grad():
        step = network.step(hidden, features, labels)
    assert not step.hidden.requires_grad
    assert torch.equal(hidden, given)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    expected = hidden + network.correction(step.gradient * network.gradient_scale)
    torch.testing.assert_close(step.hidden, expected)
    # tanh bounds what one step can change.
    assert (step.hidden - hidden).abs().max() <= 1


def test_folded_network_makes_the_same_step() -> None:
    network = gradnet_network()
    fast = prepare_for_updates(network, torch.device("cpu"))
    hidden, features, labels = inputs(network, 2)
    plain, folded = network.step(hidden, features, labels), fast.step(hidden, features, labels)
    torch.testing.assert_close(folded.scores, plain.scores, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(folded.gradient, plain.gradient, rtol=1e-3, atol=1e-7)
    torch.testing.assert_close(folded.hidden, plain.hidden, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [15, 17])
def test_shapes(size: int) -> None:
    network = gradnet_network()
    hidden, features, _ = inputs(network, 3)
    assert hidden.shape == (3, WIDTHS[1], 12, 12)
    features = features[..., : size + 5, : size + 5]
    step = network.step(hidden, features, binary_labels(torch.zeros(3, 2), size, 8))
    assert step.scores.shape == (3, size, size)
    assert step.loss.shape == (3,)
    assert step.gradient.shape == step.hidden.shape == hidden.shape
