"""Findings of `verify` on complete and damaged data sets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.datasets import SequenceError, open_dataset
from benchmarks.datasets.verification import VerificationResult, verify
from benchmarks.running.tasks import plan_task

FRAMES = 71  # length of Deer


def write_deer(root: Path, folder: str = "Deer") -> Path:
    place = root / "otb2015" / folder
    (place / "img").mkdir(parents=True)
    (place / "groundtruth_rect.txt").write_text("1,2,3,4\n" * FRAMES)
    for number in range(1, FRAMES + 1):
        Image.new("RGB", (8, 6)).save(place / "img" / f"{number:04}.jpg")
    return place


def result(root: Path, name: str = "Deer", decode: bool = False) -> VerificationResult:
    data = open_dataset("otb2015", root)
    with ThreadPoolExecutor(2) as threads:
        (found,) = verify(data, [name], threads if decode else None)
    assert found.sequence == name
    return found


def test_complete_sequence_has_no_findings(tmp_path: Path) -> None:
    write_deer(tmp_path)
    for decode in (False, True):
        assert result(tmp_path, decode=decode) == VerificationResult("Deer", ())


def test_sequences_are_verified_in_order(tmp_path: Path) -> None:
    write_deer(tmp_path)
    reports: list[tuple[str, float]] = []
    data = open_dataset("otb2015", tmp_path)
    with ThreadPoolExecutor(2) as threads:
        results = list(verify(data, None, threads, lambda name, share: reports.append((name, share))))
    assert [v.sequence for v in results] == list(data.all_names)
    assert [v.sequence for v in results if v.complete] == ["Deer"]
    assert [name for name, share in reports if share == 0] == list(data.all_names)
    assert [share for name, share in reports if name == "Deer"] == [n / FRAMES for n in range(FRAMES + 1)]


def break_ground_truth(place: Path) -> None:
    (place / "groundtruth_rect.txt").unlink()


def cut_ground_truth(place: Path) -> None:
    (place / "groundtruth_rect.txt").write_text("1,2,3,4\n" * 70)


def spoil_ground_truth(place: Path) -> None:
    (place / "groundtruth_rect.txt").write_bytes(b"\xff\xd8\xff")


def lose_frames(place: Path) -> None:
    (place / "img" / "0003.jpg").unlink()
    (place / "img" / "0071.jpg").unlink()


def add_frame(place: Path) -> None:
    (place / "img" / "0072.jpg").touch()


def empty_frame(place: Path) -> None:
    (place / "img" / "0003.jpg").write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "part", "expected", "scorable"),
    [
        (break_ground_truth, "ground truth", "groundtruth_rect.txt: No such file", False),
        (cut_ground_truth, "ground truth", "70 rows, expected 71", False),
        (spoil_ground_truth, "ground truth", "not a text file", False),
        (lose_frames, "frames", "2 of 71 frames are missing, first number 3", True),
        (add_frame, "frames", "1 image more than the 71 frames, such as 0072.jpg", True),
        (empty_frame, "frames", "1 of 71 frames is an empty file, first ", True),
    ],
)
def test_damage_is_found_and_named(
    tmp_path: Path, damage: object, part: str, expected: str, scorable: bool
) -> None:
    assert callable(damage)
    damage(write_deer(tmp_path))
    found = result(tmp_path)
    assert [finding.part for finding in found.findings] == [part]
    assert expected in found.findings[0].problem
    assert (found.complete, found.scorable) == (False, scorable)


def test_damaged_pixels_are_found_by_decoding(tmp_path: Path) -> None:
    place = write_deer(tmp_path)
    for name in ("0005.jpg", "0070.jpg"):
        path = place / "img" / name
        path.write_bytes(path.read_bytes()[:-200])
    assert result(tmp_path).complete
    (finding,) = result(tmp_path, decode=True).findings
    assert finding.problem.startswith("2 of 71 frames cannot be decoded; first ")
    assert "0005.jpg" in finding.problem


def test_duplicate_image_number_is_an_extra_image(tmp_path: Path) -> None:
    place = write_deer(tmp_path)
    Image.new("RGB", (8, 6)).save(place / "img" / "3.png")
    assert "1 image more than the 71 frames" in result(tmp_path).findings[0].problem


def test_missing_and_misnamed_folders_are_reported(tmp_path: Path) -> None:
    write_deer(tmp_path, "Deeer")
    (finding,) = result(tmp_path).findings
    assert finding.part == "name"
    assert "there is no folder Deer" in finding.problem
    assert "but Deeer; rename it if it is the same" in finding.problem
    (finding,) = result(tmp_path, "Basketball").findings
    assert (finding.part, finding.problem[:18]) == ("folder", "there is no folder")


def test_other_spelling_is_a_harmless_finding(tmp_path: Path) -> None:
    write_deer(tmp_path, "deer")
    found = result(tmp_path)
    assert found.complete
    assert [finding.part for finding in found.findings] == ["name"]
    assert "is normally called Deer" in found.findings[0].problem


def test_images_outside_the_frame_range_are_accepted(tmp_path: Path) -> None:
    for folder, images, rows in (("Football1", 81, 74), ("David", 770, 471)):
        place = tmp_path / "otb2015" / folder
        (place / "img").mkdir(parents=True)
        (place / "groundtruth_rect.txt").write_text("1,2,3,4\n" * rows)
        for number in range(1, images + 1):
            (place / "img" / f"{number:04}.jpg").write_bytes(b"x")
        assert result(tmp_path, folder).complete


def test_data_set_without_files_is_complete() -> None:
    with ThreadPoolExecutor(2) as threads:
        assert [v.complete for v in verify(open_dataset("demo", None), ["easy"], threads)] == [True]


@pytest.mark.shared
def test_real_frames_and_annotations_are_complete(shared: Path) -> None:
    data = open_dataset("otb2015", shared / "datasets")
    assert [v for v in verify(data, data.names()) if v.findings] == []
    for name in ("otb2015", "tc128", "vot2017", "lasot"):
        results = list(verify(open_dataset(name, shared / "annotations")))
        assert all(v.scorable for v in results)
        assert not any(v.complete for v in results)


@pytest.mark.parametrize("first", ["nan,nan,nan,nan", "1,2,0,4", "2e6,2,3,4"])
def test_unusable_first_box_is_a_finding(tmp_path: Path, first: str) -> None:
    place = write_deer(tmp_path)
    (place / "groundtruth_rect.txt").write_text(f"{first}\n" + "1,2,3,4\n" * (FRAMES - 1))
    found = result(tmp_path)
    assert not found.complete
    [finding] = found.findings
    assert "no tracker can start" in finding.problem
    with pytest.raises(SequenceError) as refused:
        plan_task(open_dataset("otb2015", tmp_path), "Deer")
    assert str(refused.value) == finding.problem
