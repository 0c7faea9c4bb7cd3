"""Published results on UAV123, UAV20L, UAV123@10fps, DTB70, UAVDT, NfS, GOT-10k and TrackingNet.

Each file in `../shared/golden` is imported and scored by the commands. "Recomputed" figures were computed
from the same files by independent code (`golden/more.md`); "printed" ones were published for them:

- EFSCF: the tables of HonglinChu/EFSCF; AutoTrack and KCF on DTB70, AutoTrack on UAV123@10fps: the plots of
  vision4robotics/AutoTrack.
- ATOM on NfS: pytracking's model zoo prints 58.4, for ground truth that differs slightly from this copy.
- GOT-10k: `performance.json` in the file, by got10k's own toolkit. Nine boxes of the ground truth of
  GOT-10k_Val_000175 are not known, so that sequence is left out.
- The curves of UAV123 and UAVDT: the output of the authors' MATLAB toolkits, `perfMat_official.zip`.
- TrackingNet: the development kit's own sample; one result is missing, one ends early.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

import numpy as np
import pytest
from scipy.io import loadmat

from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset
from benchmarks.evaluation import ignore, select
from benchmarks.scoring import OnePassScore
from benchmarks.scoring.profiles import UAV
from reports.published import differences_from_published, published_scores


class Row(NamedTuple):
    """A file of results, and its success and precision."""

    file: str
    form: str
    success: float
    precision: float
    printed: tuple[str, ...] = ()

    @property
    def dataset(self) -> str:
        return self.file.partition("/")[0]

    @property
    def tracker(self) -> str:
        name = self.file.rpartition("/")[2].removesuffix(".zip")
        return name.removesuffix("_from_mat").removesuffix("_mat").removesuffix("_txt")


ROWS = [
    Row("uav123/EFSCF_mat.zip", "otb-mat", 0.5087, 0.7115, ("0.509", "0.712")),
    Row("uav123/AutoTrack_from_mat.zip", "txt", 0.4722, 0.6886),
    Row("uav123/SiamRPN_txt.zip", "pytracking", 0.5824, 0.7743),
    Row("uav20l/EFSCF_mat.zip", "otb-mat", 0.4516, 0.6041, ("0.452", "0.604")),
    Row("uav20l/KCF_from_mat.zip", "txt", 0.1960, 0.3110, ("0.196", "0.311")),
    Row("uav20l/STRCF_from_mat.zip", "txt", 0.4100, 0.5754),
    Row("uav123_10fps/AutoTrack_from_mat.zip", "txt", 0.4774, 0.6714, ("0.477",)),
    Row("dtb70/AutoTrack_from_mat.zip", "txt", 0.4785, 0.7172, ("0.479", "0.717")),
    Row("dtb70/KCF_from_mat.zip", "txt", 0.2800, 0.4675, ("0.280", "0.468")),
    Row("dtb70/ECO_HC_from_mat.zip", "txt", 0.4476, 0.6353),
    Row("uavdt/EFSCF_mat.zip", "otb-mat", 0.4780, 0.7496, ("0.478", "0.750")),
    Row("uavdt/MDNet_mat.zip", "otb-mat", 0.4641, 0.7249),
    Row("uavdt/SiamFC_mat.zip", "otb-mat", 0.4471, 0.6813),
    Row("uavdt/KCF_mat.zip", "otb-mat", 0.2896, 0.5701),
]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of results of all tests, so that each file is imported once."""
    return tmp_path_factory.mktemp("results")


def import_file(row: Row, shared: Path, results: Path) -> list[str]:
    """Imports a file by the command; returns the options that name its results."""
    data = ["--dataset", row.dataset, "--data-root", str(shared / "annotations"), "--results", str(results)]
    words = [str(shared / "golden" / row.file), "--from", row.form, "--tracker", row.tracker, *data]
    if not (results / row.dataset / row.tracker).exists():
        assert main(["import", *words]) == 0
    return [*data, "--tracker", row.tracker]


