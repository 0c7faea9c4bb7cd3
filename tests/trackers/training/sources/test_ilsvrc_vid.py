from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trackers.errors import UserError
from trackers.training.sources.ilsvrc_vid import LARGEST_FILE, read

PART = "ILSVRC2015_VID_train_0000"


def annotation(*objects: tuple[str, int, int, int, int]) -> str:
    """Returns a frame's annotation, from track, xmin, ymin, xmax, ymax of each object."""
    items = "".join(
        f"<object><trackid>{track}</trackid><name>n02510455</name><bndbox><xmax>{right}</xmax>"
        f"<xmin>{left}</xmin><ymax>{bottom}</ymax><ymin>{top}</ymin></bndbox><occluded>1</occluded>"
        "<generated>0</generated></object>"
        for track, left, top, right, bottom in objects
    )
    return f"<annotation><size><width>1280</width><height>720</height></size>{items}</annotation>"


def write_video(root: Path, name: str, frames: list[str], images: int | None = None) -> Path:
    """Writes a video's annotations and empty images; returns the folder of annotations."""
    annotations = root / "Annotations" / "VID" / "train" / PART / name
    data = root / "Data" / "VID" / "train" / PART / name
    for folder in (annotations, data):
        folder.mkdir(parents=True)
    for number, content in enumerate(frames):
        (annotations / f"{number:06d}.xml").write_text(content)
    for number in range(len(frames) if images is None else images):
        (data / f"{number:06d}.JPEG").touch()
    return annotations


def test_every_track_becomes_a_clip(tmp_path: Path) -> None:
    frames = [
        annotation(("0", 0, 0, 1279, 719), ("1", 10, 20, 29, 59)),
        annotation(("1", 11, 21, 30, 60)),
        annotation(),
        annotation(("1", 13, 23, 32, 62), ("0", 5, 5, 24, 24)),
    ]
    write_video(tmp_path, "b", frames)
    write_video(tmp_path, "a", frames[:1])
    said: list[str] = []
    clips = read(tmp_path, said.append)
    assert said == []
    assert [clip.name for clip in clips] == [f"{PART}/{name}" for name in ("a/0", "a/1", "b/0", "b/1")]
    whole, second = clips[2:]
    np.testing.assert_array_equal(whole.boxes, [[0, 0, 1280, 720], [5, 5, 20, 20]])
    assert [path.name for path in whole.files] == ["000000.JPEG", "000003.JPEG"]
    np.testing.assert_array_equal(second.boxes, [[10, 20, 20, 40], [11, 21, 20, 40], [13, 23, 20, 40]])
    assert all(path.is_file() for clip in clips for path in clip.files)


GOOD = annotation(("0", 10, 20, 29, 59))


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (GOOD[:60], "unclosed token"),
        ("", "no element found"),
        (GOOD.replace("<trackid>0</trackid>", ""), "an object without track or box"),
        (GOOD.replace("bndbox", "box"), "an object without track or box"),
        (GOOD.replace("<xmin>10</xmin>", ""), "could not convert string to float"),
        (GOOD.replace("<xmin>10</xmin>", "<xmin>left</xmin>"), "could not convert string to float"),
        (GOOD.replace("<xmin>10</xmin>", "<xmin>nan</xmin>"), "impossible corners"),
        (GOOD.replace("<xmin>10</xmin>", "<xmin>1e308</xmin>"), "impossible corners"),
        (annotation(("0", 30, 20, 29, 59)), "impossible corners"),
        ('<!DOCTYPE a [<!ENTITY b "' + "x" * 99 + '">]>' + GOOD, "declarations or zeros"),
        (GOOD.encode("utf-16").decode("latin-1"), "declarations or zeros"),
        (GOOD + " " * LARGEST_FILE, "more than"),
    ],
)
def test_damaged_annotations_are_reported_and_skipped(tmp_path: Path, damaged: str, why: str) -> None:
    folder = write_video(tmp_path, "a", [GOOD, "", GOOD])
    (folder / "000001.xml").write_text(damaged, encoding="latin-1")
    said: list[str] = []
    [clip] = read(tmp_path, said.append)
    assert [path.name for path in clip.files] == ["000000.JPEG", "000002.JPEG"]
    [sentence] = said
    assert str(folder / "000001.xml") in sentence
    assert why in sentence
    assert "\n" not in sentence


def test_missing_images_are_reported_and_skipped(tmp_path: Path) -> None:
    write_video(tmp_path, "a", [GOOD] * 5, images=2)
    (tmp_path / "Annotations" / "VID" / "train" / PART / "lost").mkdir()
    said: list[str] = []
    [clip] = read(tmp_path, said.append)
    assert len(clip.files) == len(clip.boxes) == 2
    assert len(said) == 2
    assert "lacks 3 frames, such as 000002; they are skipped" in said[0]
    assert said[1].endswith(f"{Path(PART) / 'lost'}; its video is skipped")


def test_tiny_objects_are_skipped(tmp_path: Path) -> None:
    write_video(tmp_path, "a", [annotation(("0", 10, 10, 16, 40), ("1", 10, 10, 17, 40))])
    [clip] = read(tmp_path, pytest.fail)
    assert clip.name.endswith("/1")


def test_missing_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no folder .*Annotations/VID/train; give --source"):
        read(tmp_path, print)
    (tmp_path / "Annotations" / "VID" / "train").mkdir(parents=True)
    with pytest.raises(UserError, match="holds no video"):
        read(tmp_path, print)
