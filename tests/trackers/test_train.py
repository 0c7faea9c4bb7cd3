import json
import subprocess
import sys
from pathlib import Path

import pytest
from small_networks import siamfc_weights, track, video
from training_images import write_images

from trackers.siamese.gradnet import GradNet
from trackers.siamese.siamfc import SiamFC
from trackers.train import main


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("images"))


def words(tracker: str, out: Path, images: Path, *more: object) -> list[str]:
    common = ["--tracker", tracker, "--out", out, "--source", f"folder:{images}", "--batch", 2, "--steps", 2]
    return [str(word) for word in (*common, "--device", "cpu", *more)]


def test_trains_both_networks_for_their_trackers(
    tmp_path: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher = siamfc_weights(tmp_path)
    first, second = tmp_path / "siamfc", tmp_path / "gradnet"
    siamfc = ("--width", 0.1, "--teacher", teacher, "--hold-back", 0.5, "--half")
    assert main(words("siamfc", first, images, *siamfc)) == 0
    weights = first / "weights.safetensors"
    assert main(words("gradnet", second, images, "--backbone", weights, "--regions", 2)) == 0
    frames, truth = video(0)
    for tracker in (SiamFC(weights), GradNet(second / "weights.safetensors")):
        assert track(tracker, frames, truth[0]).shape == (5, 4)
    log = [json.loads(line) for line in (first / "log.jsonl").read_text().splitlines()]
    assert {"tracking", "feature", "score"} <= log[0].keys()
    assert 0 <= log[1]["overlap"] <= 1
    assert (second / "training.png").stat().st_size > 1000
    assert "1 video held back" in capsys.readouterr().err


def test_wide_network_starts_from_a_narrow_one(tmp_path: Path, images: Path) -> None:
    start = siamfc_weights(tmp_path)
    assert main(words("siamfc", tmp_path / "wide", images, "--width", 0.15, "--start", start)) == 0


def test_same_command_resumes_after_the_time_limit(
    tmp_path: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = words("siamfc", tmp_path, images, "--width", 0.1, "--log-steps", 1)
    assert main([*command, "--minutes", "0"]) == 0
    assert "stopped at the time limit" in capsys.readouterr().err
    assert not (tmp_path / "weights.safetensors").exists()
    assert main(command) == 0
    assert (tmp_path / "weights.safetensors").exists()


def test_damaged_images_do_not_stop_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_images(tmp_path / "images")
    (tmp_path / "images" / "alone" / "d0.png").write_bytes(b"")
    assert main(words("siamfc", tmp_path / "out", tmp_path / "images", "--width", 0.1)) == 0
    assert "d0.png cannot be read" in capsys.readouterr().err.replace("\n", "")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (["--source", "folder"], "--source folder is not KIND:DIR"),
        (["--source", "nowhere:x"], "there is no source of training data 'nowhere'"),
        (["--source", "folder:absent"], "there is no folder absent of training data"),
        (["--teacher", "absent.pth"], "there is no weights file absent.pth"),
        (["--device", "cuda:99"], "device 'cuda:99'"),
        (["--width", "0"], "--width is 0"),
        (["--batch", "0"], "--batch is 0"),
        (["--steps", "0"], "--steps is 0"),
        (["--tracker", "gradnet"], "gradnet needs the weights of a trained SiamFC; give --backbone FILE"),
        (["--optimizer", "adam"], "optimizer"),
        (["--foreign", "1.5"], "--foreign is 1.5; give a share from 0 to 1"),
        (["--own-labels", "-1"], "--own-labels is -1"),
        (["--label-noise", "nan"], "--label-noise is nan"),
        (["--regions", "1"], "--regions is 1; give 2 or more"),
        (["--average", "1"], "--average is 1"),
        (["--occlusion", "2"], "--occlusion is 2"),
    ],
)
def test_wrong_options_are_one_sentence(
    tmp_path: Path, images: Path, capsys: pytest.CaptureFixture[str], change: list[str], sentence: str
) -> None:
    try:
        status = main(words("siamfc", tmp_path, images, "--width", 0.1, *change))
    except SystemExit as stopped:
        status = stopped.code
    assert status == 2
    said = capsys.readouterr().err
    assert sentence in said.replace("\n", " ")
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("tracker", "options", "said"),
    [
        ("gradnet", "--teacher none.pth", "--teacher has no effect with --tracker gradnet; leave it out"),
        ("gradnet", "--width 0.5", "--width has no effect with --tracker gradnet"),
        ("gradnet", "--k 3", "--k has no effect with --objective later"),
        ("gradnet", "--objective paper --burn-in 1", "--burn-in has no effect with --objective paper"),
        (
            "gradnet",
            "--objective released --spacing 3",
            "--spacing has no effect with a single search region",
        ),
        ("gradnet", "--carry 0 --burn-in 1", "--burn-in has no effect with --carry 0"),
        ("siamfc", "--carry 1", "--carry has no effect with --tracker siamfc"),
        ("siamfc", "--backbone none.pth", "--backbone has no effect with --tracker siamfc"),
        ("siamfc", "--last-distillation 0.5", "--last-distillation has no effect without --teacher"),
    ],
)
def test_options_without_an_effect_are_refused(
    tmp_path: Path, images: Path, capsys: pytest.CaptureFixture[str], tracker: str, options: str, said: str
) -> None:
    backbone = ("--backbone", siamfc_weights(tmp_path)) if tracker == "gradnet" else ()
    assert main(words(tracker, tmp_path / "out", images, *backbone, *options.split())) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_weights_are_read_before_the_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    absent = tmp_path / "no images"
    assert main(words("gradnet", tmp_path / "out", absent, "--backbone", tmp_path / "none.pth")) == 2
    assert "none.pth" in capsys.readouterr().err


def test_k_must_divide_the_batch(tmp_path: Path, images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--backbone", siamfc_weights(tmp_path), "--objective", "paper", "--k", 3)
    assert main(words("gradnet", tmp_path / "out", images, *options)) == 2
    assert "cannot be split into groups of k = 3" in capsys.readouterr().err


def test_help_loads_no_torch() -> None:
    script = (
        "import sys; sys.argv = ['train', '--help']\n"
        "import trackers.train as t\n"
        "try: t.main(['--help'])\nexcept SystemExit: pass\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--source" in done.stdout
