"""Whole folders of results, as other tools write them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.datasets import open_dataset
from benchmarks.protocols import Code
from benchmarks.store.formats import FORMATS, ImportOptions, read_results
from benchmarks.store.formats.matlab import write_variable
from trackers.errors import UserError

TRUTH = {
    "Car1": [[10.0 + 3 * i, 20, 30, 40] for i in range(6)],
    "Dog": [[50.0, 60 + 2 * i, 15, 15] for i in range(4)],
    "Jogging.1": [[5.0 + i, 5, 8, 9] for i in range(4)],
}


@pytest.fixture
def dataset(truths):
    return truths(TRUTH, "otb2015", missing=("Woman",))


def rows(boxes, separator=",", shift=1) -> str:
    return "\n".join(separator.join(map(str, [x + shift, y + shift, w, h])) for x, y, w, h in boxes)


def read(path, form, dataset, protocol=None, origin=None):
    tool = FORMATS.load(form)()
    return read_results(path, tool, dataset, protocol or tool.protocols[0], ImportOptions(origin))


def assert_truth(trajectories, names=tuple(TRUTH)):
    assert tuple(trajectories) == names
    for name in names:
        [run] = trajectories[name]
        np.testing.assert_allclose(run.boxes, TRUTH[name])


def test_got10k_with_times_and_other_files(dataset, write):
    root = write(
        {
            "T/Car1.txt": rows(TRUTH["Car1"]),
            "T/Dog.txt": rows(TRUTH["Dog"]),
            "T/Jogging.1.txt": rows(TRUTH["Jogging.1"]),
            "T/times/Car1_time.txt": "0.5\n" * 6,
            "T/times/Dog_time.txt": "0.5\n" * 3,
            "T/performance.json": "{}",
            "T/Unknown.txt": "not a box",
        }
    )
    imported = read(root, "got10k", dataset)
    assert_truth(imported.trajectories)
    assert imported.trajectories["Car1"][0].seconds.tolist() == [0.5] * 6
    assert np.isnan(imported.trajectories["Dog"][0].seconds).all(), "times that do not fit are dropped"
    assert imported.skipped == ["T/Unknown.txt", "T/performance.json"]
    assert imported.origin == "one"
    assert imported.notes == [
        "pixels count from 1: of 3 first boxes 3 are 1-based ground truth and 0 0-based"
    ]


def test_got10k_with_a_folder_per_sequence(dataset, write):
    run = rows(TRUTH["Dog"], shift=0)
    root = write({"T/Dog/Dog_001.txt": run, "T/Dog/Dog_002.txt": run, "T/Dog/Dog_time.txt": "1,2\n" * 4})
    imported = read(root, "got10k", dataset)
    first, second = imported.trajectories["Dog"]
    assert first.boxes.tolist() == second.boxes.tolist() == TRUTH["Dog"]
    assert (first.seconds[0], second.seconds[0]) == (1, 2)
    assert imported.origin == "zero"


def test_pytracking_truncates_and_separates_by_tabs(dataset, write):
    root = write(
        {
            f"{name}.txt": rows(np.trunc(TRUTH[key]).astype(int), "\t")
            for name, key in (("Car1", "Car1"), ("Dog", "Dog"), ("Jogging_1", "Jogging.1"))
        }
        | {"Dog_time.txt": "0.1\n" * 4}
    )
    imported = read(root, "pytracking", dataset)
    assert_truth(imported.trajectories)
    assert imported.trajectories["Dog"][0].seconds[0] == 0.1
    assert imported.skipped == []


def test_sequences_without_ground_truth_are_left_out(dataset, write):
    root = write({"Woman.txt": "1,1,1,1"})
    with pytest.raises(UserError, match="whose ground truth is not there; see --data-root"):
        read(root, "txt", dataset)
    write({"Dog.txt": rows(TRUTH["Dog"])})
    imported = read(root, "txt", dataset)
    assert_truth(imported.trajectories, ("Dog",))
    assert "1 sequence has no ground truth here and is left out" in imported.notes


def test_an_unclear_origin_asks_for_a_declaration(dataset, write):
    root = write({f"{name}.txt": rows(boxes, shift=0.4) for name, boxes in TRUTH.items()})
    with pytest.raises(UserError, match="give --one-based or --zero-based"):
        read(root, "txt", dataset)
    zero, one = (read(root, "txt", dataset, origin=origin) for origin in ("zero", "one"))
    assert np.allclose(zero.trajectories["Dog"][0].boxes - one.trajectories["Dog"][0].boxes, [1, 1, 0, 0])
    assert zero.notes == one.notes == []


def test_frames_without_a_box_are_nan_and_counted(dataset, write):
    boxes = rows(TRUTH["Dog"]).splitlines()
    root = write({"Dog.txt": "\n".join([*boxes[:2], "nan,nan,nan,nan", "inf,2,3,4"])})
    imported = read(root, "txt", dataset)
    assert np.isnan(imported.trajectories["Dog"][0].boxes[2:]).all()
    assert "2 frames have no box" in imported.notes[1]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1,2,3,4\n" * 3, r"Dog\.txt: 3 boxes where Dog has 4 frames"),
        ("1,2,3,4\n" * 5, r"Dog\.txt: 5 boxes where Dog has 4 frames"),
        ("1,2,3,4\n" * 3 + "1,2,3,1e300", r"Dog\.txt: row 4 is beyond any image"),
        ("1,2,3,4,5,6\n" * 4, r"Dog\.txt: rows of 6 numbers are affine"),
    ],
)
def test_unfit_file_is_refused_by_name(dataset, write, content, expected):
    with pytest.raises(UserError, match=expected):
        read(write({"Dog.txt": content}), "txt", dataset, origin="one")


def test_nothing_to_import(dataset, write):
    with pytest.raises(UserError, match="no file of format 'otb-mat' is named after a sequence of OTB2015"):
        read(write({"Dog.txt": "1,2,3,4"}), "otb-mat", dataset)
    with pytest.raises(UserError, match="format 'txt' cannot hold results of protocol 'tre'"):
        read(write({}), "txt", dataset, "tre")


def segments(starts, ends=6, **others) -> str:
    return json.dumps(
        [
            {
                "res": [[x + 1, y + 1, w, h] for x, y, w, h in TRUTH["Car1"][start:ends]],
                "startFrame": start + 1,
                "endFrame": ends,
                "resType": "rect",
                **others,
            }
            for start in starts
        ]
    )


def test_tre_is_read_as_tre_and_as_one_pass(dataset, write):
    root = write({"Car1.json": segments([0, 2, 5])})
    imported = read(root, "otb-json", dataset, "tre")
    assert [(run.start, len(run.boxes)) for run in imported.trajectories["Car1"]] == [(0, 6), (2, 4), (5, 1)]
    for run in imported.trajectories["Car1"]:
        assert run.boxes.tolist() == TRUTH["Car1"][run.start :]
    one_pass = read(root, "otb-json", dataset, "ope")
    assert_truth(one_pass.trajectories, ("Car1",))
    assert "1 file holds several runs (TRE)" in one_pass.notes[0]


def shifted_segments(*shifts) -> str:
    """Returns runs over a whole sequence that start from shifted boxes."""
    [record] = json.loads(segments([0]))
    return json.dumps(
        [record | {"res": [[x + shift, y, w, h] for x, y, w, h in record["res"]]} for shift in shifts]
    )


def test_sre_and_one_pass_are_not_confused(dataset, write):
    root = write({"Car1.json": shifted_segments(-3, 3, 4)})
    with pytest.raises(
        UserError, match=r"Car1\.json: holds 3 runs over the same frames .* give --protocol sre"
    ):
        read(root, "otb-json", dataset, "ope")
    assert len(read(root, "otb-json", dataset, "sre").trajectories["Car1"]) == 3
    write({"Car1.json": segments([0])})
    with pytest.raises(UserError, match=r"Car1\.json: holds one run, which is not protocol 'sre'"):
        read(root, "otb-json", dataset, "sre")


def test_declared_shorter_run_is_kept(dataset, write):
    imported = read(write({"Car1.json": segments([0], ends=4)}), "otb-json", dataset)
    assert imported.trajectories["Car1"][0].boxes.tolist() == TRUTH["Car1"][:4]
    assert "the run ends with frame 4 of 6" in imported.notes[1]


def test_vot_workspace_of_either_toolkit(truths, write):
    dataset = truths({"bag": TRUTH["Dog"]}, "vot2017")
    supervised = "1\n50,62,15,15\n2\n0\n"
    matlab = {
        "baseline/bag/bag_001.txt": supervised,
        "baseline/bag/bag_002.txt": supervised,
        "baseline/bag/bag_time.txt": "0.1,0.2,0\n" * 4,
        "realtime/bag/bag_001.txt": "1\n0\n0\n0\n",
        "manifest.txt": "",
    }
    imported = read(write(matlab), "vot", dataset)
    first, second = imported.trajectories["bag"]
    assert first.codes.tolist() == [Code.INITIALIZED, Code.TRACKED, Code.FAILED, Code.SKIPPED]
    assert first.boxes[1].tolist() == [50, 62, 15, 15]
    assert (first.seconds[0], second.seconds[0]) == (0.1, 0.2)
    assert imported.skipped == ["manifest.txt", "realtime/bag/bag_001.txt"]
    assert imported.notes == [
        "the files hold no first boxes; pixels count from 0, as in the ground-truth files of VOT2017"
    ]
    assert read(write({}), "vot", dataset, "realtime").trajectories["bag"][0].codes.tolist() == [1, 0, 0, 0]

    python = {"unsupervised/bag/bag_001.txt": "1\n" + rows(TRUTH["Dog"][1:], shift=0)}
    python["unsupervised/bag/bag_001_time.value"] = "0.3\n" * 4
    imported = read(write(python), "vot", dataset, "unsupervised")
    [run] = imported.trajectories["bag"]
    assert run.boxes.tolist() == TRUTH["Dog"]
    assert run.codes is None
    assert run.seconds.tolist() == [0.3] * 4


def test_vot_results_without_experiment_folder(truths, write):
    dataset = truths({"bag": TRUTH["Dog"]}, "vot2017")
    root = write({"bag/bag_001.txt": "1\n0\n0\n0\n"})
    assert read(root, "vot", dataset, "realtime").trajectories["bag"][0].codes[0] == Code.INITIALIZED
    write({"bag/bag_001.txt": rows(TRUTH["Dog"])})
    with pytest.raises(UserError, match="does not begin with an initialization"):
        read(root, "vot", dataset)


def test_two_trackers_in_one_folder_are_refused(dataset, write):
    boxes = rows(TRUTH["Dog"])
    root = write({"A/Dog.txt": boxes, "B/Dog.txt": boxes})
    with pytest.raises(UserError, match=r"both A/Dog\.txt and B/Dog\.txt .* name the folder of one tracker"):
        read(root, "got10k", dataset)


def offset_rows(boxes, pixels) -> str:
    return rows([[x + pixels, y + pixels, w, h] for x, y, w, h in boxes], shift=1)


@pytest.mark.parametrize(
    ("pixels", "origin", "note"),
    [
        (
            0.5,
            "one",
            "pixels count from 1: all first boxes are +0.5 pixels in x and y off 1-based ground truth",
        ),
        (
            -0.5,
            "one",
            "pixels count from 1: all first boxes are -0.5 pixels in x and y off 1-based ground truth",
        ),
        (-1.5, "zero", "pixels count from 0: all first boxes are -0.5 pixels in x and y off 0-based"),
        (1, "one", "pixels count from 1: all first boxes are +1 pixels in x and y off 1-based ground truth"),
    ],
)
def test_constant_offset_is_noted_and_kept(dataset, write, pixels, origin, note):
    imported = read(
        write({f"{name}.txt": offset_rows(TRUTH[name], pixels) for name in TRUTH}), "pysot", dataset
    )
    assert imported.origin == origin
    assert imported.notes[0].startswith(note)
    assert ("as pysot's trackers write them" in imported.notes[0]) == (pixels == 0.5)
    kept = pixels if origin == "one" else pixels + 1
    for name, [run] in imported.trajectories.items():
        np.testing.assert_allclose(run.boxes, np.array(TRUTH[name]) + np.array([kept, kept, 0, 0]))


def test_varying_offset_does_not_show_the_origin(dataset, write):
    files = {
        f"{name}.txt": offset_rows(TRUTH[name], 0.5 * k - 0.5) for k, name in enumerate(TRUTH, 1) if k != 1
    }
    files |= {"Car1.txt": offset_rows(TRUTH["Car1"], 0.3)}
    with pytest.raises(UserError, match="does not tell how pixels count"):
        read(write(files), "txt", dataset)


def test_sre_takes_the_origin_of_the_format(dataset, write):
    imported = read(write({"Car1.json": shifted_segments(-3, 3, 4)}), "otb-json", dataset, "sre")
    assert imported.origin == "one"
    assert imported.notes == ["pixels count from 1, as format 'otb-json' has it"]
    np.testing.assert_allclose(
        imported.trajectories["Car1"][0].boxes, np.array(TRUTH["Car1"]) + np.array([-3, 0, 0, 0])
    )


def test_all_bad_files_are_named_at_once(dataset, write):
    files = {f"{name}.txt": rows(boxes) for name, boxes in TRUTH.items()}
    files |= {"Car1.txt": rows(TRUTH["Car1"][:-1]), "Dog.txt": rows(TRUTH["Dog"][:-1])}
    root = write(files)
    with pytest.raises(UserError) as error:
        read(root, "txt", dataset)
    assert str(error.value) == (
        f"2 of 3 files cannot be imported: {root}/Car1.txt: 5 boxes where Car1 has 6 frames; the first box "
        "does not show which frames they belong to: download the whole file again or remove it (and Dog.txt: "
        "3 boxes where Dog has 4 frames); --skip-bad imports the other 1"
    )


def test_skip_bad_imports_the_other_files(dataset, write):
    files = {f"{name}.txt": rows(boxes) for name, boxes in TRUTH.items()}
    root = write(files | {"Car1.txt": rows(TRUTH["Car1"][:-1]), "Dog.txt": "no boxes\n1,2,3\n"})
    tool = FORMATS.load("txt")()
    imported = read_results(root, tool, dataset, "ope", ImportOptions(skip_bad=True))
    assert_truth(imported.trajectories, ("Jogging.1",))
    assert set(imported.bad) == {"Car1", "Dog"}
    write({"Jogging.1.txt": "1,2\n"})
    with pytest.raises(UserError, match="3 of 3 files cannot be imported"):
        read_results(root, tool, dataset, "ope", ImportOptions(skip_bad=True))


def test_similar_notes_are_merged(truths, write):
    many = {f"S{k}": [[10.0 + 7 * k, 20, 30, 40]] * 3 for k in range(20)}
    files = {f"{name}.txt": rows(boxes) for name, boxes in many.items()}
    odd = {f"{name}.txt": "500,500,9,9\n" + rows(boxes[1:]) for name, boxes in list(many.items())[:12]}
    imported = read(write(files | odd), "txt", truths(many, "otb2015"))
    assert [note for note in imported.notes if "far from" in note] == [
        "S0: the first box is far from the ground truth's; the rows are paired from the first (so for S1, "
        "S2, S3, S4, S5 and 6 more)"
    ]


@pytest.mark.parametrize("folder", ["dimp/dimp50_{:03}", "{:03}", "run-{:03}"])
def test_numbered_folders_are_repetitions(dataset, write, folder):
    root = write(
        {
            f"{folder.format(k)}/{name}.txt": rows(
                [boxes[0], *([x + k, y, w, h] for x, y, w, h in boxes[1:])]
            )
            for name, boxes in TRUTH.items()
            for k in range(3)
        }
    )
    imported = read(root, "pytracking", dataset)
    assert [len(runs) for runs in imported.trajectories.values()] == [3, 3, 3]
    for k, run in enumerate(imported.trajectories["Dog"]):
        np.testing.assert_allclose(run.boxes[1:], np.array(TRUTH["Dog"])[1:] + np.array([k, 0, 0, 0]))
    assert imported.notes[0] == (
        "3 sequences have 3 runs each over the same frames: these are taken as repetitions"
    )


def test_repetitions_in_one_file_are_read(dataset, write):
    boxes = np.array(TRUTH["Car1"]) + np.array([1, 1, 0, 0])
    stacked = np.stack([boxes + [0, 0, k, 0] * (np.arange(6) > 0)[:, None] for k in range(5)])
    for content in ([{"res": each.tolist()} for each in stacked], {"res": stacked.tolist()}):
        imported = read(write({"Car1.json": json.dumps(content)}), "otb-json", dataset)
        assert [run.boxes[1, 2] for run in imported.trajectories["Car1"]] == [30, 31, 32, 33, 34]


@pytest.mark.parametrize("suffix", [".csv", ".bbox", ""])
def test_other_suffixes_of_text_files(dataset, write, suffix):
    root = write({f"{name}{suffix}": rows(boxes) for name, boxes in TRUTH.items()} | {"performance.txt": "x"})
    assert_truth(read(root, "txt", dataset).trajectories)


@pytest.mark.parametrize(
    ("files", "form", "protocol", "hint"),
    [
        (["CFNet.zip"], "txt", None, "another archive, CFNet.zip: unpack that"),
        (["Dog.mat"], "txt", None, "it holds 1 file \\*.mat: perhaps --from otb-mat"),
        (["baseline/dog/dog_00000050.bin"], "vot", None, "multi-start protocol of VOT2020"),
        (["baseline/dog/dog_001_1.bin"], "vot", None, "VOTS"),
        (["longterm/Dog/Dog_001.bin"], "vot", None, "'longterm': give --from vot --protocol long-term"),
        (
            ["realtime/Dog/Dog_001.txt"],
            "vot",
            "supervised",
            "'realtime': give --from vot --protocol realtime",
        ),
    ],
)
def test_other_contents_are_named(dataset, write, files, form, protocol, hint):
    with pytest.raises(UserError, match=hint):
        read(write(dict.fromkeys(files, "x")), form, dataset, protocol)


@pytest.mark.parametrize(
    ("file", "form", "split"),
    [
        ("GOT-10k_Val_000001/GOT-10k_Val_000001_001.txt", "got10k", "test"),
        ("GOT-10k_Test_000001/GOT-10k_Test_000001_001.txt", "got10k", "val"),
        ("GOT-10k_Val_000001.txt", "txt", "test"),
    ],
)
def test_results_on_another_split_are_named(write, tmp_path, file, form, split):
    (tmp_path / "data/got10k").mkdir(parents=True)
    with pytest.raises(UserError, match="1 is named after a sequence of another part: give its --split"):
        read(write({file: "1,2,3,4"}), form, open_dataset("got10k", tmp_path / "data", split))


def test_plain_table_in_mat_file_is_read(dataset, write):
    boxes = np.array(TRUTH["Car1"]) + np.array([1, 1, 0, 0])
    for variable in ("results", "res", "rects"):
        root = write({"Car1.mat": write_variable(variable, boxes)})
        assert_truth(read(root, "otb-mat", dataset).trajectories, ("Car1",))
    wide = np.tile(boxes[:1], (14, 1)).T
    many = type(dataset)({"Car1": [TRUTH["Car1"][0]] * 14}, "otb2015")
    root = write({"Car1.mat": write_variable("results", [{"res": wide, "type": "rect"}])})
    assert read(root, "otb-mat", many).trajectories["Car1"][0].boxes.shape == (14, 4)


def test_vot_rectangles_and_polygons_are_kept(truths, write):
    class Rotated(truths):
        def __getitem__(self, name):
            polygons = np.array([[x, y, x + w, y, x + w, y + h, x, y + h] for x, y, w, h in TRUTH["Dog"]])
            return replace(super().__getitem__(name), polygons=polygons)

    dataset = Rotated({"a": TRUTH["Dog"], "b": TRUTH["Dog"]}, "vot2017")
    corners = "\n".join(",".join(map(str, row)) for row in dataset["a"].polygons)
    root = write({"a/a_001.txt": rows(TRUTH["Dog"], shift=0), "b/b_001.txt": corners})
    imported = read(root, "vot", dataset, "unsupervised")
    assert [runs[0].boxes.shape for runs in imported.trajectories.values()] == [(4, 4), (4, 8)]


def test_left_out_first_boxes_are_reported(dataset, write):
    later = {name: np.array(boxes)[1:] + np.array([0.3, 0.4, 0, 0]) for name, boxes in TRUTH.items()}
    files = {f"{name}.txt": rows(boxes) for name, boxes in later.items()}
    with pytest.raises(UserError, match="all files have fewer rows than there are frames"):
        read(write(files), "txt", dataset)


def test_repeated_first_row_is_found_in_other_files(truths, write):
    truth = {
        "Car1": TRUTH["Car1"],
        "Dog": TRUTH["Dog"],
        "Rest": [[7.0, 7, 9, 9], [7, 7, 9, 9], [9, 7, 9, 9]],
    }
    dataset = truths(truth, "otb2015")
    twice = {f"{name}.txt": rows([boxes[0], *boxes]) for name, boxes in truth.items()}
    with pytest.raises(UserError, match=r"3 of 3 files .* may be there twice"):
        read(write(twice), "txt", dataset)


def test_extra_last_row_is_cut_with_resting_target(truths, write):
    truth = {"Car1": TRUTH["Car1"], "Rest": [[7.0, 7, 9, 9], [7, 7, 9, 9], [9, 7, 9, 9]]}
    root = write({f"{name}.txt": rows([*boxes, boxes[-1]]) for name, boxes in truth.items()})
    imported = read(root, "txt", truths(truth, "otb2015"))
    np.testing.assert_allclose(imported.trajectories["Rest"][0].boxes, truth["Rest"])


def test_results_at_another_frame_rate_are_refused(truths, write):
    at_30 = {
        "bike1": [[10.0 + i, 20, 30, 40] for i in range(9)],
        "boat1": [[5.0 + i, 6, 7, 8] for i in range(6)],
    }
    at_10 = {name: boxes[::3] for name, boxes in at_30.items()}
    root = write({f"{name}.txt": rows(boxes) for name, boxes in at_30.items()})
    with pytest.raises(UserError, match=r"bike1: 9 rows, 3 frames\), as results at another frame rate"):
        read(root, "txt", truths(at_10, "otb2015"))
    # One such file among others is cut off: its tracker ran on to the last image.
    mixed = at_10 | {"boat1": at_30["boat1"][:4]}
    imported = read(root, "txt", truths(mixed, "otb2015"))
    assert [len(runs[0].boxes) for runs in imported.trajectories.values()] == [3, 4]


def test_other_column_order_is_not_an_origin_problem(truths, write):
    far = [[10.0 + i, 90, 12, 40] for i in range(6)]
    swapped = "\n".join(f"{y},{x},{h},{w}" for x, y, w, h in far)
    with pytest.raises(UserError, match=r"90, 10, 40, 12 where ground truth is 10, 90, 12, 40 .* order of"):
        read(write({"Car1.txt": swapped}), "txt", truths({"Car1": far}, "otb2015"))
