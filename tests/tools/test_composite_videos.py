import json
from pathlib import Path

import numpy as np
import pytest
from composite_videos import VideoCompositor, main, of_part
from PIL import Image, ImageDraw

from trackers.training.sources.clip import Clip
from trackers.training.sources.folder import read


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Writes photographs of two discs each, with outlines."""
    root = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    about = {}
    for number in range(12):
        image = Image.fromarray(rng.integers(0, 80, (240, 320, 3), dtype=np.uint8))
        objects = []
        for x, color in ((60, (250, 40, 40)), (200, (40, 250, 40))):
            angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
            outline = np.stack([x + 40 + 30 * np.cos(angles), 100 + 30 * np.sin(angles)], 1)
            ImageDraw.Draw(image).polygon([tuple(point) for point in outline], fill=color)
            box = [x + 10, 70, 60, 60]
            objects.append({"class": "disc", "box_xywh": box, "polygons": [outline.ravel().tolist()]})
        image.save(root / f"{number}.png")
        about[f"{number}.png"] = {"objects": objects}
    (root / "annotations.json").write_text(json.dumps({"images": about}))
    return root


def clips(images: Path) -> list[Clip]:
    return read(images, print)


def test_boxes_enclose_the_target(images: Path) -> None:
    frames, boxes, seen = VideoCompositor(clips(images)).video(np.random.default_rng(3), 12)
    assert len(frames) == len(boxes) == len(seen) == 12
    assert seen[0] == 1
    for frame, (x, y, w, h) in zip(frames[:3], boxes[:3].astype(int), strict=True):
        inside = frame[y + h // 3 : y + 2 * h // 3, x + w // 3 : x + 2 * w // 3]
        assert inside.max(axis=2).mean() > 150  # the disc is bright, its surroundings are not
        assert frame[:, max(0, x - 12) : max(1, x - 6)].max(axis=2).mean() < 150


def test_parts_share_no_photograph(images: Path) -> None:
    everything = clips(images)
    train, validation = (of_part(everything, part) for part in ("train", "validation"))
    assert len(train) + len(validation) == len(everything)
    assert not {c.files[0] for c in train} & {c.files[0] for c in validation}
    assert train
    assert validation


@pytest.mark.parametrize("part", ["train", "validation"])
def test_written_videos_can_be_read(images: Path, tmp_path: Path, part: str) -> None:
    words = ["--images", str(images), "--count", "2", "--frames", "9", "--part", part]
    assert main([*words, "--out", str(tmp_path)]) == 0
    found = read(tmp_path, print)
    assert len(found) == 2
    # Training videos have every third frame in which the target is visible.
    most = 9 if part == "validation" else 3
    assert max(len(clip.files) for clip in found) == most
    assert all(0 < len(clip.files) <= most for clip in found)
    again = tmp_path / "again"
    assert main([*words, "--out", str(again)]) == 0
    for path in sorted(again.rglob("*.jpg")):
        assert path.read_bytes() == (tmp_path / path.relative_to(again)).read_bytes()


def test_images_without_outlines_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (60, 60)).save(tmp_path / "plain.png")
    assert main(["--images", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "holds no outlined objects" in capsys.readouterr().err
