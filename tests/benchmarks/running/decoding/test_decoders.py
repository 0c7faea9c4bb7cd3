"""Batches with frames decoded by torchvision have the same boxes and failures as with Pillow."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from box_files import box_files
from jpegs import by_pillow, fake_torchvision, jpeg, needs_torchvision, picture
from PIL import Image
from small_networks import gradnet_weights, siamfc_weights, video

from benchmarks.cli.main import main
from benchmarks.running.decoding.decoders import TorchvisionDecoder
from benchmarks.store import Identity
from benchmarks.store.manifest import parse_manifest
from trackers.siamese.base import upload

SIZES = {"wide": (90, 120), "high": (121, 83), "other": (90, 131)}
LENGTH = 6
CPU = torch.device("cpu")

# Computes its boxes from the frames' pixels; with several slots and `breaks`, its second update fails.
TENSORS = """
import numpy as np
import torch
from trackers.tracker import TensorTracker

class Sums(TensorTracker):
    deterministic = True
    device = torch.device("cpu")
    def __init__(self, slots: int, breaks: bool = False):
        self.slots, self.breaks, self.updates = slots, breaks, 0
    def init(self, slots, frames, boxes):
        pass
    def update(self, slots, frames):
        self.updates += 1
        if self.breaks and self.slots > 1 and self.updates == 2: raise RuntimeError("too many")
        assert len({type(frame) for frame in frames}) == 1
        return np.array([[int(frame[::2].sum()) % 97, int(frame.sum()) % 89, 5, 5] for frame in frames])
"""


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Writes videos of JPEG files in several sizes; some frames are gray, CMYK, progressive or PNG files."""
    root = tmp_path / "videos"
    for seed, (name, (height, width)) in enumerate(SIZES.items()):
        (root / name).mkdir(parents=True)
        frames, boxes = video(seed, LENGTH, height, width)
        for number, frame in enumerate(frames):
            (root / name / f"{number:04}.jpg").write_bytes(jpeg(frame, quality=95, progressive=number == 4))
        np.savetxt(root / name / "groundtruth.txt", boxes, delimiter=",")
    (root / "high" / "0002.jpg").write_bytes(jpeg(picture(121, 83), "L"))
    (root / "high" / "0003.jpg").write_bytes(jpeg(picture(121, 83), "CMYK"))
    (root / "wide" / "0003.jpg").unlink()
    Image.fromarray(picture(90, 120)).save(root / "wide" / "0003.png")
    (root / "sotbench.toml").write_text("one_based = false\n")
    return root


@pytest.fixture
def sums(tmp_path: Path) -> str:
    (tmp_path / "sums.py").write_text(TENSORS)
    return f"{tmp_path / 'sums.py'}:Sums"


def run_tracker(tracker: str, videos: Path, results: Path, *options: str) -> tuple[int, dict[str, Any]]:
    words = ["run", "--tracker", tracker, "--name", "t", "--results", str(results)]
    where = [] if "--dataset" in options else ["--dataset", "folder", "--data-root", str(videos)]
    status = main([*words, *where, *options])
    manifests = list(results.glob("*/t/ope/run.json"))
    return status, json.loads(manifests[0].read_text()) if manifests else {}


# No results folder is called torchvision: next to a tracker's file, which is on sys.path, Python would import
# it as a package.
TORCHVISION = ("--batch", "2", "--decoder", "torchvision")


