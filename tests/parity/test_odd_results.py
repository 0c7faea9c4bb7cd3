"""Results in the forms that people publish them in: what is read, and what is refused in which words.

All variants in `cases/rows` are the same boxes on eight sequences of OTB2015, in `cases/mat` on four.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.box_columns import Columns
from benchmarks.datasets import open_dataset
from benchmarks.scoring import score_run
from benchmarks.scoring.profiles import OTB
from benchmarks.store import RunResults
from benchmarks.store.formats import FORMATS, ImportedResults, ImportOptions, read_results
from trackers.errors import UserError

pytestmark = pytest.mark.shared

SAME = 0.6141
PLAIN = [
    "backslash.zip",
    "bboxext",
    "bom",
    "brackets",
    "cfnet.tar.gz",
    "comma_space",
    "conf5",
    "cr",
    "crlf",
    "csvext",
    "deep.zip",
    "frame5",
    "got10k_3runs",
    "got10k_nested",
    "hash_header",
    "header",
    "int_trunc0",
    "mot10",
    "noext",
    "npprint",
    "plus1_last",
    "poly8",
    "pyt_3runs",
    "sci",
    "spaces",
    "trailing_comma",
    "utf16",
]
READ = dict.fromkeys(PLAIN, SAME) | dict.fromkeys(("nan_rows", "none_rows", "zero_rows"), 0.6091)
"""Success by variant."""
REFUSED = {
    "cxcywh": "give --columns cxcywh",
    "xyxy": "give --columns xyxy",
    "xyxy_half": "give --columns xyxy",
    "normalised": "give --columns xywh --normalized",
    "decimalcomma_semicolon": "seem to have decimal commas",
    "decimalcomma_tab": "seem to have decimal commas",
    "minus1_init": "all files have fewer rows than there are frames",
    "minus1_last": "724 boxes where Basketball has 725 frames",
    "plus1_first": "the first frame may be there twice",
    "zipinzip.zip": "it holds another archive",
}
DECLARED = {
    "cxcywh": (Columns("cxcywh"), SAME),
    "xyxy": (Columns("xyxy"), SAME),
    "xyxy_half": (Columns("xyxy"), 0.6118),
}
MAT_READ = [
    "dimp_5runs_3d",
    "dimp_5runs_cells",
    "fps_field",
    "int32",
    "rectT",
    "single",
    "std",
    "struct_not_cell",
    "v4",
    "var_rects",
    "var_res",
]
MAT_REFUSED = {"4corner": "holds '4corner' and not boxes", "v4real": "a MAT-file of level 4"}
VOT_REFUSED = {
    "longterm": "'longterm': give --from vot --protocol long-term",
    "multistart": "the multi-start protocol of VOT2020",
    "super_mask": "neither a rectangle nor a polygon",
    "super_mask_txt": "line 2 is a mask",
    "super_poly5": "neither a rectangle nor a polygon",
    "vots": "VOTS",
}


def read(
    shared: Path, case: str, form: str = "txt", protocol: str = "ope", columns: Columns | None = None
) -> ImportedResults:
    dataset = open_dataset("vot2017" if form == "vot" else "otb2015", shared / "annotations")
    tool = FORMATS.load(form)()
    return read_results(shared / "cases" / case, tool, dataset, protocol, ImportOptions(columns=columns))


def success(shared: Path, imported: ImportedResults) -> float:
    run = RunResults("T", "otb2015", "ope", imported.trajectories, {}, {}, imported=True)
    return score_run(run, open_dataset("otb2015", shared / "annotations"), OTB).metrics()["success"].value


@pytest.mark.parametrize("case", READ)
def test_accepted_variants_are_read_the_same(shared, case):
    form = {"got10k_nested": "got10k", "got10k_3runs": "got10k", "pyt_3runs": "pytracking"}.get(case, "txt")
    imported = read(shared, f"rows/{case}", form)
    assert success(shared, imported) == pytest.approx(READ[case], abs=5e-5)
    assert {len(runs) for runs in imported.trajectories.values()} == {3 if "3runs" in case else 1}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_variants_are_named(shared, case):
    with pytest.raises(UserError, match=REFUSED[case]) as error:
        read(shared, f"rows/{case}")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("case", DECLARED)
def test_declared_variants_are_read(shared, case):
    columns, expected = DECLARED[case]
    assert success(shared, read(shared, f"rows/{case}", columns=columns)) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("case", MAT_READ)
def test_mat_files_are_read(shared, case):
    assert success(shared, read(shared, f"mat/{case}", "otb-mat")) == pytest.approx(0.5183, abs=5e-5)


@pytest.mark.parametrize("case", MAT_REFUSED)
def test_mat_files_are_refused(shared, case):
    with pytest.raises(UserError, match=MAT_REFUSED[case]):
        read(shared, f"mat/{case}", "otb-mat")


@pytest.mark.parametrize("case", VOT_REFUSED)
def test_vot_results_are_refused(shared, case):
    with pytest.raises(UserError, match=VOT_REFUSED[case]):
        read(shared, f"vot/{case}", "vot", "supervised")


def test_first_boxes_of_pysots_trackers(shared):
    imported = read(shared, "half_pixel", "pysot")
    assert imported.origin == "one"
    assert "+0.5 pixels in x and y off 1-based ground truth" in imported.notes[0]


def test_sre_of_ccot(shared):
    imported = read(shared, "ccot_sre", "otb-mat", "sre")
    assert imported.origin == "one"
    assert {len(runs) for runs in imported.trajectories.values()} == {12}


def test_both_short_files_of_mdnet_are_named(shared):
    with pytest.raises(
        UserError, match=r"2 of 5 files .*697 boxes where Board has 698.*471 boxes where Twinnings"
    ):
        read(shared, "mdnet_short")


def test_sequences_that_differ_in_punctuation(shared):
    cars = open_dataset("folder", shared / "cases" / "car11" / "data")
    results = read_results(shared / "cases" / "car11" / "results", FORMATS.load("txt")(), cars, "ope")
    assert list(results.trajectories) == ["car11", "car1_1"]
