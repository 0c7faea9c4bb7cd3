"""Each published layout, from `verify` through a run to a score; and what damages a sequence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from official_layouts import ABSENT, LAYOUTS, SIZE, Layout, boxes, flags, write_images, write_rows

from benchmarks.cli.main import main
from benchmarks.datasets import DATASETS, SequenceError, open_dataset
from benchmarks.datasets.frames import ImageFiles
from benchmarks.datasets.verification import verify
from benchmarks.store.formats.matching import match

BY_ID = {layout.id: layout for layout in LAYOUTS}
each_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.id)
# UAV20L's shortest sequence has 1,717 frames.
SHORT = [layout for layout in LAYOUTS if layout.id != "uav20l"]
short_layout = pytest.mark.parametrize("layout", SHORT, ids=lambda layout: layout.id)
# Their published frame counts tell whether ground truth is complete.
COUNTED = [x for x in LAYOUTS if x.dataset not in ("lasot-ext", "avist", "trackingnet")]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Layout], Path]:
    """Returns a function that writes a layout once and returns its data root, which tests only read."""
    roots: dict[str, Path] = {}

    def write(layout: Layout) -> Path:
        if layout.id not in roots:
            roots[layout.id] = tmp_path_factory.mktemp(layout.id)
            layout.write(roots[layout.id])
        return roots[layout.id]

    return write


@each_layout
def test_layout_is_complete_and_read_in_full(layout: Layout, written: Callable[[Layout], Path]) -> None:
    dataset = layout.open(written(layout))
    sequence = dataset[layout.sequence]
    assert dataset.names() == (layout.sequence,)
    assert [result.findings for result in verify(dataset, [layout.sequence])] == [()]
    assert len(sequence.truth) == len(sequence.open_frames()) == layout.frames
    # One pixel off if the origin were mistaken.
    np.testing.assert_allclose(sequence.truth[0], boxes(1, 0)[0], atol=1e-9)
    assert sequence.first_box_only == layout.first_box_only
    marked = () if sequence.absent is None else tuple(np.flatnonzero(sequence.absent))
    assert marked == layout.absent


@short_layout
def test_layout_is_run_and_scored(
    layout: Layout,
    written: Callable[[Layout], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--dataset", layout.dataset, *layout.split_options, "--data-root", str(written(layout))]
    words += ["--results", str(tmp_path)]
    assert main(["run", "--tracker", "still", *words]) == 0
    capsys.readouterr()

    status = main(["score", *words, "--format", "json"])

    printed = capsys.readouterr()
    if layout.first_box_only:
        dataset = layout.open(written(layout))
        assert status == 2
        assert f"its ground truth is on the server {dataset.server}; `sotbench export --to" in printed.err
        assert f"{layout.dataset}-server --tracker still --dataset {layout.dataset}" in printed.err
    else:
        [record] = json.loads(printed.out)
        assert status == 0
        assert (record["dataset"], record["sequences"]) == (layout.open(written(layout)).name, 1)
        scores = [value for key, value in record.items() if key in ("success", "ao")]
        assert scores
        assert all(0 < score <= 1 for score in scores)


@pytest.mark.parametrize("layout", COUNTED, ids=lambda layout: layout.id)
def test_truncated_ground_truth_is_refused(layout: Layout, tmp_path: Path) -> None:
    layout.write(tmp_path)
    path = tmp_path / layout.truth
    lines = path.read_text().splitlines()
    # At 240 frames per second, 8 rows more or fewer are taken for one frame at 30.
    kept = len(lines) - 20 if layout.id.startswith("nfs-official") else len(lines) - 1
    path.write_text("\n".join([lines[0]] * 7 if layout.first_box_only else lines[:kept]))
    with pytest.raises(SequenceError, match=r"rows, expected \d+: the file is truncated"):
        layout.open(tmp_path)[layout.sequence]


@each_layout
@pytest.mark.parametrize(
    ("text", "expected"),
    [("", "is empty"), ("1,2,three,4\n", "three"), ("1,2,3\n", "1"), ("1,2,3e9,4,5\n", "")],
    ids=["empty", "word", "short", "far"],
)
def test_damaged_ground_truth_is_named(layout: Layout, text: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / layout.truth
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(SequenceError, match=rf"{path.name}.*{expected}"):
        layout.open(tmp_path)[layout.sequence]


@short_layout
def test_missing_image_is_found(layout: Layout, tmp_path: Path) -> None:
    layout.write(tmp_path)
    sequence = layout.open(tmp_path)[layout.sequence]
    frames = sequence.open_frames()
    assert isinstance(frames, ImageFiles)
    frames.paths[2].unlink()
    [result] = verify(layout.open(tmp_path), [layout.sequence])
    assert [finding.part for finding in result.findings] == ["frames"]
    assert result.scorable
    assert not result.complete


@short_layout
def test_ground_truth_alone_is_enough_to_score(layout: Layout, tmp_path: Path) -> None:
    layout.write(tmp_path)
    for image in (tmp_path / layout.images).iterdir():
        if image.suffix in (".jpg", ".png"):
            image.unlink()
    dataset = layout.open(tmp_path)
    truth = dataset[layout.sequence].truth
    # TrackingNet's frames are counted on disk.
    assert len(truth) == (1 if layout.dataset == "trackingnet" else layout.frames)
    [result] = verify(dataset, [layout.sequence])
    assert (result.scorable, result.complete) == (True, False)


@pytest.mark.parametrize(
    ("layout", "flag_file"),
    [
        ("got10k-val", "GOT-10k/val/GOT-10k_Val_000001/cover.label"),
        ("lasot-ext", "lasot-ext/atv/atv-1/full_occlusion.txt"),
        ("avist", "avist/out_of_view/air_show_out_of_view.txt"),
        ("tnl2k", "TNL2K_test_subset/annos/absent/HaiBao_video_06-done.txt"),
    ],
)
@pytest.mark.parametrize(
    ("text", "expected"), [("0,1,0\n", "3 rows, expected"), ("0,x\n", "has '?x'? where")]
)
def test_damaged_flags_are_named(
    layout: str, flag_file: str, text: str, expected: str, tmp_path: Path
) -> None:
    BY_ID[layout].write(tmp_path)
    path = tmp_path / flag_file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    with pytest.raises(SequenceError, match=rf"{path.name}.*{expected}"):
        BY_ID[layout].open(tmp_path)[BY_ID[layout].sequence]


@pytest.mark.parametrize(("layout", "first"), [("uav123", 1075), ("uav123_10fps", 359), ("trackingnet", 0)])
def test_first_image_of_the_window_is_opened(
    layout: str, first: int, written: Callable[[Layout], Path]
) -> None:
    made = BY_ID[layout]
    frames = made.open(written(made))[made.sequence].open_frames()
    assert isinstance(frames, ImageFiles)
    numbers = [int(path.stem) for path in frames.paths]
    assert numbers == list(range(first, first + made.frames))


def test_numbers_sort_images_of_any_name(written: Callable[[Layout], Path]) -> None:
    made = BY_ID["tnl2k"]
    frames = made.open(written(made))[made.sequence].open_frames()
    assert isinstance(frames, ImageFiles)
    assert [path.name for path in frames.paths[:11]] == [f"HaiBao video ({n}).png" for n in range(1, 12)]


@pytest.mark.parametrize("layout", ["uav123", "uav20l", "uav123_10fps"])
def test_hidden_target_is_nan(layout: str, written: Callable[[Layout], Path]) -> None:
    made = BY_ID[layout]
    truth = made.open(written(made))[made.sequence].truth
    assert np.flatnonzero(np.isnan(truth).any(axis=1)).tolist() == [ABSENT]


@pytest.mark.parametrize("rows", [169, 176, 177, 184])
def test_both_layouts_of_nfs_agree(rows: int, tmp_path: Path) -> None:
    """Of the 240-fps rows beside the images at 30, every eighth counts; their number may vary."""
    for name in ("nfs", "nfs-official-30"):
        BY_ID[name].write(tmp_path / name)
    path = tmp_path / "nfs-official-30" / BY_ID["nfs-official-30"].truth
    lines = path.read_text().splitlines()
    path.write_text("\n".join((lines + lines[-8:])[:rows]))
    official, repacked = (
        BY_ID[name].open(tmp_path / name)["car_jumping"].truth for name in ("nfs-official-30", "nfs")
    )
    np.testing.assert_allclose(official, repacked, atol=1e-9)


def test_nfs_with_an_image_less_than_rows_is_cut(tmp_path: Path) -> None:
    made = BY_ID["nfs-official-240"]
    made.write(tmp_path)
    (tmp_path / made.images / "00176.jpg").unlink()
    sequence = made.open(tmp_path)["car_jumping"]
    assert len(sequence.truth) == len(sequence.open_frames()) == 175


def test_results_at_240_frames_per_second_are_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "nfs").mkdir()
    at_30, at_240 = (open_dataset("nfs", tmp_path, split) for split in ("30", "240"))
    assert (at_30.name, at_240.name) == ("nfs", "nfs-240")
    assert open_dataset("nfs-240", tmp_path).name == "nfs-240"


def test_cover_label_wins_over_the_inferred_frames(tmp_path: Path) -> None:
    folder = tmp_path / "got10k" / "val" / "GOT-10k_Val_000014"
    write_rows(folder / "groundtruth.txt", boxes(100, 0))
    sequence = open_dataset("got10k", tmp_path)["GOT-10k_Val_000014"]
    assert sequence.absent is not None
    assert np.flatnonzero(sequence.absent).tolist() == [85, 86, 87]
    write_rows(folder / "cover.label", ([0 if frame == 3 else 8] for frame in range(100)))
    sequence = open_dataset("got10k", tmp_path)["GOT-10k_Val_000014"]
    assert sequence.absent is not None
    assert np.flatnonzero(sequence.absent).tolist() == [3]


def test_size_is_read_or_inferred(tmp_path: Path) -> None:
    folder = tmp_path / "got10k" / "val" / "GOT-10k_Val_000005"
    write_rows(folder / "groundtruth.txt", boxes(80, 0))
    sizes = [open_dataset("got10k", tmp_path)["GOT-10k_Val_000005"].size]
    write_images(folder, ["00000001.jpg"])
    sizes.append(open_dataset("got10k", tmp_path)["GOT-10k_Val_000005"].size)
    (folder / "meta_info.ini").write_text("[METAINFO]\nresolution: (640, 360)\n")
    sizes.append(open_dataset("got10k", tmp_path)["GOT-10k_Val_000005"].size)
    assert sizes == [(1920, 1080), SIZE, (640, 360)]


def test_toolkit_layouts_are_read(tmp_path: Path) -> None:
    write_rows(tmp_path / "tnl2k" / "annos" / "gt_rect" / "HaiBao_video_06-done.txt", boxes(46, 0))
    write_rows(tmp_path / "tnl2k" / "annos" / "absent" / "HaiBao_video_06-done.txt", flags(46, [2]))
    write_rows(tmp_path / "vasttrack" / "annos" / "Football-1.txt", boxes(5, 1))
    found = open_dataset("tnl2k", tmp_path)["HaiBao_video_06-done"].absent
    assert found is not None
    assert np.flatnonzero(found).tolist() == [2]
    assert open_dataset("vasttrack", tmp_path).names() == ("Football-1",)


def test_box_at_the_border_of_tnl2k_is_missing_for_its_toolkit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [[10.0, 10.0, 20.0, 20.0]] * 40 + [[0.0, 10.0, 20.0, 20.0]] * 6
    write_rows(tmp_path / "tnl2k" / "annos" / "gt_rect" / "HaiBao_video_06-done.txt", rows)
    write_rows(tmp_path / "results" / "HaiBao_video_06-done.txt", rows)
    words = ["--dataset", "tnl2k", "--data-root", str(tmp_path), "--results", str(tmp_path / "r")]
    results = [str(tmp_path / "results"), "--tracker", "perfect", "--from", "txt"]
    assert main(["import", *results, *words]) == 0
    capsys.readouterr()
    assert main(["score", *words, "--profile", "lasot", "--format", "json"]) == 0
    [record] = json.loads(capsys.readouterr().out)
    # 20 of 21 thresholds: no overlap is greater than 1.
    assert record["success"] == pytest.approx(40 / 46 * 20 / 21)


def test_one_sequence_of_tnl2k_has_a_flag_too_many(tmp_path: Path) -> None:
    name = "advSamp_monitor_bikeyellow"
    write_rows(tmp_path / "tnl2k" / "annos" / "gt_rect" / f"{name}.txt", boxes(929, 0))
    write_rows(tmp_path / "tnl2k" / "annos" / "absent" / f"{name}.txt", flags(930, [4, 929]))
    absent = open_dataset("tnl2k", tmp_path)[name].absent
    assert absent is not None
    assert np.flatnonzero(absent).tolist() == [4]


def test_lower_case_file_of_vasttrack_is_read(tmp_path: Path) -> None:
    made = BY_ID["vasttrack"]
    made.write(tmp_path)
    path = tmp_path / made.truth
    path.rename(path.with_name("groundtruth.txt"))
    assert len(made.open(tmp_path)[made.sequence].truth) == made.frames


@pytest.mark.parametrize(("dataset", "prefix"), [("uav123", "uav_"), ("nfs", "nfs_"), ("nfs", "")])
def test_results_match_with_and_without_prefix(dataset: str, prefix: str, tmp_path: Path) -> None:
    folder = DATASETS.load(dataset).root_folders[-1]
    (tmp_path / folder).mkdir()
    names = open_dataset(dataset, tmp_path).all_names
    stems = [prefix + name for name in names]
    assert match(stems, stems, names) == {name: index for index, name in enumerate(names)}


@pytest.mark.parametrize("made", [BY_ID["dtb70"], BY_ID["tnl2k"]], ids=lambda made: made.id)
def test_extra_image_is_found(made: Layout, tmp_path: Path) -> None:
    made.write(tmp_path)
    write_images(tmp_path / made.images, ["99999.jpg"])
    [result] = verify(made.open(tmp_path), [made.sequence])
    assert [finding.part for finding in result.findings] == ["frames"]
