import dataclasses
from pathlib import Path

import pytest
import torch
from small_networks import WIDTH, WIDTHS, gradnet_weights, siamfc_weights

from trackers.errors import UserError
from trackers.siamese.checkpoint import load_embedding, load_gradnet
from trackers.siamese.response import balanced_logistic_loss, binary_labels, gaussian_labels, location_loss
from trackers.training.sampling import Pairs
from trackers.training.settings import OBJECTIVES, GradNetOptions, Schedule, SiamFCOptions
from trackers.training.tasks import GradNetTask, SiamFCTask, peak_positions
from trackers.training.trainer import make_optimizer


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return siamfc_weights(tmp_path_factory.mktemp("weights"))


def random_pairs(count: int, regions: int = 1) -> Pairs:
    generator = torch.Generator().manual_seed(0)
    exemplars = torch.rand(count, 3, 127, 127, generator=generator) * 255
    searched = torch.rand(count, regions, 3, 239, 239, generator=generator) * 255
    places = torch.zeros(count, regions, 2)
    return Pairs(exemplars, searched, places, torch.zeros(count, regions, dtype=torch.bool))


@pytest.mark.parametrize("half", [False, True])
def test_saved_weights_load_in_the_tracker(tmp_path: Path, weights: Path, half: bool) -> None:
    dtype = torch.float16 if half else torch.float32
    siamfc = SiamFCTask(SiamFCOptions(width=WIDTH, start=weights))
    siamfc.save(tmp_path / "siamfc.safetensors", dtype)
    loaded = load_embedding(tmp_path / "siamfc.safetensors")
    for name, value in siamfc.network.state_dict().items():
        if value.dim():  # batch normalization's counter is not saved
            expected = value.to(dtype).float() if value.dim() > 1 else value
            torch.testing.assert_close(loaded.state_dict()[name], expected)
    gradnet = GradNetTask(weights, GradNetOptions(k=2))
    gradnet.network.gradient_scale.fill_(123456.7)
    gradnet.save(tmp_path / "gradnet.safetensors", dtype)
    network = load_gradnet(tmp_path / "gradnet.safetensors")
    # Scalars stay in single precision: 123456.7 exceeds the range of half precision.
    assert network.gradient_scale.item() == pytest.approx(123456.7)
    for name, value in gradnet.network.correction.state_dict().items():
        if value.dim():
            expected = value.to(dtype).float() if value.dim() > 1 else value
            torch.testing.assert_close(network.correction.state_dict()[name], expected)


def test_objectives_agree_for_a_single_pair(weights: Path) -> None:
    losses = []
    for objective in ("paper", "released"):
        torch.manual_seed(0)
        task = GradNetTask(weights, GradNetOptions(objective=objective, k=1)).train()
        task.network.correction.eval()
        losses.append(task.loss(random_pairs(2), 0)[0])
    torch.testing.assert_close(*losses)


def test_paper_corrects_each_pair_and_released_a_group(weights: Path) -> None:
    changes = []
    for objective in ("paper", "released"):
        torch.manual_seed(0)
        task = GradNetTask(weights, GradNetOptions(objective=objective, k=4)).train()
        total, parts = task.loss(random_pairs(4), 0)
        total.backward()
        assert task.network.template.conv3[0].weight.grad.abs().max() > 0
        assert task.network.correction[0].weight.grad.abs().max() > 0
        assert all(p.grad is None for p in task.network.backbone.parameters())
        changes.append(parts["after"].item())
    assert changes[0] != changes[1]


def after_some_steps(weights: Path, **settings: object) -> GradNetTask:
    """Returns a task whose U_2 no longer has its initial, zero correction."""
    torch.manual_seed(0)
    task = GradNetTask(weights, GradNetOptions(**settings)).train()
    torch.nn.init.normal_(task.network.correction[1].weight, std=0.5)
    task.network.correction.eval()
    return task


def test_later_objective_starts_without_correction(weights: Path) -> None:
    task = GradNetTask(weights, GradNetOptions(regions=3)).train()
    _, figures = task.loss(random_pairs(4, 3), 0)
    assert figures["change"] == 0
    assert (
        GradNetTask(weights, GradNetOptions(objective="paper", k=1))
        .train()
        .loss(random_pairs(4), 0)[1]["change"]
        > 0
    )


