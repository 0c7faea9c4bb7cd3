from pathlib import Path

import pytest
import torch
from ablation import SeparateFirstPass, WithoutGradient, main, variant
from small_networks import siamfc_weights
from training_images import write_images

from benchmarks.datasets import Dataset


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return siamfc_weights(tmp_path_factory.mktemp("weights"))


def given(network: torch.nn.Module) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    hidden = torch.rand(2, network.widths[1], 12, 12, generator=generator)
    features = torch.rand(2, network.widths[-1], 22, 22, generator=generator)
    labels = torch.where(torch.rand(2, 17, 17, generator=generator) < 0.1, 1.0, -1.0)
    return hidden, features, labels


def learned(name: str, backbone: Path) -> torch.nn.Module:
    """Returns a row's network whose U_2 no longer has its initial values."""
    network = variant(name, backbone).network.eval()
    torch.nn.init.normal_(network.correction[1].weight)
    return network


def test_without_gradient_the_frame_has_no_effect(backbone: Path) -> None:
    for name, same in (("w/o MG", True), ("GradNet", False)):
        network = learned(name, backbone)
        assert isinstance(network, WithoutGradient) is same
        hidden, features, labels = given(network)
        once, other = (network.step(hidden, f, labels).hidden for f in (features, features.flip(2)))
        assert torch.equal(once, other) is same
        assert not torch.equal(once, hidden)


def test_separate_u1_only_gives_the_gradient(backbone: Path) -> None:
    network = learned("w 2U", backbone)
    assert isinstance(network, SeparateFirstPass)
    inputs = given(network)
    before = network.step(*inputs).gradient
    with torch.no_grad():
        network.template.conv5[0].weight.mul_(2)
    assert torch.equal(network.step(*inputs).gradient, before)
    with torch.no_grad():
        network.first[0].conv5[0].weight.mul_(2)
    assert not torch.equal(network.step(*inputs).gradient, before)


def test_sizes_of_u2(backbone: Path) -> None:
    sizes = {
        name: sum(
            parameter.numel() for parameter in variant(name, backbone).network.correction[0].parameters()
        )
        for name in ("small U_2", "GradNet", "deep U_2")
    }
    width = variant("GradNet", backbone).network.widths[1]
    assert sizes == {
        "small U_2": width * (width + 1),
        "GradNet": width * (9 * width + 1),
        "deep U_2": 2 * width * (9 * width + 1),
    }


def test_every_row_is_trained_and_measured(
    backbone: Path, tmp_path: Path, squares: Dataset, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    images = write_images(tmp_path / "images")
    monkeypatch.setattr("ablation.open_dataset", lambda name, root: squares)
    monkeypatch.setattr("ablation.BATCH", 8)
    words = ["--out", tmp_path / "out", "--backbone", backbone, "--source", f"folder:{images}", "--steps", 1]
    words += ["--data-root", tmp_path, "--memory", 0.1, "--plot", tmp_path / "rows.png"]
    assert main([str(word) for word in words]) == 0
    rows = [line.split("|")[1].strip() for line in capsys.readouterr().out.splitlines()[2:]]
    assert rows == [
        *("baseline", "w/o U", "w/o M", "M", "w/o MG", "w 2U", "small U_2", "deep U_2"),
        *("paper", "released", "GradNet"),
    ]
    assert (tmp_path / "rows.png").exists()
