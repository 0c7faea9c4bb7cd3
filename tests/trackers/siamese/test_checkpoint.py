import os
import pickle
import shutil
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save
from torch import Tensor

from trackers.errors import UserError
from trackers.siamese.backbone import Embedding, scaled_widths
from trackers.siamese.checkpoint import load_embedding, load_gradnet, read, write
from trackers.siamese.gradnet_network import GradNetNetwork

WIDTHS = scaled_widths(0.1)


def state() -> OrderedDict[str, Tensor]:
    torch.manual_seed(0)
    return OrderedDict((f"backbone.{name}", value) for name, value in Embedding(WIDTHS).state_dict().items())


def equal(network: Embedding, tensors: dict[str, Tensor]) -> bool:
    return all(
        torch.equal(value, tensors[f"backbone.{name}"]) for name, value in network.state_dict().items()
    )


def test_both_formats_hold_the_same_network(tmp_path: Path) -> None:
    tensors = state()
    torch.save(tensors, tmp_path / "a.pth")
    write(tmp_path / "a.safetensors", tensors, "siamfc")
    for name in ("a.pth", "a.safetensors"):
        network = load_embedding(tmp_path / name)
        assert network.widths == WIDTHS
        assert not network.training
        assert equal(network, tensors)


def test_old_files_without_counters_load(tmp_path: Path) -> None:
    tensors = OrderedDict(
        (name, value) for name, value in state().items() if not name.endswith("num_batches_tracked")
    )
    torch.save(tensors, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert load_embedding(tmp_path / "old.pth").widths == WIDTHS


def test_width_must_match_the_file(tmp_path: Path) -> None:
    torch.save(state(), tmp_path / "a.pth")
    assert load_embedding(tmp_path / "a.pth", width=0.1).widths == WIDTHS
    with pytest.raises(UserError, match=r"widths 8-24-38-38-24, not the 28-76-114-114-76 of width=0.3"):
        load_embedding(tmp_path / "a.pth", width=0.3)


def renamed(tensors: dict[str, Tensor]) -> Any:
    return {f"module.{name}": value for name, value in tensors.items()}


def without_bias(tensors: dict[str, Tensor]) -> Any:
    return {name: value for name, value in tensors.items() if name != "backbone.conv5.0.bias"}


def with_more(tensors: dict[str, Tensor]) -> Any:
    return {**tensors, "head.weight": torch.zeros(1)}


def reshaped(tensors: dict[str, Tensor]) -> Any:
    return {**tensors, "backbone.conv3.0.weight": torch.zeros(38, 24, 5, 5)}


def not_finite(tensors: dict[str, Tensor]) -> Any:
    return {**tensors, "backbone.conv4.1.running_var": torch.full((38,), float("nan"))}


def odd(tensors: dict[str, Tensor]) -> Any:
    return {**tensors, "backbone.conv1.0.weight": torch.zeros(7, 3, 11, 11)}


def nested(tensors: dict[str, Tensor]) -> Any:
    return {"epoch": 3, "state_dict": tensors}


def numbered(tensors: dict[str, Tensor]) -> Any:
    return {**tensors, 1: torch.zeros(1)}


def bare(tensors: dict[str, Tensor]) -> Any:
    return tensors["backbone.conv1.0.weight"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (renamed, r"lacks the convolution backbone.conv1.0.weight and holds module.backbone.conv1.0.weight"),
        (without_bias, r"lacks backbone.conv5.0.bias"),
        (with_more, r"has unknown head.weight"),
        (reshaped, r"backbone.conv3.0.weight has shape \(38, 24, 5, 5\), not \(38, 24, 3, 3\)"),
        (not_finite, r"backbone.conv4.1.running_var holds values that are not finite"),
        (odd, r"widths 7-24-38-38-24, which two groups"),
        (nested, r"more than named tensors \(epoch, state_dict\)"),
        (numbered, r"more than named tensors \(1\)"),
        (bare, r"holds a Tensor"),
    ],
)
def test_wrong_content_is_named(tmp_path: Path, change: Callable[[Any], Any], found: str) -> None:
    path = tmp_path / "wrong.pth"
    torch.save(change(state()), path)
    with pytest.raises(UserError, match=found) as caught:
        load_embedding(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    torch.save(state(), tmp_path / "whole.pth")
    write(tmp_path / "whole.safetensors", state(), "siamfc")
    for suffix in ("pth", "safetensors"):
        content = (tmp_path / f"whole.{suffix}").read_bytes()
        for name, damaged, said in (
            ("cut", content[: len(content) // 2], "is damaged or is not a "),
            ("image", b"\x89PNG\r\n\x1a\n" + bytes(100), "is damaged"),
            ("empty", b"", "is empty; fetch it again"),
            ("text", b"no weights\n", "is a text file that begins with 'no weights', not weights; fetch it"),
            ("page", b"<!DOCTYPE html>" + bytes([0xC3, 0xA9]) * 999, "is a web page, not weights"),
            ("pointer", b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
        ):
            path = tmp_path / f"{name}.{suffix}"
            path.write_bytes(damaged)
            with pytest.raises(UserError, match=said) as caught:
                load_embedding(path)
            assert str(caught.value).startswith(str(path))
            assert "\n" not in str(caught.value)
            assert len(str(caught.value)) < len(str(path)) + 150


def test_other_things_than_weights_are_named(tmp_path: Path) -> None:
    for name in ("model.ckpt.index", "model.ckpt.data-00000-of-00001", "model.ckpt.meta"):
        (tmp_path / name).write_bytes(b"\0")
    for name in ("folder.pth", "folder.safetensors"):
        (tmp_path / name).mkdir()
    os.mkfifo(tmp_path / "pipe.pth")
    torch.save(state(), tmp_path / "a.pth")
    shutil.copy(tmp_path / "a.pth", tmp_path / "is-pth.safetensors")
    write(tmp_path / "is-safetensors.pth", state(), "siamfc")
    (tmp_path / "foreign.safetensors").write_bytes(save({"a": torch.zeros(1)}))
    with zipfile.ZipFile(tmp_path / "script.pt", "w") as archive:  # as torch.jit.save writes it
        archive.writestr("script/constants.pkl", b"")
    convert = (
        f"belongs to a TensorFlow checkpoint; convert that with `sotbench convert {tmp_path}/model.ckpt "
    )
    for name, said in {
        "model.ckpt": convert,
        "model.ckpt.index": convert,
        "model.ckpt.data-00000-of-00001": convert,
        "model.ckpt.meta": convert,
        "folder.pth": "is a folder; give the weights file in it",
        "folder.safetensors": "is a folder; give the weights file in it",
        "pipe.pth": "it is a pipe or a device",
        "is-pth.safetensors": "is a PyTorch checkpoint by its content",
        "is-safetensors.pth": "is a .safetensors file by its content",
        "foreign.safetensors": "names no architecture, so this project did not write it",
        "script.pt": "is a TorchScript archive, which holds code",
    }.items():
        with pytest.raises(UserError) as caught:
            load_embedding(tmp_path / name)
        assert str(caught.value).startswith(str(tmp_path / name))
        assert said in str(caught.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no weights file .*absent\.pth"):
        load_embedding(tmp_path / "absent.pth")


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("zipped", [True, False])
def test_pickled_code_is_never_run(tmp_path: Path, zipped: bool) -> None:
    sprung, path = tmp_path / "sprung", tmp_path / "trap.pth"
    content = {"backbone.conv1.0.weight": Trap(sprung)}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(UserError, match="Python objects, which are never loaded"):
        load_embedding(path)
    assert not sprung.exists()


def test_plain_pickle_is_never_run(tmp_path: Path) -> None:
    sprung, path = tmp_path / "sprung", tmp_path / "trap.pth"
    path.write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(UserError, match="damaged"):
        load_embedding(path)
    assert not sprung.exists()


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.safetensors", state(), "gradnet")
    assert read(tmp_path / "a.safetensors", "gradnet").keys() == state().keys()
    with pytest.raises(UserError, match=r"architecture gradnet, format version 1, not siamfc, 1"):
        load_embedding(tmp_path / "a.safetensors")


def gradnet() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return GradNetNetwork(WIDTHS, score_scale=1.0, gradient_scale=20.0).state_dict()


def test_gradnet_round_trip(tmp_path: Path) -> None:
    write(tmp_path / "a.safetensors", gradnet(), "gradnet")
    for width in (None, 0.1):
        network = load_gradnet(tmp_path / "a.safetensors", width)
        assert network.widths == WIDTHS
        assert not any(module.training for module in network.modules())
        assert not any(parameter.requires_grad for parameter in network.parameters())
        found = network.state_dict()
        assert all(torch.equal(found[name], value) for name, value in gradnet().items())
    with pytest.raises(UserError, match=r"widths 8-24-38-38-24, not the 28-76-114-114-76 of width=0.3"):
        load_gradnet(tmp_path / "a.safetensors", 0.3)


def test_half_precision_becomes_single(tmp_path: Path) -> None:
    halves = {name: value.half() if value.is_floating_point() else value for name, value in gradnet().items()}
    write(tmp_path / "a.safetensors", halves, "gradnet")
    for name, value in load_gradnet(tmp_path / "a.safetensors").state_dict().items():
        assert value.dtype == gradnet()[name].dtype
        assert torch.equal(value, halves[name].to(value.dtype))


def without_correction(tensors: dict[str, Tensor]) -> Any:
    return {name: value for name, value in tensors.items() if not name.startswith("correction")}


def without_scale(tensors: dict[str, Tensor]) -> Any:
    return {name: value for name, value in tensors.items() if name != "score_scale"}


def narrower_template(tensors: dict[str, Tensor]) -> Any:
    return {**tensors, "template.conv5.0.weight": torch.zeros(20, 19, 3, 3)}


def infinite_scale(tensors: dict[str, Tensor]) -> Any:
    return {**tensors, "gradient_scale": torch.tensor(float("inf"))}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (renamed, r"is not a GradNet network: it lacks the convolution backbone.conv1.0.weight"),
        (without_correction, r"lacks correction.0.bias, correction.0.weight, correction.1.bias and 3 more; "),
        (without_scale, r"lacks score_scale; give GradNet's weights"),
        (with_more, r"has unknown head.weight"),
        (narrower_template, r"template.conv5.0.weight has shape \(20, 19, 3, 3\), not \(24, 19, 3, 3\)"),
        (infinite_scale, r"gradient_scale holds values that are not finite"),
    ],
)
def test_wrong_content_of_gradnet_is_named(tmp_path: Path, change: Callable[[Any], Any], found: str) -> None:
    path = tmp_path / "wrong.safetensors"
    write(path, change(gradnet()), "gradnet")
    with pytest.raises(UserError, match=found) as caught:
        load_gradnet(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_gradnet_refuses_siamfc_files(tmp_path: Path) -> None:
    write(tmp_path / "a.safetensors", state(), "siamfc")
    with pytest.raises(UserError, match=r"architecture siamfc, format version 1, not gradnet, 1"):
        load_gradnet(tmp_path / "a.safetensors")
    torch.save(state(), tmp_path / "a.pth")
    with pytest.raises(UserError, match=r"lacks correction.0.bias"):
        load_gradnet(tmp_path / "a.pth")


def test_equal_tensors_give_equal_bytes(tmp_path: Path) -> None:
    # safetensors orders metadata randomly; without sorting, some of twenty files would differ.
    contents = set()
    for index in range(20):
        path = tmp_path / f"{index}.safetensors"
        write(path, state(), "siamfc")
        contents.add(path.read_bytes())
    assert len(contents) == 1


def test_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"old")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(path, state(), "siamfc")
    assert path.read_bytes() == b"old"
    assert [place.name for place in tmp_path.iterdir()] == ["a.safetensors"]