@pytest.mark.parametrize("tracker", ["siamfc", "gradnet", "gradnet-paper"])
def test_same_pixels_give_same_boxes_as_pillow(
    tracker: str, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_torchvision(monkeypatch)
    weights = (siamfc_weights if tracker == "siamfc" else gradnet_weights)(tmp_path)
    own = ("--weights", str(weights), "--device", "cpu")
    for name, options in (("pillow", ("--batch", "2")), ("on-device", TORCHVISION)):
        status, manifest = run_tracker(tracker, videos, tmp_path / name, *own, *options)
        assert status == 0
        assert manifest["identity"]["decoder"] == ("torchvision" if options == TORCHVISION else "pillow")
    assert manifest["environments"][0]["decoder"] == "torchvision 0.0"
    assert len(box_files(tmp_path / "pillow")) == 3
    assert box_files(tmp_path / "on-device") == box_files(tmp_path / "pillow")


def test_step_is_decoded_in_one_call(
    sums: str, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []

    def decode(input: list[Any], mode: object, device: Any) -> Any:  # noqa: A002
        counts.append(len(input))
        return by_pillow(input, mode, device)

    fake_torchvision(monkeypatch, decode)
    assert run_tracker(sums, videos, tmp_path / "r", "--batch", "3", "--decoder", "torchvision")[0] == 0
    # The first call is a trial. A PNG frame and a CMYK frame are in the same step.
    assert counts == [1, 3, 3, 3, 1, 3, 3]


def test_frames_without_files_are_uploaded(
    sums: str, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_torchvision(monkeypatch)
    demo = ("--dataset", "demo", "--sequences", "easy", "scale")
    for name, options in (("pillow", ()), ("on-device", TORCHVISION)):
        assert run_tracker(sums, videos, tmp_path / name, *demo, *options)[0] == 0
    assert box_files(tmp_path / "on-device") == box_files(tmp_path / "pillow") != {}


@pytest.mark.parametrize("harm", ["cut", "emptied", "text", "gone", "tables"])
@pytest.mark.parametrize("frame", ["0000.jpg", "0002.jpg"])
def test_damaged_frame_fails_like_pillow(
    sums: str, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str, frame: str
) -> None:
    fake_torchvision(monkeypatch)
    path = videos / "other" / frame
    whole = path.read_bytes()
    if harm == "tables":  # its markers are intact, but it cannot be decoded
        counts = whole.index(b"\xff\xc4") + 5
        path.write_bytes(whole[:counts] + b"\xff" * 16 + whole[counts + 16 :])
    elif harm == "gone":
        path.unlink()
        path.symlink_to("nowhere.jpg")
    else:
        path.write_bytes({"cut": whole[: len(whole) // 2], "emptied": b"", "text": b"no image"}[harm])
    found = []
    for name, options in (("pillow", ("--batch", "3")), ("on-device", TORCHVISION)):
        status, manifest = run_tracker(sums, videos, tmp_path / name, *options)
        assert status == 1
        records = manifest["sequences"]
        assert records["wide"]["status"] == records["high"]["status"] == "ok"
        found.append((records["other"]["status"], records["other"]["message"]))
    assert found[0] == found[1]
    assert found[0][0] == "failed"
    assert frame in found[0][1] or harm == "gone"


def test_undecodable_file_falls_back_to_pillow(
    sums: str,
    videos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    refused = (videos / "other" / "0003.jpg").read_bytes()

    def decode(input: list[Any], mode: object, device: Any) -> Any:  # noqa: A002
        if any(data.numpy().tobytes() == refused for data in input):
            raise RuntimeError("Unknown chroma subsampling")
        return by_pillow(input, mode, device)

    fake_torchvision(monkeypatch, decode)
    for name, options in (("pillow", ()), ("on-device", TORCHVISION)):
        assert run_tracker(sums, videos, tmp_path / name, *options)[0] == 0
    said = capsys.readouterr().err.replace("\n", "")
    assert (
        "0003.jpg is decoded by Pillow: torchvision 0.0 cannot decode it (Unknown chroma subsampling)" in said
    )
    assert box_files(tmp_path / "on-device") == box_files(tmp_path / "pillow")


def brighter(input: list[Any], mode: object, device: Any) -> Any:  # noqa: A002
    """Decodes to other pixels than Pillow."""
    return [frame.clamp(max=254) + 1 for frame in by_pillow(input, mode, device)]


def test_sequential_rerun_uses_the_same_decoder(
    sums: str, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_tracker(sums, videos, tmp_path / "pillow", "--batch", "2")
    fake_torchvision(monkeypatch, brighter)
    run_tracker(sums, videos, tmp_path / "on-device", *TORCHVISION)
    status, _ = run_tracker(sums, videos, tmp_path / "again", *TORCHVISION, "--set", "breaks=true")
    assert status == 0
    assert (
        box_files(tmp_path / "again") == box_files(tmp_path / "on-device") != box_files(tmp_path / "pillow")
    )


def test_device_decodes_only_in_tracker_thread(
    sums: str, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # CUDA allows no other thread's work while the tracker's thread captures a graph.
    threads = set()

    def decode(input: list[Any], mode: object, device: Any) -> Any:  # noqa: A002
        threads.add(threading.current_thread())
        return by_pillow(input, mode, device)

    fake_torchvision(monkeypatch, decode)
    # The batch fails, so its sequences run again alone.
    status, _ = run_tracker(sums, videos, tmp_path / "r", *TORCHVISION, "--set", "breaks=true")
    assert status == 0
    assert threads == {threading.main_thread()}


def test_failing_device_does_not_fall_back_to_pillow(
    sums: str, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def decode(input: list[Any], mode: object, device: Any) -> Any:  # noqa: A002
        calls.append(len(input))
        if len(calls) > 2:
            raise RuntimeError("CUDA error: operation not permitted when stream is capturing")
        return by_pillow(input, mode, device)

    fake_torchvision(monkeypatch, decode)
    status, manifest = run_tracker(sums, videos, tmp_path / "r", *TORCHVISION)
    assert status == 1
    for record in manifest["sequences"].values():
        assert record["status"] == "failed"
        assert "operation not permitted" in record["message"]


def test_results_of_two_decoders_are_not_mixed(
    sums: str,
    videos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fake_torchvision(monkeypatch)
    _, manifest = run_tracker(sums, videos, tmp_path / "r", "--batch", "2")
    assert run_tracker(sums, videos, tmp_path / "r", *TORCHVISION)[0] == 2
    assert "holds results made with other decoder; give --name" in capsys.readouterr().err
    # Manifests from before there were two decoders.
    del manifest["identity"]["decoder"]
    read = parse_manifest(json.dumps(manifest).encode(), "run.json").identity
    assert isinstance(read, Identity)
    assert read.decoder == "pillow"


ARRAYS = """
from trackers.tracker import BatchTracker

class Still(BatchTracker):
    deterministic = True
    def __init__(self, slots: int):
        self.boxes = [None] * slots
    def init(self, slots, frames, boxes): ...
    def update(self, slots, frames): ...
"""


def test_impossible_decoder_is_refused_before_the_run(
    sums: str,
    videos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "arrays.py").write_text(ARRAYS)
    fake_torchvision(monkeypatch)
    for tracker, options, sentence in (
        (
            f"{tmp_path / 'arrays.py'}:Still",
            TORCHVISION,
            "but this tracker takes arrays; leave --decoder",
        ),
        (
            sums,
            TORCHVISION[2:],
            "--decoder torchvision decodes the frames of a batch; give --batch N as well",
        ),
    ):
        assert run_tracker(tracker, videos, tmp_path / "r", *options) == (2, {})
        assert sentence in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "torchvision", None)
    assert run_tracker(sums, videos, tmp_path / "r", *TORCHVISION) == (2, {})
    assert "torchvision is not installed" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        run_tracker(sums, videos, tmp_path / "r", "--batch", "2", "--decoder", "guesswork")


def test_decoder_out_of_memory_is_reported(
    sums: str,
    videos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def decode(input: list[Any], mode: object, device: Any) -> Any:  # noqa: A002
        if len(input) > 1:
            raise RuntimeError("Error while decoding JPEG images: CUDA out of memory.")
        return by_pillow(input, mode, device)

    fake_torchvision(monkeypatch, decode)
    assert run_tracker(sums, videos, tmp_path / "r", *TORCHVISION)[0] == 2
    assert "a batch of 2 does not fit into the device's memory" in capsys.readouterr().err


def test_tensors_are_padded_like_arrays() -> None:
    frames = [picture(*size, seed) for seed, size in enumerate(SIZES.values())]
    # As nvJPEG returns them: one plane per color.
    planes = [torch.from_numpy(frame.transpose(2, 0, 1).copy()).permute(1, 2, 0) for frame in frames]
    for found, expected in zip(upload(planes, CPU), upload(frames, CPU), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


@needs_torchvision
@pytest.mark.parametrize("workers", [(), ("--workers", "2")])
def test_real_torchvision_matches_pillow_on_cpu(
    videos: Path, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    own = ("--weights", str(siamfc_weights(tmp_path)), "--device", "cpu")
    for name, options in (("pillow", ("--batch", "2")), ("on-device", (*TORCHVISION, *workers))):
        status, manifest = run_tracker("siamfc", videos, tmp_path / name, *own, *options)
        assert status == 0
    assert manifest["environments"][0]["decoder"].startswith("torchvision ")
    found, expected = (
        {
            name: np.loadtxt(text.decode().splitlines(), delimiter=",")
            for name, text in box_files(folder).items()
        }
        for folder in (tmp_path / "on-device", tmp_path / "pillow")
    )
    assert found.keys() == expected.keys() != set()
    for name in found:
        np.testing.assert_allclose(found[name], expected[name], atol=1.0)


@needs_torchvision
def test_real_torchvision_decodes_jpeg_files(
    sums: str, monkeypatch: pytest.MonkeyPatch, videos: Path
) -> None:
    from benchmarks.datasets.frames import ImageFiles
    from trackers.tracker import TensorTracker

    class Here(TensorTracker):
        device = CPU

        def init(self, *arguments: Any) -> None: ...
        def update(self, *arguments: Any) -> Any: ...

    frames = ImageFiles([videos / "high" / f"{number:04}.jpg" for number in range(LENGTH)])
    decoder = TorchvisionDecoder(Here())
    waiting = [decoder.read(frames, number) for number in range(LENGTH)]
    monkeypatch.setattr(ImageFiles, "__getitem__", None)
    found = decoder.decode(waiting)
    assert [tuple(frame.shape) for frame in found] == [(121, 83, 3)] * LENGTH  # type: ignore[union-attr]
