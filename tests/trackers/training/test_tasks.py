import dataclasses
from pathlib import Path

import pytest
import torch
from small_networks import WIDTHS, gradnet_weights, siamfc_weights

from trackers.errors import UserError
from trackers.siamese.checkpoint import load_embedding, load_gradnet
from trackers.training.sampling import Pairs
from trackers.training.tasks import GradNetTask, SiamFCTask


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return siamfc_weights(tmp_path_factory.mktemp("weights"))


def made_up(count: int) -> Pairs:
    generator = torch.Generator().manual_seed(0)
    crops = [torch.rand(count, 3, size, size, generator=generator) * 255 for size in (127, 239)]
    return Pairs(*crops, torch.zeros(count, 2))


@pytest.mark.parametrize("half", [False, True])
def test_what_is_saved_is_what_the_tracker_loads(tmp_path: Path, weights: Path, half: bool) -> None:
    dtype = torch.float16 if half else torch.float32
    siamfc = SiamFCTask(WIDTHS, start=weights)
    siamfc.save(tmp_path / "siamfc.safetensors", dtype)
    loaded = load_embedding(tmp_path / "siamfc.safetensors")
    for name, value in siamfc.network.state_dict().items():
        if value.dim():  # batch normalisation's counter is not kept
            expected = value.to(dtype).float() if value.dim() > 1 else value
            torch.testing.assert_close(loaded.state_dict()[name], expected)
    gradnet = GradNetTask(weights, k=2)
    gradnet.network.gradient_scale.fill_(123456.7)
    gradnet.save(tmp_path / "gradnet.safetensors", dtype)
    network = load_gradnet(tmp_path / "gradnet.safetensors")
    # Single numbers keep their precision: 123456.7 is beyond half precision's range.
    assert network.gradient_scale.item() == pytest.approx(123456.7)
    for name, value in gradnet.network.correction.state_dict().items():
        if value.dim():
            expected = value.to(dtype).float() if value.dim() > 1 else value
            torch.testing.assert_close(network.correction.state_dict()[name], expected)


def test_released_and_own_correction_agree_for_a_single_pair(weights: Path) -> None:
    losses = []
    for released in (False, True):
        torch.manual_seed(0)
        task = GradNetTask(weights, k=1, released=released).train()
        task.network.correction.eval()
        losses.append(task.loss(made_up(2), 0)[0])
    torch.testing.assert_close(*losses)


def test_with_a_shared_template_each_pair_has_its_own_correction_unless_released(weights: Path) -> None:
    changes = []
    for released in (False, True):
        torch.manual_seed(0)
        task = GradNetTask(weights, k=4, released=released).train()
        total, parts = task.loss(made_up(4), 0)
        total.backward()
        assert task.network.template.conv3[0].weight.grad.abs().max() > 0
        assert task.network.correction[0].weight.grad.abs().max() > 0
        assert all(p.grad is None for p in task.network.backbone.parameters())
        changes.append(parts["after"].item())
    assert changes[0] != changes[1]


def test_prior_steps_are_those_of_the_tracker_and_still_teach_f2(weights: Path) -> None:
    torch.manual_seed(0)
    task = GradNetTask(weights, k=2, prior=2).train()
    task.network.correction.eval()
    pairs = made_up(2)
    losses = [task.loss(dataclasses.replace(pairs, step=step), 0)[1]["before"].item() for step in range(6)]
    # Batches take their turns with 0, 1 and 2 steps before.
    assert losses[:3] == losses[3:]
    hidden, features, labels = task._inputs(pairs)
    for expected in losses[:3]:
        step = task.network.step(hidden, features, labels)
        assert step.loss.mean().item() == pytest.approx(expected, rel=1e-4)
        hidden = step.hidden
    task.loss(dataclasses.replace(pairs, step=2), 0)[0].backward()
    assert task.network.template.conv1[0].weight.grad.abs().max() > 0


def test_half_of_the_loss_is_that_of_the_queries(weights: Path) -> None:
    torch.manual_seed(0)
    task = GradNetTask(weights, k=2, queries=True).train()
    task.network.correction.eval()
    pairs = made_up(2)
    same = dataclasses.replace(pairs, queries=pairs.searches, query_offsets=pairs.offsets)
    torch.testing.assert_close(task.loss(same, 0)[0], task.loss(pairs, 0)[0])
    moved = dataclasses.replace(same, query_offsets=pairs.offsets + 60)
    total, parts = task.loss(moved, 0)
    assert total.item() == pytest.approx((parts["after"] + parts["query"]).item() / 2, rel=1e-5)
    assert parts["query"] > parts["after"]


def test_the_release_has_neither(weights: Path) -> None:
    with pytest.raises(UserError, match="--released goes with neither"):
        GradNetTask(weights, released=True, prior=1)


def test_only_the_first_exemplar_of_a_group_is_used(weights: Path) -> None:
    task = GradNetTask(weights, k=4).train()
    pairs = made_up(8)
    first = task.loss(pairs, 0)[0]
    pairs.exemplars[[1, 2, 3, 5, 6, 7]] = 0
    torch.testing.assert_close(task.loss(pairs, 0)[0], first)
    pairs.exemplars[4] = 0
    assert task.loss(pairs, 0)[0] != first


def test_training_leaves_the_frozen_statistics(weights: Path) -> None:
    task = GradNetTask(weights, k=2)
    before = task.network.template.conv1[1].running_mean.clone()
    searching = task.network.backbone.conv1[1].running_mean.clone()
    task.calibrate(made_up(2))
    moving = task.network.correction[1].running_mean.clone()
    task.loss(made_up(2), 0)
    assert torch.equal(task.network.template.conv1[1].running_mean, before)
    assert torch.equal(task.network.backbone.conv1[1].running_mean, searching)
    assert not torch.equal(task.network.correction[1].running_mean, moving)


def test_calibration_makes_the_gradient_one(weights: Path) -> None:
    task = GradNetTask(weights, k=2)
    task.calibrate(made_up(4))
    hidden, features, labels = task._inputs(made_up(4))
    gradient = task.network.step(hidden, features, labels).gradient * task.network.gradient_scale
    assert gradient.square().mean().sqrt().item() == pytest.approx(1, rel=1e-4)


def test_learning_lowers_the_loss() -> None:
    torch.manual_seed(0)
    task = SiamFCTask(WIDTHS).train()
    optimiser = torch.optim.AdamW(task.network.parameters(), 1e-3)
    # The exemplar is the middle of the search region.
    pairs = made_up(2)
    pairs.exemplars.copy_(pairs.searches[:, :, 56:183, 56:183])
    losses = []
    for _ in range(12):
        loss, _ = task.loss(pairs, 0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_a_batch_that_k_does_not_divide(weights: Path) -> None:
    with pytest.raises(UserError, match="a batch of 3 cannot be split into groups of k = 2"):
        GradNetTask(weights, k=2).loss(made_up(3), 0)


def test_gradnet_weights_of_the_tests_load(tmp_path: Path) -> None:
    assert load_gradnet(gradnet_weights(tmp_path)).widths == WIDTHS
