import json
from pathlib import Path

import pytest
import torch
from small_networks import WIDTH, siamfc_weights
from training_images import write_images

from trackers.errors import UserError
from trackers.training.patch_cache import PatchCache
from trackers.training.sampling import Sampler
from trackers.training.settings import Difficulty, GradNetOptions, Schedule, SiamFCOptions
from trackers.training.sources.folder import read
from trackers.training.tasks import GradNetTask, SiamFCTask, Task
from trackers.training.trainer import CHECKPOINT, LOG, Trainer


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("images"))


def make_trainer(images: Path, out: Path, kind: str, **changes: object) -> Trainer:
    torch.manual_seed(0)
    clips = read(images, print)
    # The cache is too small for all, so that rounds change.
    cache = PatchCache(clips, torch.device("cpu"), 12, 0, print, frames_per_clip=3)
    task: Task = SiamFCTask(SiamFCOptions(width=WIDTH))
    if kind in ("gradnet", "paper"):
        out.mkdir(parents=True, exist_ok=True)
        task = GradNetTask(
            siamfc_weights(out),
            GradNetOptions(objective="paper" if kind == "paper" else "later", k=2, regions=3),
        )
    schedule = Schedule(
        steps=6,
        batch=2,
        warm_up=2,
        round_steps=4,
        optimizer="sgd" if kind == "sgd" else "adamw",
        average=0.5 if kind in ("gradnet", "average") else 0.0,
    )
    sampler = Sampler(torch.ones(len(clips)), Difficulty(), 0)
    settings = {"log_steps": 1, "save_seconds": 0.0, "about": {"seed": 0}, **changes}
    return Trainer(task, cache, sampler, schedule, out, **settings)


class Broken(Exception):
    """Interrupts a run."""


def break_at(step: int):
    def progress(done: int, figures: dict[str, float]) -> None:
        if done == step:
            raise Broken

    return progress


@pytest.mark.parametrize("kind", ["siamfc", "gradnet", "paper", "sgd", "average"])
def test_resumed_run_gives_the_same_weights(tmp_path: Path, images: Path, kind: str) -> None:
    whole = make_trainer(images, tmp_path / "whole", kind)
    whole.run(lambda step, figures: None)
    with pytest.raises(Broken):
        make_trainer(images, tmp_path / "broken", kind).run(break_at(3))
    # A line truncated by the interruption.
    with (tmp_path / "broken" / LOG).open("a") as file:
        file.write('{"step": 4, "lo')
    resumed = make_trainer(images, tmp_path / "broken", kind)
    seen: list[int] = []
    resumed.run(lambda step, figures: seen.append(step))
    assert seen == [3, 4, 5, 6]  # step 3 was not saved yet
    for name, value in whole.task.state_dict().items():
        assert torch.equal(resumed.task.state_dict()[name], value), name
    assert (tmp_path / "broken" / LOG).read_text() == (tmp_path / "whole" / LOG).read_text()


def test_average_is_the_result(tmp_path: Path, images: Path) -> None:
    steps: list[torch.Tensor] = []
    training = make_trainer(images, tmp_path, "average")
    weight = training.task.network.conv1[0].weight
    training.run(lambda step, figures: steps.append(weight.detach().clone()))
    expected = steps[0]
    for now in steps[1:]:
        expected = 0.5 * expected + 0.5 * now
    torch.testing.assert_close(weight.detach(), expected)


def test_log_has_a_line_per_step(tmp_path: Path, images: Path) -> None:
    make_trainer(images, tmp_path, "siamfc").run(lambda step, figures: None)
    lines = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert all(line["loss"] > 0 for line in lines)


def test_validation_is_logged_and_changes_nothing(tmp_path: Path, images: Path) -> None:
    plain = make_trainer(images, tmp_path / "plain", "siamfc")
    plain.run(lambda step, figures: None)
    checked = make_trainer(
        images,
        tmp_path / "checked",
        "siamfc",
        validate=lambda task: {"overlap": float(task.eval().training)},
        validate_steps=4,
    )
    checked.run(lambda step, figures: None)
    found = [json.loads(line) for line in (tmp_path / "checked" / LOG).read_text().splitlines()]
    assert [line["step"] for line in found if "overlap" in line] == [4, 6]
    for name, value in plain.task.state_dict().items():
        assert torch.equal(checked.task.state_dict()[name], value), name


def test_other_settings_are_refused(tmp_path: Path, images: Path) -> None:
    settings = {"seed": 0, "difficulty": {"blur": 0.2, "shift": 32}}
    make_trainer(images, tmp_path, "siamfc", about=settings).run(lambda step, figures: None)
    changed = {"seed": 1, "difficulty": {"blur": 0.2, "shift": 8}}
    with pytest.raises(UserError, match=r"made with other settings \(seed, shift\); give those again"):
        make_trainer(images, tmp_path, "siamfc", about=changed).run(lambda step, figures: None)


def test_settings_of_another_version_are_refused(tmp_path: Path, images: Path) -> None:
    old = {"difficulty": {"blur": 0.2, "colour": 0.1}}
    make_trainer(images, tmp_path, "siamfc", about=old).run(lambda step, figures: None)
    kept = (tmp_path / CHECKPOINT).read_bytes()
    now = {"difficulty": {"blur": 0.2, "color": 0.1}}
    sentence = r"made by another version of sotbench, with other settings \(color, colour\); resume it with"
    with pytest.raises(UserError, match=sentence):
        make_trainer(images, tmp_path, "siamfc", about=now).run(lambda step, figures: None)
    assert (tmp_path / CHECKPOINT).read_bytes() == kept


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_damaged_checkpoint_is_named(tmp_path: Path, images: Path, content: bytes) -> None:
    (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(UserError, match=r"checkpoint.pt is damaged; remove it"):
        make_trainer(images, tmp_path, "siamfc").run(lambda step, figures: None)


def test_non_finite_step_changes_little(tmp_path: Path, images: Path) -> None:
    class Bad(SiamFCTask):
        def loss(self, pairs, progress):
            loss, parts = super().loss(pairs, progress)
            return loss * float("nan"), parts

    training = make_trainer(images, tmp_path, "siamfc")
    training.task = Bad(SiamFCOptions(width=WIDTH))
    training.run(lambda step, figures: None)
    assert all(torch.isfinite(p).all() for p in training.task.parameters())


def test_learning_rates() -> None:
    cosine = Schedule(steps=1000, rate=1.0, last_rate=0.1, warm_up=10)
    assert cosine.rate_at(0) == pytest.approx(0.1)
    assert cosine.rate_at(500) == pytest.approx(0.55)
    assert cosine.rate_at(1000) == pytest.approx(0.1)
    exponential = Schedule(steps=1000, rate=1e-2, last_rate=1e-5, warm_up=0, optimizer="sgd")
    assert exponential.rate_at(500) == pytest.approx(10**-3.5)
