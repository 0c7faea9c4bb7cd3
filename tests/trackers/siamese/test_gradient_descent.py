import pytest
import torch

from trackers.siamese.gradient_descent import gradient_descent, positions
from trackers.siamese.response import balanced_logistic_loss, binary_labels, cross_correlation


def test_rows_times_template_equal_correlation() -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(2, 5, 22, 20, generator=generator)
    templates = torch.randn(2, 5, 6, 6, generator=generator)
    rows = positions(features, 6)
    scores = (rows @ templates.flatten(1)[:, :, None]).view(2, 17, 15)
    torch.testing.assert_close(scores, cross_correlation(features[:, None], templates)[:, 0])


@pytest.mark.parametrize("rate", [1e-4, 1e-2])
def test_iterates_equal_descent_on_the_template(rate: float) -> None:
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(3, 4, 22, 22, generator=generator, dtype=torch.float64)
    templates = torch.randn(3, 4, 6, 6, generator=generator, dtype=torch.float64) / 20
    labels = binary_labels(torch.tensor([[0.0, 0], [9, -20], [400, 0]]).double(), 17, 8)
    found, losses = gradient_descent(templates, features, labels, rate, 30)

    expected, seen = templates.clone(), []
    for _ in range(31):
        expected.requires_grad_()
        loss = balanced_logistic_loss(cross_correlation(features[:, None], expected)[:, 0], labels)
        seen.append(loss.detach())
        (gradient,) = torch.autograd.grad(loss.sum(), expected)
        last, expected = expected.detach(), (expected - rate * gradient).detach()
    torch.testing.assert_close(found, last, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(losses, torch.stack(seen, 1), rtol=1e-6, atol=1e-7)
    assert (losses[:, -1] < losses[:, 0]).all()


def test_zero_iterations_change_nothing() -> None:
    templates = torch.randn(1, 2, 6, 6)
    labels = binary_labels(torch.zeros(1, 2), 17, 8)
    found, losses = gradient_descent(templates, torch.randn(1, 2, 22, 22), labels, 1.0, 0)
    assert torch.equal(found, templates)
    assert losses.shape == (1, 1)