@pytest.fixture
def record(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Scores by the command; returns its only row."""

    def score(*words: str) -> dict[str, Any]:
        capsys.readouterr()
        assert main(["score", *words, "--format", "json"]) == 0
        [row] = json.loads(capsys.readouterr().out)
        return row

    return score


@pytest.mark.shared
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.file)
def test_results_score_as_recomputed_and_as_printed(row, shared, results, record):
    found = record(*import_file(row, shared, results))
    assert found["sequences"] == found["of"]
    assert found["profile"] == "uav"
    assert (found["success"], found["precision"]) == pytest.approx((row.success, row.precision), abs=0.0005)
    if row.tracker != "STRCF":  # published for another run
        assert list(differences_from_published([found], published_scores(row.dataset, "ope"))) == []
    values = (found["success"], found["precision"])
    assert tuple(f"{value:.3f}" for value in values)[: len(row.printed)] == row.printed


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("uav123/AutoTrack_from_mat.zip", "AutoTrack"),
        ("uavdt/MDNet_mat.zip", "MDNet"),
        ("uavdt/SiamFC_mat.zip", "SiamFC"),
        ("uavdt/KCF_mat.zip", "KCF"),
    ],
)
def test_curves_equal_the_authors_matlab_output(file, named, shared, results):
    [row] = [row for row in ROWS if row.file == file]
    import_file(row, shared, results)
    selection = select(row.dataset, results=results, trackers=[row.tracker], data_root=shared / "annotations")
    [score] = selection.score(UAV, ignore)
    assert isinstance(score, OnePassScore)
    assert score.sequences == open_dataset(row.dataset, shared / "annotations").all_names
    with ZipFile(shared / "golden" / row.dataset / "perfMat_official.zip") as archive:
        for name, curve in (("success", "overlap"), ("precision", "error")):
            [member] = [member for member in archive.namelist() if f"_{curve}_OPE.mat" in member]
            table = loadmat(io.BytesIO(archive.read(member)), simplify_cells=True)
            theirs = table["aveSuccessRatePlot"][list(table["nameTrkAll"]).index(named)]
            assert np.array_equal(score.curves[name], theirs), name


SIAMRPN = Row("uav123/SiamRPN_txt.zip", "pytracking", 0.5824, 0.7743)
EFSCF = Row("uav123/EFSCF_mat.zip", "otb-mat", 0.5087, 0.7115)


@pytest.mark.shared
def test_frames_without_ground_truth_are_dropped_by_got10k(shared, results, record):
    found = record(*import_file(SIAMRPN, shared, results), "--profile", "got10k")
    assert (found["success"], found["precision"]) == pytest.approx((0.5900, 0.7586), abs=0.0005)
    found = record(*import_file(EFSCF, shared, results), "--profile", "got10k")
    assert found["precision"] == pytest.approx(0.6952, abs=0.0005)


ATOM = Row("nfs/ATOM_default_5runs.zip", "pytracking", 0.5834, 0.0)
SIAMBAN = Row("nfs/SiamBAN.zip", "pysot", 0.5947, 0.0)


@pytest.mark.shared
def test_nfs_is_the_mean_of_five_runs(shared, results, record):
    words = import_file(ATOM, shared, results)
    found = record(*words)
    assert (found["profile"], found["repetitions"], found["sequences"]) == ("pytracking", 5, 100)
    assert found["success"] == pytest.approx(ATOM.success, abs=0.0001)
    assert found["success_std"] == pytest.approx(0.007, abs=0.0005)
    assert record(*words, "--profile", "pysot")["success"] == pytest.approx(ATOM.success, abs=0.0005)


@pytest.mark.shared
def test_nfs_by_pytracking_and_pysot(shared, results, record):
    words = import_file(SIAMBAN, shared, results)
    assert record(*words, "--profile", "pysot")["success"] == pytest.approx(SIAMBAN.success, abs=0.0005)
    assert record(*words)["success"] == pytest.approx(0.5940, abs=0.0001), "boxes in whole pixels"


REPORT = Row("got10k/run_5410024_AO0.5125.zip", "got10k", 0.0, 0.0)
UNKNOWN = "GOT-10k_Val_000175"


@pytest.mark.shared
def test_got10k_equals_its_own_report(shared, results, record, tmp_path, capsys):
    words = import_file(REPORT, shared, results)
    with ZipFile(shared / "golden" / REPORT.file) as archive:
        [theirs] = json.loads(archive.read("performance.json")).values()
    dataset = open_dataset("got10k", shared / "annotations")
    names = [name for name in dataset.all_names if name != UNKNOWN]
    assert len(names) == 179
    capsys.readouterr()
    assert main(["score", *words, "--by", "sequence", "--format", "json"]) == 0
    ours = {row["sequence"]: row for row in json.loads(capsys.readouterr().out)}
    for name in names:
        expected = theirs["seq_wise"][name]
        assert ours[name]["ao"] == pytest.approx(expected["ao"], abs=1e-7), name
        assert ours[name]["sr50"] == pytest.approx(expected["sr"], abs=1e-7), name
    # All visible frames but the first of each sequence weigh the same.
    flags = [dataset[name].absent for name in names]
    counts = np.array([np.count_nonzero(~absent[1:]) for absent in flags if absent is not None])
    ao, sr50 = (
        np.average([theirs["seq_wise"][name][key] for name in names], weights=counts) for key in ("ao", "sr")
    )
    (tmp_path / "names.txt").write_text("\n".join(names))
    found = record(*words, "--sequences", f"@{tmp_path / 'names.txt'}")
    assert found["profile"] == "got10k"
    assert (found["ao"], found["sr50"]) == pytest.approx((ao, sr50), abs=1e-7)


@pytest.mark.shared
def test_trackingnets_sample_scores_as_its_kit_defines(shared, tmp_path, record, capsys):
    annotations = tmp_path / "TrackingNet" / "TEST" / "anno"
    annotations.mkdir(parents=True)
    with ZipFile(shared / "golden" / "trackingnet" / "dummy_GT.zip") as archive:
        archive.extractall(annotations)
    data = ["--dataset", "trackingnet", "--data-root", str(tmp_path), "--results", str(tmp_path / "results")]
    given = str(shared / "golden" / "trackingnet" / "dummy_subm.zip")
    assert main(["import", given, "--from", "txt", "--tracker", "dummy", *data]) == 0
    assert "there is no box after frame 432 of 480" in capsys.readouterr().err
    found = record(*data)
    assert (found["profile"], found["sequences"]) == ("trackingnet", 9)
    expected = {
        "coverage": 0.889556,
        "success": 0.880796,
        "precision": 0.878025,
        "normalized_precision": 0.878025,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=0.000001)
