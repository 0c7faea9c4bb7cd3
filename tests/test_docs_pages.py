"""Runs the commands of docs/downloaded-results.md and docs/own-videos.md, and compares their output."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from benchmarks.datasets import open_dataset
from sotbench.cli import main
from trackers.video.encoding import write_video

DOCS = Path(__file__).parents[1] / "docs"
SEQUENCES = ("Bird2", "Couple", "Crossing", "Deer", "Surfer")
FRAMES, SIZE = 20, (64, 48)


def blocks(page: str) -> list[tuple[str, str]]:
    """Returns the language and content of each code block of a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(page: str) -> Iterator[tuple[list[str], str | None]]:
    """Yields the arguments of each `sotbench` command of a page, and its output if the page shows it."""
    found = blocks(page)
    for (language, content), (next_language, output) in zip(found, [*found[1:], ("", "")], strict=True):
        lines = content.strip().splitlines() if language == "sh" else []
        for number, line in enumerate(lines, start=1):
            program, *words = shlex.split(line.replace("python -m benchmarks", "sotbench"))
            assert program == "sotbench"
            yield words, output if next_language == "text" and number == len(lines) else None


def run_page(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Runs a page's commands in the working directory and compares their output and exit status."""
    for words, output in commands(page):
        refused = output is not None and output.startswith("error: ")
        assert main(words) == (2 if refused else 0), words
        captured = capsys.readouterr()
        if output is not None:
            assert captured.out + captured.err == output


def save(folder: Path, name: str, boxes: NDArray[np.float64]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / f"{name}.txt", boxes, delimiter=",", fmt="%.2f")


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes random ground truth for five sequences of OTB, and results of several trackers."""
    monkeypatch.chdir(tmp_path)
    Path("data/otb2015").mkdir(parents=True)
    dataset = open_dataset("otb2015", Path("data"))
    generator = np.random.default_rng(0)
    for name in SEQUENCES:
        target = dataset.targets[name]
        rows = target.last - target.truth_starts + 1
        truth = np.cumsum(generator.normal(0, 1, (rows, 4)), axis=0) + np.array([90, 80, 0, 0])
        truth[:, 2:] = np.abs(truth[:, 2:]) + 20
        truth = np.rint(truth)
        save(Path("data/otb2015") / target.folder, "groundtruth_rect", truth)
        later = (np.arange(rows) > 0)[:, None]
        moved = truth + np.array([2, 1, 0, 0]) * later
        save(Path("downloads/KCF"), name, moved)
        save(Path("downloads/SiamRPN"), name, truth + np.array([0.5, 0.5, 0, 0]))
        save(Path("downloads/Corners"), name, np.hstack([moved[:, :2], moved[:, :2] + moved[:, 2:]]))
        rows_of_mdnet = {"Couple": moved[:-1], "Deer": moved[:-1], "Surfer": np.vstack([moved, moved[-1:]])}
        save(Path("downloads/MDNet"), name, rows_of_mdnet.get(name, moved))
        for number in range(3):
            folder = Path(f"downloads/dimp50/dimp50_{number:03}")
            save(folder, name, truth + np.array([number, 0, 0, 0]) * later)
        save(Path("collection/ECO"), name, moved - np.array([1, 1, 0, 0]))
        save(Path("collection/CREST"), name, moved)
    shutil.make_archive("downloads/KCF", "gztar", "downloads", "KCF")


def test_downloaded_results_page_runs_as_shown(downloads: None, capsys: pytest.CaptureFixture[str]) -> None:
    run_page("downloaded-results.md", capsys)
    assert main(["score", "--dataset", "otb2015", "--data-root", "data", "--format", "json"]) == 0
    scores = {record["tracker"]: record for record in json.loads(capsys.readouterr().out)}
    assert scores["Corners"]["success"] == pytest.approx(scores["KCF"]["success"], abs=1e-6)
    assert scores["ECO"]["success"] == scores["CREST"]["success"] == scores["KCF"]["success"]
    assert (scores["MDNet"]["sequences"], scores["DiMP50"]["repetitions"]) == (3, 3)


def write_images(folder: Path) -> None:
    folder.mkdir(parents=True)
    for number in range(FRAMES):
        Image.fromarray(frame(number)).save(folder / f"{number + 1:04}.png")


def frame(number: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(0).integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
    noise[8:18, 10 + number : 22 + number] = (200, 30, 30)
    return noise


@pytest.fixture
def videos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes the folders of the page, with its settings files."""
    monkeypatch.chdir(tmp_path)
    boxes = np.array([[10.0 + number, 8, 12, 10] for number in range(FRAMES)])
    corners = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
    for language, content in blocks("own-videos.md"):
        if language == "toml":
            [name] = re.findall(r"^# (\S+)\n", content)
            Path(name).parent.mkdir(parents=True)
            Path(name).write_text(content)
    save(Path("my-videos"), "cat", boxes)
    write_video(Path("my-videos/cat.mp4"), map(frame, range(FRAMES)), 10)
    write_images(Path("my-videos/dog"))
    save(Path("my-videos/dog"), "groundtruth", boxes)
    Path("my-videos/dog/absent.txt").write_text("0\n" * 18 + "1\n" * 2)
    Path("my-videos/dog/attributes.txt").write_text("OCC, FM\n")

    write_images(Path("apart/data_seq/cat"))
    save(Path("apart/anno"), "cat", np.hstack([np.arange(FRAMES)[:, None] + 1, corners + 1]))

    Path("cvat").mkdir()
    write_video(Path("cvat/yard.mp4"), map(frame, range(FRAMES)), 10)
    sides = [
        f'<box frame="{number}" outside="0" xtl="{a}" ytl="{b}" xbr="{c}" ybr="{d}"/>'
        for number, (a, b, c, d) in enumerate(corners)
    ]
    tracks = "".join(f'<track id="{target}">{"".join(sides)}</track>' for target in (1, 2))
    Path("cvat/yard.xml").write_text(f"<annotations>{tracks}</annotations>")

    write_images(Path("coco/images/cat"))
    images = [
        {"id": number, "video_id": 1, "frame_id": number, "file_name": f"cat/{number + 1:04}.png"}
        for number in range(FRAMES)
    ]
    annotations = [
        {"id": number, "image_id": number, "track_id": 1, "bbox": box}
        for number, box in enumerate(boxes.tolist())
    ]
    content = {"videos": [{"id": 1, "name": "cat"}], "images": images, "annotations": annotations}
    Path("coco/annotations.json").write_text(json.dumps(content))

    write_images(Path("labelme/cat"))
    for number, (a, b, c, d) in enumerate(corners.tolist()):
        shapes = [{"label": "cat", "points": [[a, b], [c, d]], "shape_type": "rectangle"}]
        Path(f"labelme/cat/{number + 1:04}.json").write_text(json.dumps({"shapes": shapes}))

    write_images(Path("mot/MOT-01/img1"))
    Path("mot/sotbench.toml").write_text("one_based = true\n")
    ones = np.ones((FRAMES, 1))
    rows = np.hstack([np.arange(FRAMES)[:, None] + 1, ones, boxes + np.array([1, 1, 0, 0]), ones])
    save(Path("mot/MOT-01/gt"), "gt", rows)


def test_own_videos_page_runs_as_shown(videos: None, capsys: pytest.CaptureFixture[str]) -> None:
    run_page("own-videos.md", capsys)
    assert sorted(path.name for path in Path("pictures").iterdir()) == ["cat.png", "dog.png"]
    assert Path("exported/ncc/cat.txt").is_file()
    for root, names in (("cvat", ("yard.1", "yard.2")), ("mot", ("MOT-01",)), ("labelme", ("cat",))):
        dataset = open_dataset("folder", Path(root))
        assert dataset.names() == names
        for name in names:
            np.testing.assert_allclose(dataset[name].truth[0], [10, 8, 12, 10])


def test_tuning_page_runs_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("optuna", reason="Optuna is not installed (extra tune)")
    monkeypatch.chdir(tmp_path)
    run_page("tuning.md", capsys)
    (code,) = [content for language, content in blocks("tuning.md") if language == "python"]
    names: dict[str, object] = {}
    exec(code, names)
    found = names["found"]
    scores = [trial.score for trial in found.trials]  # type: ignore[attr-defined]
    assert max(scores) > scores[0] + 0.1, "the tracker's own settings are not the best"
    assert min(scores) < max(scores) - 0.2, "the setting matters"
    reach = found.best.settings["reach"]  # type: ignore[attr-defined]
    assert 0.1 < reach < 0.9, "the best value is inside the range, not at an end"