def test_correction_is_evaluated_on_both_regions(weights: Path) -> None:
    task = after_some_steps(weights, regions=2, own_labels=0.0, foreign=0.0, label_noise=0.0)
    pairs = random_pairs(2, 2)
    total, figures = task.loss(pairs, 0)
    network = task.network
    features = [network.backbone(pairs.regions[:, index]) for index in (0, 1)]
    labels = binary_labels(pairs.places[:, 0], 15, 8)
    step = network.step(network.template.shallow(pairs.exemplars), features[0], labels)
    same, later = (network.scores(f[:, None], step.hidden)[:, 0] for f in features)
    places = gaussian_labels(pairs.places[:, 0], 15, 8)
    expected = (
        location_loss(later, places)
        + 0.5 * balanced_logistic_loss(later, labels)
        + 0.3 * location_loss(same, places)
    ).mean()
    torch.testing.assert_close(total, expected)
    assert figures["location"].item() == pytest.approx(location_loss(later, places).mean().item(), rel=1e-5)


def test_occluded_regions_have_no_loss(weights: Path) -> None:
    task = after_some_steps(weights, regions=2)
    pairs = random_pairs(4, 2)
    hidden = dataclasses.replace(pairs, occluded=torch.ones(4, 2, dtype=torch.bool))
    assert task.loss(hidden, 0)[0] == 0
    assert task.loss(pairs, 0)[0] > 0


def record_starts(task: GradNetTask) -> list[torch.Tensor]:
    """Returns a list that receives the hidden features each update step of the task starts from."""
    started: list[torch.Tensor] = []
    step = task.network.step

    def spy(hidden: torch.Tensor, *rest: object, **options: object):
        started.append(hidden.detach())
        return step(hidden, *rest, **options)

    task.network.step = spy  # type: ignore[method-assign]
    return started


@pytest.mark.parametrize(("carry", "least", "most"), [(0.0, 0, 0), (0.5, 4, 28), (1.0, 32, 32)])
def test_share_of_targets_carries_corrections_on(weights: Path, carry: float, least: int, most: int) -> None:
    task = after_some_steps(weights, regions=3, own_labels=0.0, foreign=0.0, label_noise=0.0, carry=carry)
    started = record_starts(task)
    task.loss(random_pairs(32, 3), 0)
    carried = (started[1] != started[0]).flatten(1).any(1)
    assert least <= carried.sum() <= most


def test_burn_in_carries_corrections_on_without_learning(weights: Path) -> None:
    options = {"regions": 3, "own_labels": 0.0, "foreign": 0.0, "label_noise": 0.0, "carry": 1.0}
    task = after_some_steps(weights, burn_in=3, **options)
    started = record_starts(task)
    pairs = [dataclasses.replace(random_pairs(4, 3), step=step) for step in range(12)]
    counts = []
    for batch in pairs:
        started.clear()
        total, _ = task.loss(batch, 0)
        counts.append(len(started))
        # The last two steps are learned from; the first of them starts where the burn-in ended.
        assert torch.equal(started[-2], started[0]) == (len(started) == 2)
        assert total.requires_grad
    assert set(counts) == {2, 4, 6, 8}


def test_share_of_pairs_starts_from_foreign_templates(weights: Path) -> None:
    own, exchanged = torch.Tensor(), torch.Tensor()
    for foreign in (0.0, 0.5):
        task = after_some_steps(weights, regions=2, foreign=foreign)
        started = record_starts(task)
        task.loss(random_pairs(4, 2), 0)
        own, exchanged = exchanged, started[0]
    assert torch.equal(exchanged[:2], own[1:3])
    assert torch.equal(exchanged[2:], own[2:])


