"""Multi-start and long-term runs from the command line: schedulers, resumption, reports, export, import."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.cli.main import main
from benchmarks.store.runs import read_run
from reports.html import main as html
from reports.plot import main as plot
from reports.table import main as table

FRAMES = {"agility": 14, "ants1": 12, "ball2": 13}
LONG_TERM = {"agility": "boat", "ants1": "bull", "ball2": "deer"}
TRACKERS = """
import numpy as np
from trackers import Tracker
from trackers.tracker import BatchTracker

class Follow(Tracker):
    deterministic = True
    def init(self, frame, box): self.box = np.array(box)
    def update(self, frame): return self.box + [1, 0, 0, 0], float(frame.mean())

class Silent(Follow):
    def update(self, frame): return self.box + [2, 0, 0, 0]

class Many(BatchTracker):
    deterministic = True
    def __init__(self, slots: int = 1): self.boxes = np.zeros((slots, 4))
    def init(self, slots, frames, boxes): self.boxes[slots] = boxes
    def update(self, slots, frames):
        return [(self.boxes[slot] + [1, 0, 0, 0], float(frame.mean())) for slot, frame in zip(slots, frames)]
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A workspace of VOT2020 with three sequences, each in gray levels that rise, and long-term ones."""
    root = tmp_path_factory.mktemp("vot")
    (root / "mine.py").write_text(TRACKERS)
    for dataset in ("vot2020", "vot2019-lt"):
        for name, frames in FRAMES.items():
            name = (
                {"agility": "boat", "ants1": "bull", "ball2": "deer"}[name]
                if dataset.endswith("lt")
                else name
            )
            folder = root / dataset / "sequences" / name
            (folder / "color").mkdir(parents=True)
            for number in range(frames):
                image = Image.new("RGB", (64, 48), (10 * number,) * 3)
                image.save(folder / "color" / f"{number + 1:08}.jpg")
            rows = ["m10,10,20,16,0,320"] * frames
            if dataset.endswith("lt"):
                rows = ["10,10,20,16"] * (frames - 3) + ["nan,nan,nan,nan"] * 3
            (folder / "groundtruth.txt").write_text("\n".join(rows) + "\n")
            (folder / "sequence").write_text(f"width=64\nheight=48\nlength={frames}\n")
            if not dataset.endswith("lt"):
                anchors = ["1", "0", "0", "1", *["0"] * (frames - 6), "-1", "0"]
                (folder / "anchor.value").write_text("\n".join(anchors) + "\n")
    return root


def sotbench(place: Path, *words: str) -> int:
    common = ["--data-root", str(place), "--results", str(place / "results")]
    return main([*words, *common])


def run(place: Path, kind: str, dataset: str, protocol: str, name: str, *more: str) -> int:
    words = ["--tracker", f"{place / 'mine.py'}:{kind}", "--name", name, "--device", "cpu"]
    return sotbench(place, "run", *words, "--dataset", dataset, "--protocol", protocol, *more)


@pytest.fixture(scope="module")
def made(place) -> Path:
    for dataset, protocol in (("vot2020", "multistart"), ("vot2019-lt", "long-term")):
        for kind in ("Follow", "Silent"):
            assert run(place, kind, dataset, protocol, kind) == 0
    return place


def trajectories(place: Path, dataset: str, tracker: str, protocol: str):
    return read_run(place / "results", dataset, tracker, protocol).trajectories


def assert_equal(first, second) -> None:
    assert set(first) == set(second)
    for name, runs in first.items():
        for one, other in zip(runs, second[name], strict=True):
            np.testing.assert_array_equal(one.boxes, other.boxes)
            assert (one.start, one.backward) == (other.start, other.backward)
            if one.confidences is None:
                assert other.confidences is None
            else:
                np.testing.assert_array_equal(one.confidences, other.confidences)


def test_multi_start_run_is_stored_with_its_direction(made):
    runs = trajectories(made, "vot2020", "Follow", "multistart")["agility"]
    assert [(one.start, one.backward, len(one.boxes)) for one in runs] == [
        (0, False, 14),
        (3, False, 11),
        (12, True, 13),
    ]
    # Gray levels fall on the way back.
    assert np.isnan(runs[2].confidences[0])
    assert (np.diff(runs[2].confidences[1:]) < 0).all()
    manifest = json.loads((made / "results/vot2020/Follow/multistart/run.json").read_text())
    assert [sorted(one) for one in manifest["sequences"]["agility"]["runs"]] == [
        ["boxes", "confidences", "start", "times"],
        ["boxes", "confidences", "start", "times"],
        ["backward", "boxes", "confidences", "start", "times"],
    ]


def test_run_without_confidence_has_the_files_of_other_protocols(made):
    folder = made / "results/vot2019-lt/Silent/long-term"
    assert sorted(path.name for path in folder.iterdir() if path.suffix == ".txt") == [
        f"{name}{part}" for name in ("boat", "bull", "deer") for part in (".time.txt", ".txt")
    ]
    manifest = json.loads((folder / "run.json").read_text())
    assert set(manifest["sequences"]["boat"]["runs"][0]) == {"boxes", "times", "start"}


@pytest.mark.parametrize(("dataset", "protocol"), [("vot2020", "multistart"), ("vot2019-lt", "long-term")])
def test_schedulers_give_the_same_boxes_and_confidences(made, dataset, protocol):
    alone = trajectories(made, dataset, "Follow", protocol)
    assert run(made, "Many", dataset, protocol, "batch", "--batch", "2") == 0
    assert_equal(alone, trajectories(made, dataset, "batch", protocol))
    assert run(made, "Follow", dataset, protocol, "workers", "--workers", "2") == 0
    assert_equal(alone, trajectories(made, dataset, "workers", protocol))
    assert run(made, "Follow", dataset, protocol, "isolated", "--isolate") == 0
    assert_equal(alone, trajectories(made, dataset, "isolated", protocol))


def test_sequence_with_a_changed_confidence_file_is_run_again(made, capsys):
    assert run(made, "Follow", "vot2020", "multistart", "again") == 0
    path = made / "results/vot2020/again/multistart/ants1.2.confidence.txt"
    before = path.read_bytes()
    path.write_bytes(before.replace(b"1", b"2"))
    capsys.readouterr()
    assert run(made, "Follow", "vot2020", "multistart", "again") == 0
    assert "3 of 3 sequences ok (2 from an earlier run)" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_sequences_without_anchors_fail_alone(made, tmp_path, capsys):
    for name in ("agility", "ants1"):
        folder = tmp_path / "vot2020" / name
        folder.mkdir(parents=True)
        for path in (made / "vot2020/sequences" / name).iterdir():
            if path.name != "anchor.value" or name == "ants1":
                (folder / path.name).symlink_to(path)
    words = [
        "--tracker",
        f"{made / 'mine.py'}:Follow",
        "--results",
        str(tmp_path / "results"),
        "--device",
        "cpu",
    ]
    words += ["--dataset", "vot2020", "--data-root", str(tmp_path), "--protocol", "multistart"]
    assert main(["run", *words]) == 1
    assert "agility has no anchors, which protocol multistart needs" in capsys.readouterr().err
    assert list(trajectories(tmp_path, "vot2020", "Follow", "multistart")) == ["ants1"]


@pytest.mark.parametrize(
    ("dataset", "protocol", "plots"),
    [
        ("vot2020", "multistart", {"scores", "eao", "ar", "sequences"}),
        ("vot2019-lt", "long-term", {"scores", "precision-recall", "sequences"}),
    ],
)
def test_reports_show_these_runs(made, tmp_path, capsys, dataset, protocol, plots):
    words = ["--dataset", dataset, "--protocol", protocol, "--data-root", str(made)]
    words += ["--results", str(made / "results"), "--tracker", "Follow", "Silent"]
    assert plot([*words, "--out", str(tmp_path / "plots"), "--format", "svg"]) == 0
    assert plots <= {path.stem for path in (tmp_path / "plots").iterdir()}
    assert table(words) == 0
    assert html([*words, "--out", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").stat().st_size > 10_000
    words = ["--dataset", dataset, "--protocol", protocol]
    assert sotbench(made, "compare", "Follow", "Silent", *words) == 0
    assert "no difference can be shown on these 3 sequences" in capsys.readouterr().out


def test_scores_come_with_what_to_know(made, capsys):
    words = ["--format", "json", "--tracker", "Follow", "Silent"]
    assert sotbench(made, "score", "--dataset", "vot2020", "--protocol", "multistart", *words) == 0
    shown = capsys.readouterr()
    assert "VOT2020's ground truth is masks, read as the boxes around them (3 of 3 sequences)" in shown.err
    scores = {row["tracker"]: row for row in json.loads(shown.out)}
    # 19 of 21 columns are common, but nothing in the frame of the initialization.
    tracked, runs = 14 + 11 + 13, 3
    assert scores["Follow"]["robustness"] == 1
    assert scores["Follow"]["accuracy"] == pytest.approx(
        19 / 21 * (1 - 3 * runs / (tracked + 12 + 9 + 11 + 13 + 10 + 12)), abs=1e-9
    )
    assert sotbench(made, "score", "--dataset", "vot2019-lt", "--protocol", "long-term", *words) == 0
    shown = capsys.readouterr()
    assert "Silent reports no confidence: every frame counts as reported" in shown.err
    assert "Follow reports no confidence" not in shown.err
    scores = {row["tracker"]: row for row in json.loads(shown.out)}
    # Every frame counts: the first has overlap 0, the others 18 of 22 columns, the last three no target.
    precision = np.mean([(n - 4) * 18 / 22 / n for n in FRAMES.values()])
    recall = np.mean([(n - 4) * 18 / 22 / (n - 3) for n in FRAMES.values()])
    assert scores["Silent"]["precision"] == pytest.approx(precision)
    assert scores["Silent"]["recall"] == pytest.approx(recall)
    assert scores["Silent"]["f_score"] == pytest.approx(2 * precision * recall / (precision + recall))


@pytest.mark.parametrize(
    ("dataset", "protocol", "first"),
    [
        ("vot2020", "multistart", "baseline/agility/agility_00000000"),
        ("vot2019-lt", "long-term", "longterm/boat/boat_001"),
    ],
)
def test_export_is_the_toolkits_layout_and_is_imported_again(made, tmp_path, dataset, protocol, first):
    words = ["--tracker", "Follow", "--dataset", dataset, "--protocol", protocol]
    assert sotbench(made, "export", "--to", "vot", *words, str(tmp_path / "out")) == 0
    stem = tmp_path / "out" / "Follow" / first
    regions = stem.with_name(f"{stem.name}.txt").read_text().splitlines()
    assert regions[:2] == ["1", "11.0,10.0,20.0,16.0"]
    values = stem.with_name(f"{stem.name}_confidence.value").read_text().splitlines()
    assert len(values) == len(regions) == 14
    assert values[0] == ""
    assert float(values[1]) > 0
    assert len(stem.with_name(f"{stem.name}_time.value").read_text().splitlines()) == 14
    words = ["--tracker", "again-" + protocol, "--dataset", dataset, "--protocol", protocol]
    assert sotbench(made, "import", str(tmp_path / "out" / "Follow"), "--from", "vot", *words) == 0
    assert_equal(
        trajectories(made, dataset, "Follow", protocol),
        trajectories(made, dataset, "again-" + protocol, protocol),
    )


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("remove", "there is no run from the anchor in frame 3 (0-based)"),
        ("cut", "10 rows for the 11 frames from its anchor to the end"),
        ("confidence", "10 confidences for 11 regions"),
        ("words", "line 1 has 'high' where a number is expected"),
    ],
)
def test_damaged_multi_start_results_are_refused(made, tmp_path, capsys, damage, problem):
    words = ["--tracker", "Follow", "--dataset", "vot2020", "--protocol", "multistart"]
    assert sotbench(made, "export", "--to", "vot", *words, str(tmp_path / "out")) == 0
    stem = tmp_path / "out/Follow/baseline/agility/agility_00000003"
    regions, values = Path(f"{stem}.txt"), Path(f"{stem}_confidence.value")
    lines = regions.read_text().splitlines(keepends=True)
    if damage == "remove":
        regions.unlink()
    elif damage == "cut":
        regions.write_text("".join(lines[:-1]))
        values.write_text("".join(values.read_text().splitlines(keepends=True)[:-1]))
    elif damage == "confidence":
        values.write_text("".join(values.read_text().splitlines(keepends=True)[:-1]))
    else:
        values.write_text("high\n" * 11)
    capsys.readouterr()
    words = ["--tracker", f"bad-{damage}", "--dataset", "vot2020", "--protocol", "multistart"]
    assert sotbench(made, "import", str(tmp_path / "out/Follow"), "--from", "vot", *words) == 2
    assert problem in capsys.readouterr().err
    assert sotbench(made, "import", str(tmp_path / "out/Follow"), "--from", "vot", *words, "--skip-bad") == 0


def test_multi_start_files_say_which_protocol_they_are_of(made, tmp_path, capsys):
    words = ["--tracker", "Follow", "--dataset", "vot2020"]
    out = str(tmp_path / "out")
    assert sotbench(made, "export", "--to", "vot", *words, "--protocol", "multistart", out) == 0
    assert sotbench(made, "import", f"{out}/Follow", "--from", "vot", *words, "--protocol", "supervised") == 2
    assert "give --from vot --protocol multistart" in capsys.readouterr().err
