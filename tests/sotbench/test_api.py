"""The documented block of the Python API runs as it is written."""

from __future__ import annotations

import copy
import functools
import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from api_trackers import TRACKER, Still

import sotbench as sot
from sotbench._objects import describe_code
from trackers.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with results of two trackers on the demo."""
    folder = tmp_path_factory.mktemp("api")
    for tracker in ("ncc", "still"):
        sot.run(tracker, "demo", results=folder / "results")
    return folder


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    matplotlib.use("agg")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def scores(here: Path) -> sot.Scores:
    return sot.load_results("demo", trackers=["ncc", "still"]).score()


def test_run_resumes_and_summarizes(here: Path) -> None:
    summary = sot.run("ncc", "demo")
    assert summary.failed == {}
    assert summary.fps is None, "nothing was run now"
    assert summary.reused == 9
    assert (summary.path / "easy.txt").exists()


def test_run_takes_a_file_with_settings_and_workers(here: Path) -> None:
    (here / "my_tracker.py").write_text(TRACKER)
    summary = sot.run(
        "my_tracker.py:Drift", "demo", settings={"step": 2.5}, workers=2, sequences=["easy", "motion"]
    )
    assert not summary.failed
    boxes = sot.load_results("demo", trackers=["Drift"])["Drift"]["easy"].boxes
    assert np.allclose(np.diff(boxes[:, 0]), 2.5)


def test_run_takes_a_class_and_a_function(here: Path) -> None:
    def make(step: float = 0.0) -> sot.Tracker:
        return Still()

    assert not sot.run(Still, "demo", name="mine", sequences="easy").failed
    assert not sot.run(make, "demo", name="made", sequences="easy", settings={"step": 1.0}).failed
    results = sot.load_results("demo", trackers=["mine", "made", "still"])
    for name in ("mine", "made"):
        assert np.array_equal(results[name]["easy"].boxes, results["still"]["easy"].boxes)


def test_changed_code_of_a_session_is_noticed(here: Path) -> None:
    def tracker(step: float) -> type[sot.Tracker]:
        class Moving(Still):
            def update(self, frame):
                self.box = self.box + np.array([step, 0, 0, 0])
                return self.box

        return Moving

    moves = {"name": "changing", "sequences": "easy"}
    sot.run(tracker(1.0), "demo", **moves)
    assert sot.run(tracker(1.0), "demo", **moves).reused == 1
    with pytest.raises(UserError, match="overwrite"):
        sot.run(tracker(2.0), "demo", **moves)


def test_edited_file_is_loaded_again_within_a_session(here: Path) -> None:
    (here / "steps.py").write_text("STEP = 3.0\n")
    code = TRACKER.replace("import numpy", "from steps import STEP\nimport numpy").replace("1.0", "STEP")
    (here / "edited.py").write_text(code)
    run = functools.partial(sot.run, "edited.py:Drift", "demo", sequences="easy")
    run(name="first")
    (here / "steps.py").write_text("STEP = 50.0\n")
    with pytest.raises(UserError, match="overwrite"):
        run(name="first")
    run(name="second")
    boxes = sot.load_results("demo", trackers=["first", "second"])
    assert [np.diff(boxes[name]["easy"].boxes[:2, 0])[0] for name in boxes] == [3.0, 50.0]


def test_file_edited_during_a_run_is_not_loaded_within_it(here: Path) -> None:
    """The tracker fails on the first sequence, after editing its file, and is built again."""
    edits = (
        "    def update(self, frame):\n"
        "        if not (here := pathlib.Path(__file__)).with_suffix('.edited').exists():\n"
        "            here.with_suffix('.edited').touch()\n"
        "            here.write_text(here.read_text().replace('float = 3', 'float = 50'))\n"
        "            raise RuntimeError('edited')\n"
    )
    code = TRACKER.replace("1.0", "3.0").replace("    def update(self, frame):\n", edits)
    (here / "edits.py").write_text("import pathlib\n" + code)
    done = sot.run("edits.py:Drift", "demo", name="edits", sequences=["easy", "motion"])
    assert list(done.failed) == ["easy"]
    assert "float = 50" in (here / "edits.py").read_text()
    boxes = sot.load_results("demo", trackers="edits")["edits"]["motion"].boxes
    assert boxes[1, 0] - boxes[0, 0] == 3.0


def plain() -> sot.Tracker:
    return Still()


@pytest.mark.parametrize("change", ["body", "default", "closure", "partial", "global", "method", "base"])
def test_description_of_code_changes_with_it(change: str) -> None:
    def make(step: int) -> object:
        names: dict[str, object] = {"Still": Still, "np": np}
        if change == "body":
            exec(f"def f(): return Still(), {step}", names)
            return names["f"]
        if change == "default":
            exec(f"def f(a={step}): return a", names)
            return names["f"]
        if change == "closure":
            return lambda: step
        if change == "partial":
            return functools.partial(print, step)
        if change == "global":
            exec(f"N = {step}\ndef f(): return N", names)
            return names["f"]
        if change == "method":
            exec(f"class T(Still):\n    def update(self, frame): return self.box * {step}", names)
            return names["T"]
        exec(f"class B(Still):\n    k = {step}\nclass T(B): pass", names)
        return names["T"]

    assert describe_code(make(1)) == describe_code(make(1))
    assert describe_code(make(1)) != describe_code(make(2))


def test_objects_whose_state_cannot_be_seen_are_never_alike() -> None:
    hidden = iter([1, 2])
    assert describe_code(lambda: hidden) != describe_code(lambda: hidden)
    assert describe_code(plain) == describe_code(plain)


def test_session_class_is_refused_where_another_process_would_build_it(here: Path) -> None:
    def make() -> sot.Tracker:
        return Still()

    for options in ({"workers": 2}, {"isolate": True}):
        with pytest.raises(UserError, match=r"write it to a file and give 'file\.py:make'"):
            sot.run(make, "demo", **options)
    with pytest.raises(UserError, match="a function that returns one, not a"):
        sot.run(3, "demo")  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"give `lambda: Still\(\.\.\.\)`"):
        sot.run(Still(), "demo")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"workers": 0}, "workers is an integer of 1 or more"),
        ({"seed": "x"}, "seed is an integer, not 'x'"),
        ({"timeout": -1}, "timeout is a number of seconds above 0"),
        ({"sequences": []}, "an empty list of names selects nothing"),
        ({"settings": ["step"]}, "settings are a dictionary"),
        ({"results": None}, "a path is text"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_runs(
    here: Path, options: dict[str, object], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        sot.run("still", "demo", **options)  # type: ignore[arg-type]


def test_precision_is_given_once(here: Path) -> None:
    with pytest.raises(UserError, match="the precision is given by `precision` and in `settings`"):
        sot.run("siamfc-lite", "demo", precision="float32", settings={"precision": "bf16"})


def test_results_hold_boxes_and_failures(here: Path) -> None:
    results = sot.load_results("demo", trackers=["ncc", "still"])
    assert list(results) == ["ncc", "still"]
    assert results.failed == {}
    assert results["ncc"]["easy"].boxes.shape == (60, 4)
    assert results["ncc"]["easy"].seconds.shape == (60,)
    assert results["ncc"].fps > 0
    frame = results.to_frame()
    assert frame.index.names == ["tracker", "sequence"]
    assert (frame["frames"] == 60).all()
    assert "ncc" in results._repr_html_()


def test_unknown_names_are_answered_in_a_sentence(here: Path, scores: sot.Scores) -> None:
    results = sot.load_results("demo")
    with pytest.raises(UserError, match=r"did you mean 'ncc'\?"):
        results["nccc"]
    with pytest.raises(UserError, match=r"did you mean 'easy'\?"):
        results["ncc"]["eesy"]
    with pytest.raises(UserError, match=r"did you mean 'still'\?"):
        scores.compare("ncc", "stil")
    with pytest.raises(UserError, match="kind of plot"):
        scores.plot("succes")
    with pytest.raises(UserError, match="kind of table"):
        scores.table("accurracy")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="there is no data set"):
        sot.open_dataset("demmo")


def test_scores_become_pandas_tables(scores: sot.Scores) -> None:
    frame = scores.to_frame()
    assert list(frame.index) == ["ncc", "still"], "best first"
    assert {"sequences", "of", "frames", "success", "success_low", "success_high"} <= set(frame.columns)
    by_sequence = scores.to_frame(by="sequence")["success"].unstack("tracker")
    assert by_sequence.shape == (9, 2)
    assert np.allclose(by_sequence.mean(), frame["success"][by_sequence.columns])
    assert scores.to_frame(by="attribute").index.names == ["tracker", "attribute"]
    assert frame.dtypes["success"] == np.float64


def test_scores_of_a_subset(here: Path) -> None:
    results = sot.load_results("demo", trackers=["ncc", "still"])
    two = results.score(sequences=["easy", "motion"])
    assert list(two.to_frame()["sequences"]) == [2, 2]
    whole = results.score().to_frame(by="sequence")["success"]
    assert two.to_frame()["success"]["ncc"] == pytest.approx(whole["ncc"][["easy", "motion"]].mean())
    assert results.score(attribute="OCC").to_frame()["sequences"].max() < 9
    assert results.score(profile="pysot").profile == "pysot"


def test_comparison_has_a_verdict(scores: sot.Scores) -> None:
    comparison = scores.compare("ncc", "still")
    assert comparison.better == "ncc"
    assert comparison.verdict.startswith("ncc is better: ncc - still = +0.")
    assert scores.compare_all().loc[("ncc", "still"), "better"] == "ncc"
    with pytest.raises(UserError, match="two trackers"):
        scores.compare("ncc", "ncc")


def test_plots_draw_on_given_axes_or_their_own_figure(scores: sot.Scores) -> None:
    import matplotlib.pyplot as plt

    fig, (a, b) = plt.subplots(1, 2)
    assert scores.plot("success", ax=a) is fig
    assert scores.plot("precision", ax=b, band=False) is fig
    assert len(a.get_lines()) == 2
    assert a.collections, "a band"
    assert not b.collections, "none"
    assert scores.plot("scores") is not fig
    plt.close(fig)


def test_tables_are_text(scores: sot.Scores) -> None:
    assert scores.table(format="latex").startswith(r"\begin{table}")
    assert "<table" in scores._repr_html_()
    assert scores.table("comparison", format="csv").splitlines()[0].startswith("dataset,")
    assert "ncc" in repr(scores)


def test_results_of_another_tool_are_imported(here: Path) -> None:
    for name, boxes in ((n, r.boxes) for n, r in sot.load_results("demo")["ncc"].items()):
        (here / "other").mkdir(exist_ok=True)
        np.savetxt(here / "other" / f"{name}.txt", boxes, delimiter=",", fmt="%.4f")
    results = sot.import_results("other", tracker="OTHER", dataset="demo", format="txt", origin="zero")
    assert list(results) == ["OTHER"]
    assert len(results["OTHER"]) == 9
    success = sot.load_results("demo", trackers=["OTHER", "ncc"]).score().to_frame()["success"]
    assert success["OTHER"] == pytest.approx(success["ncc"], abs=1e-3)
    with pytest.raises(UserError, match="overwrite"):
        sot.import_results("other", tracker="OTHER", dataset="demo", format="txt", origin="zero")


def test_settings_may_be_numpy_scalars(here: Path) -> None:
    (here / "my_tracker.py").write_text(TRACKER)
    for step in np.linspace(1, 2, 2):
        done = sot.run(
            "my_tracker.py:Drift", "demo", name=f"step-{step:g}", settings={"step": step}, sequences="easy"
        )
        assert not done.failed


def test_overlap_of_lists_integers_and_wrong_shapes() -> None:
    assert sot.iou([0, 0, 10, 10], [5, 0, 10, 10]) == pytest.approx(1 / 3)
    far, near = np.array([[0, 0, 10, 10], [250, 0, 10, 10]], dtype=np.uint8)
    assert sot.iou(far, near) == 0
    for wrong in (np.zeros((3, 5)), np.zeros(3), 1.0):
        with pytest.raises(ValueError, match=r"boxes have shape \(\.\.\., 4\)"):
            sot.iou(wrong, np.zeros((3, 4)))


def test_speed_runs_in_a_script_without_a_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sotbench as sot\nprint('started')\n"
        "record = sot.speed('still', sequences=['easy'], frames=2, warm_up=0, repetitions=1)\n"
        "print(record.fps > 0)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert done.stdout == "started\nTrue\n"


def test_a_file_that_hides_a_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "trackers.py").write_text("")
    program = "import sotbench as sot; sot.run"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert "trackers.py hides sotbench's own package 'trackers': rename it" in done.stderr


def test_dataset_is_a_collection_of_names() -> None:
    dataset = sot.open_dataset("demo")
    assert len(dataset) == len(list(dataset)) == 9
    assert "easy" in dataset
    assert repr(dataset) == "<Demo: 9 of 9 sequences>"
    assert repr(dataset["easy"]) == "<Sequence easy: 60 frames>"


def test_open_dataset_is_accepted_in_place_of_its_name(here: Path) -> None:
    dataset = sot.open_dataset("demo")
    assert sot.run("still", dataset).reused == 9
    assert list(sot.load_results(dataset, trackers="still")) == ["still"]


def test_dataset_and_overlap(here: Path) -> None:
    sequence = sot.open_dataset("demo")["easy"]
    assert sequence.frames()[0].shape[2] == 3
    truth = sequence.truth
    boxes = sot.load_results("demo")["ncc"]["easy"].boxes
    overlap = sot.iou(boxes, truth)
    assert overlap.shape == (60,)
    assert overlap[0] == 1


def test_speed_is_measured(here: Path) -> None:
    record = sot.speed("ncc", sequences=["easy"], frames=3, warm_up=0, repetitions=2)
    assert record.fps > 0


def test_import_loads_nothing_heavy_and_is_quick() -> None:
    program = (
        "import sys; import sotbench; dir(sotbench); "
        "heavy = {'torch', 'pandas', 'matplotlib', 'scipy', 'cv2', 'numpy', 'onnxruntime', 'optuna'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout == "[]\n"


def test_every_public_name_is_there_and_documented() -> None:
    for name in sot.__all__:
        assert getattr(sot, name).__doc__, name
    assert set(sot.__all__) <= set(dir(sot))
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = sot.nothing_like_it


def test_tuning_in_python(tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="Optuna is not installed (extra tune)")
    where = {"sequences": "easy", "out": tmp_path / "study"}
    found = sot.tune("ncc", "demo", {"reach": (0.5, 1.5)}, trials=2, **where)
    assert [trial.state for trial in found.trials] == ["ok", "ok"]
    assert found.trials[0].settings == {"reach": 1.0}
    assert "2 trials, best success" in repr(found)
    assert found.settings_file.is_file()
    with pytest.raises(sot.UserError, match=r"the range 0\.5:200\.0 of 'reach' includes 200\.0, which"):
        sot.tune("ncc", "demo", {"reach": (0.5, 200.0)}, **where)
    with pytest.raises(sot.UserError, match="'reach' has both a range and a value"):
        sot.tune("ncc", "demo", {"reach": (0.5, 1.5)}, settings={"reach": 1.0}, **where)
    with pytest.raises(sot.UserError, match="3 is not a range for 'reach'"):
        sot.tune("ncc", "demo", {"reach": 3}, **where)
    with pytest.raises(sot.UserError, match="nothing to tune"):
        sot.tune("ncc", "demo", {}, **where)


def test_results_scores_and_sequences_are_pickled_and_copied(here: Path) -> None:
    results = sot.load_results("demo", trackers=["ncc", "still"])
    scores = results.score()
    scores.to_frame(by="sequence")  # fills the caches
    dataset = sot.open_dataset("demo")
    for again in (pickle.loads(pickle.dumps(results)), copy.deepcopy(results)):
        assert repr(again) == repr(results)
        np.testing.assert_array_equal(again["ncc"]["easy"].boxes, results["ncc"]["easy"].boxes)
        assert again.score().to_frame().equals(scores.to_frame())
    for again in (pickle.loads(pickle.dumps(scores)), copy.deepcopy(scores)):
        assert again.to_frame(by="sequence").equals(scores.to_frame(by="sequence"))
        assert again.compare("ncc", "still").verdict == scores.compare("ncc", "still").verdict
    for sequence in (pickle.loads(pickle.dumps(dataset["easy"])), copy.deepcopy(dataset["easy"])):
        np.testing.assert_array_equal(sequence.truth, dataset["easy"].truth)
        np.testing.assert_array_equal(sequence.frames()[3], dataset["easy"].frames()[3])


def test_results_are_read_in_another_process(here: Path) -> None:
    results = sot.load_results("demo", trackers=["ncc"])
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(len, [results, results["ncc"]]) == [1, len(results["ncc"])]
