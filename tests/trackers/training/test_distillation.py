from pathlib import Path

import pytest
import torch
from small_networks import WIDTHS, siamfc_weights

from trackers.errors import UserError
from trackers.siamese.checkpoint import load_embedding
from trackers.siamese.response import cross_correlation
from trackers.training.distillation import Teacher, distillation_losses
from trackers.training.sampling import Pairs


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return siamfc_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def pairs() -> Pairs:
    generator = torch.Generator().manual_seed(0)
    exemplars = torch.rand(2, 3, 127, 127, generator=generator) * 255
    regions = torch.rand(2, 1, 3, 239, 239, generator=generator) * 255
    return Pairs(exemplars, regions, torch.zeros(2, 1, 2), torch.zeros(2, 1, dtype=torch.bool))


@pytest.mark.parametrize("channels", [WIDTHS[-1], 40])
def test_target_features_give_the_teachers_scores(weights: Path, pairs: Pairs, channels: int) -> None:
    z, x = Teacher(weights, channels).targets(pairs)
    assert z.shape == (2, channels, 6, 6)
    assert x.shape == (2, channels, 20, 20)
    network = load_embedding(weights)
    expected = cross_correlation(network(pairs.searches)[:, None], network(pairs.exemplars))
    torch.testing.assert_close(cross_correlation(x[:, None], z), expected, rtol=1e-3, atol=1.0)


def test_losses_are_zero_at_target_and_one_for_zeros(weights: Path, pairs: Pairs) -> None:
    targets = Teacher(weights, WIDTHS[-1]).targets(pairs)
    scores = cross_correlation(targets[1][:, None], targets[0])[:, 0]
    assert max(d.item() for d in distillation_losses(targets, targets, scores)) == pytest.approx(0, abs=1e-6)
    means = tuple(t.mean().expand_as(t) for t in targets)
    feature, score = distillation_losses(means, targets, scores.mean().expand_as(scores))
    assert feature.item() == pytest.approx(1, rel=1e-3)
    assert score.item() == pytest.approx(1, rel=1e-2)


def test_narrower_student_is_refused(weights: Path) -> None:
    with pytest.raises(UserError, match="more than the student's 10"):
        Teacher(weights, 10)