def test_update_labels_are_noisy_or_the_trackers_own(weights: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    pairs = random_pairs(64, 2)
    near = after_some_steps(weights, regions=2, own_labels=0.0, label_noise=4.0)
    features = near.network.backbone(pairs.regions[:, 0])
    hidden = near.network.template.shallow(pairs.exemplars)
    labels = near._update_labels(pairs, 0, features, hidden, generator)
    cells = (torch.arange(15) - 7.0) * 8
    wanted = (labels > 0).float()
    found = torch.stack([wanted.sum(1) @ cells, wanted.sum(2) @ cells], 1) / wanted.sum((1, 2))[:, None]
    assert 2 < found.std() < 6
    own = after_some_steps(weights, regions=2, own_labels=1.0, foreign=0.0)
    labels = own._update_labels(pairs, 0, features, hidden, generator)
    expected = binary_labels(peak_positions(own.network.scores(features[:, None], hidden)[:, 0]), 15, 8)
    assert torch.equal(labels, expected)


def test_f2_and_u1_learn_at_template_rate(weights: Path) -> None:
    task = GradNetTask(weights, GradNetOptions(template_rate=0.05))
    optimizer = make_optimizer(task, Schedule(steps=1))
    factors = {id(p): group["factor"] for group in optimizer.param_groups for p in group["params"]}
    assert {factors[id(p)] for p in task.network.template.parameters()} == {0.05}
    assert {factors[id(p)] for p in task.network.correction.parameters()} == {1.0}
    assert not factors.keys() & {id(p) for p in task.network.backbone.parameters()}


def test_location_loss_is_minimal_at_the_right_peak(weights: Path) -> None:
    del weights
    labels = gaussian_labels(torch.tensor([[16.0, -24.0]]), 15, 8)
    assert labels.sum().item() == pytest.approx(1, rel=1e-5)
    assert labels[0].argmax().item() == (7 - 3) * 15 + 7 + 2
    assert torch.equal(peak_positions(labels), torch.tensor([[16.0, -24.0]]))
    right = location_loss(labels.clamp(min=1e-30).log() / 3, labels)
    # The minimum of the cross-entropy is the entropy of the labels.
    assert right.item() == pytest.approx(-(labels * labels.clamp(min=1e-30).log()).sum().item(), rel=1e-4)
    assert location_loss(labels.roll(1, 2).clamp(min=1e-30).log() / 3, labels) > right


def test_siamfc_adds_the_location_loss() -> None:
    torch.manual_seed(0)
    task = SiamFCTask(SiamFCOptions(width=WIDTH, location=0.5))
    total, parts = task.loss(random_pairs(2), 0)
    assert total.item() == pytest.approx((parts["tracking"] + 0.5 * parts["location"]).item(), rel=1e-5)


def test_only_the_first_exemplar_of_a_group_is_used(weights: Path) -> None:
    task = GradNetTask(weights, GradNetOptions(objective="paper", k=4)).train()
    pairs = random_pairs(8)
    first = task.loss(pairs, 0)[0]
    pairs.exemplars[[1, 2, 3, 5, 6, 7]] = 0
    torch.testing.assert_close(task.loss(pairs, 0)[0], first)
    pairs.exemplars[4] = 0
    assert task.loss(pairs, 0)[0] != first


def test_training_keeps_frozen_statistics(weights: Path) -> None:
    task = GradNetTask(weights, GradNetOptions(objective="paper", k=2))
    before = task.network.template.conv1[1].running_mean.clone()
    searching = task.network.backbone.conv1[1].running_mean.clone()
    task.calibrate(random_pairs(2))
    moving = task.network.correction[1].running_mean.clone()
    task.loss(random_pairs(2), 0)
    assert torch.equal(task.network.template.conv1[1].running_mean, before)
    assert torch.equal(task.network.backbone.conv1[1].running_mean, searching)
    assert not torch.equal(task.network.correction[1].running_mean, moving)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_calibration_scales_the_gradient_to_one(weights: Path, objective: str) -> None:
    task = GradNetTask(weights, GradNetOptions(objective=objective, k=2))
    pairs = random_pairs(4)
    task.calibrate(pairs)
    network = task.network
    exemplars = pairs.exemplars if objective == "later" else pairs.exemplars[[0, 0, 2, 2]]
    labels = binary_labels(pairs.offsets, 15, 8)
    step = network.step(network.template.shallow(exemplars), network.backbone(pairs.searches), labels)
    gradient = step.gradient * network.gradient_scale
    assert gradient.square().mean().sqrt().item() == pytest.approx(1, rel=1e-3)


def test_learning_lowers_the_loss() -> None:
    torch.manual_seed(0)
    task = SiamFCTask(SiamFCOptions(width=WIDTH)).train()
    optimizer = torch.optim.AdamW(task.network.parameters(), 1e-3)
    # The exemplar is the center of the search region.
    pairs = random_pairs(2)
    pairs.exemplars.copy_(pairs.searches[:, :, 56:183, 56:183])
    losses = []
    for _ in range(12):
        loss, _ = task.loss(pairs, 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_batch_must_be_a_multiple_of_k(weights: Path) -> None:
    with pytest.raises(UserError, match="a batch of 3 cannot be split into groups of k = 2"):
        GradNetTask(weights, GradNetOptions(objective="paper", k=2)).loss(random_pairs(3), 0)


def test_gradnet_weights_of_the_tests_load(tmp_path: Path) -> None:
    assert load_gradnet(gradnet_weights(tmp_path)).widths == WIDTHS
