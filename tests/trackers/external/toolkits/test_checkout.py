"""Trackers from a checkout with pytracking's test interface."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fake_checkout import write_checkout

from benchmarks.cli.main import main
from benchmarks.store import read_run
from trackers import TrackerSpec, UserError

FRAME = np.zeros((40, 60, 3), dtype=np.uint8)
BOX = np.array([10.0, 5, 8, 6])


@pytest.fixture(autouse=True)
def _same_path(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "Shift"
    write_checkout(folder)
    return folder


def spec(folder: Path, **changed: Any) -> TrackerSpec:
    settings = {
        "checkout": str(folder),
        "tracker": "shift",
        "yaml": "small",
        "checkpoint": str(folder / "weights.pth"),
    }
    return TrackerSpec("pytracking", device="cpu", settings=settings | changed)


def moved(tracker: Any) -> float:
    tracker.init(FRAME, BOX)
    return float(tracker.update(FRAME)[0] - BOX[0])


def test_tracker_of_a_checkout_runs_without_its_files_of_paths(
    checkout: Path, squares: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"{name}={value}" for name, value in spec(checkout).settings.items()]
    command = ["run", "--tracker", "pytracking", "--device", "cpu", "--dataset", "squares", "--set", *words]
    assert main([*command, "--sequences", "right", "--results", str(tmp_path / "results")]) == 0
    boxes = read_run(tmp_path / "results", "squares", "pytracking").trajectories["right"][0].boxes
    np.testing.assert_allclose(np.diff(boxes[:, 0]), 1.5)
    tracker = spec(checkout).build()
    tracker.init(FRAME, BOX)
    assert tracker.update_with_confidence(FRAME).confidence == 0.75  # type: ignore[attr-defined]
    assert "prints a lot" not in capsys.readouterr().out
    assert not (checkout / "lib/test/evaluation/local.py").exists()


def test_params_and_yaml_can_be_chosen(checkout: Path, tmp_path: Path) -> None:
    assert moved(spec(checkout, **{"params.factor": "2.0"}).build()) == 3
    assert moved(spec(checkout, yaml="fast").build()) == 3.5
    assert moved(spec(checkout).build()) == 1.5, "the configuration of the last one is forgotten"
    elsewhere = tmp_path / "mine.yaml"
    elsewhere.write_text("STEP: 1\n")
    assert moved(spec(checkout, yaml=str(elsewhere)).build()) == 2.5


def test_two_checkouts_do_not_mix(checkout: Path, tmp_path: Path) -> None:
    write_checkout(tmp_path / "Other")
    path = tmp_path / "Other" / "lib/test/tracker/shift.py"
    path.write_text(path.read_text().replace("self.params.factor *", "4 *"))
    first, second = spec(checkout).build(), spec(tmp_path / "Other").build()
    assert (moved(first), moved(second), moved(first)) == (1.5, 6, 1.5)


def test_cuda_calls_stay_what_they_were(checkout: Path) -> None:
    usual = torch.Tensor.cuda, torch.nn.Module.cuda
    moved(spec(checkout).build())
    assert (torch.Tensor.cuda, torch.nn.Module.cuda) == usual


def test_run_records_code_configuration_and_weights(checkout: Path) -> None:
    chosen = spec(checkout)
    names = [path.name for path in chosen.provenance(chosen.build()).files]
    assert {"shift.py", "small.yaml", "weights.pth"} <= set(names)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"checkpoint": "none.pth"}, r"there is no weights file .*none\.pth"),
        ({"checkout": "nowhere"}, "nowhere is not a checkout with pytracking's test interface"),
        ({"tracker": "shft"}, r"no tracker 'shft' \(did you mean 'shift'\?\); it has: shift"),
        ({"yaml": "smal"}, r"no configuration .*smal\.yaml \(did you mean 'small'\?\)"),
        ({"yaml": "other"}, r"other\.yaml is not a configuration of shift: MODEL not exist"),
        ({"yaml": "large"}, r"does not fit the model of large\.yaml \(size mismatch for weight"),
        ({"params.facter": "1"}, r"no 'facter' \(did you mean 'factor'\?\)"),
        ({"chekpoint": "x"}, r"no setting 'chekpoint' \(did you mean 'checkpoint'\?\)"),
        ({"yaml": ""}, r"needs a checkout.*--set yaml=\.\.\."),
    ],
)
def test_mistakes_are_one_sentence(checkout: Path, changed: dict[str, str], expected: str) -> None:
    with pytest.raises(UserError, match=expected) as caught:
        spec(checkout, **changed).build()
    assert "\n" not in str(caught.value)


def test_wrong_checkpoints_are_refused(checkout: Path) -> None:
    path = checkout / "weights.pth"
    damaged = r"is damaged or is not a PyTorch checkpoint; fetch"
    for content, said in ((b"junk", "is a text file"), (b"PK\3\4", damaged)):
        path.write_bytes(content)
        with pytest.raises(UserError, match=rf"weights\.pth {said}"):
            spec(checkout).build()
    torch.save({"model": {}}, path)
    with pytest.raises(UserError, match=r"does not fit the model of small\.yaml \(it has no 'net'\)"):
        spec(checkout).build()
    torch.save([1], path)
    with pytest.raises(UserError, match="holds a list, not a checkpoint"):
        spec(checkout).build()


def test_checkpoint_with_python_objects_needs_trust(checkout: Path) -> None:
    write_checkout(checkout, stats=Fraction(1, 2))
    with pytest.raises(UserError, match=r"loading it may run code; .* trust_checkpoint=true"):
        spec(checkout).build()
    assert moved(spec(checkout, trust_checkpoint="true").build()) == 1.5


@pytest.mark.parametrize("folder", ["tracker", "parameter"])
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("import no_such_module", r"'no_such_module'; install what the checkout needs"),
        ("1 / 0", "ZeroDivisionError: division by zero; correct it"),
    ],
)
def test_file_that_cannot_be_imported_is_named_with_the_reason(
    checkout: Path, folder: str, line: str, reason: str
) -> None:
    path = checkout / f"lib/test/{folder}/shift.py"
    path.write_text(f"{line}\n{path.read_text()}")
    with pytest.raises(UserError, match=rf"lib/test/{folder}/shift\.py cannot be imported: .*{reason}"):
        spec(checkout).build()


def test_checkout_without_trackers_has_none(checkout: Path) -> None:
    (checkout / "lib/test/parameter/shift.py").unlink()
    with pytest.raises(UserError, match=r"no tracker 'shift'; it has: none$"):
        spec(checkout).build()
