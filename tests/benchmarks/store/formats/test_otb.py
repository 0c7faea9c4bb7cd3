"""The two OTB toolkits' files, whose content is the same list of runs."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import loadmat, savemat

from benchmarks.protocols import Trajectory
from benchmarks.store.formats import FORMATS
from benchmarks.store.formats.base import Files, ResultLabel
from benchmarks.store.formats.members import Members, open_members
from trackers.errors import UserError

BOXES = [[10.0, 20, 30, 40], [11.0, 21, 30, 40]]


class OneFile(Members):
    """A single file in memory."""

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(path=None, names=(name,), unsafe=())
        self.content = content

    def where(self, name: str) -> str:
        return name

    def _read(self, name: str, limit: int) -> bytes:
        return self.content[:limit]


def mat(results: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    savemat(file, {"results": results}, **options)
    return file.getvalue()


def cells(*records: dict[str, Any]) -> np.ndarray:
    array = np.empty((1, len(records)), dtype=object)
    array[0, :] = records
    return array


def read(form: str, content: bytes):
    name = f"a.{form.removeprefix('otb-')}"
    return FORMATS.load(form)().read(OneFile(name, content), Files("a", (name,)))


def test_matlab_structs_and_cells_are_read():
    record = {"res": BOXES, "type": "rect", "len": 2, "startFrame": 6, "annoBegin": 1}
    for content in (mat(record), mat(cells(record)), mat(cells(record), do_compression=True)):
        [run] = read("otb-mat", content)
        assert run.boxes.tolist() == BOXES
        assert (run.offset, run.length, run.run_count) == (5, 2, 1)
    runs = read("otb-mat", mat(cells(record, record)))
    assert [run.run_count for run in runs] == [2, 2]
    [run] = read("otb-mat", mat(record | {"res": BOXES[:1]}))
    assert run.boxes.tolist() == BOXES[:1]


def test_json_lists_and_objects_are_read():
    record = {"res": BOXES, "resType": "rect", "startFrame": 1, "endFrame": 2, "shiftType": None}
    for content in ([record], record):
        [run] = read("otb-json", json.dumps(content).encode())
        assert run.boxes.tolist() == BOXES
        assert (run.offset, run.length, run.run_count) == (0, 2, 1)


AFFINE = [[1.0, 2, 3, 4, 5, 6]]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"res": AFFINE, "type": "ivtAff"}, "holds 'ivtAff' and not boxes"),
        ({"res": AFFINE, "resType": "affine_ivt"}, "holds 'affine_ivt' and not boxes"),
        ({"res": AFFINE}, "rows of 6 numbers are affine parameters"),
        ({"res": "boxes"}, "'res' is not a table"),
        ({"res": []}, "'res' is not a table"),
        ({"boxes": BOXES}, "holds no results of OTB's toolkits"),
    ],
)
def test_records_without_boxes_are_refused(record, expected):
    for form, content in (("otb-json", json.dumps([record]).encode()), ("otb-mat", mat(record))):
        with pytest.raises(UserError) as error:
            read(form, content)
        assert str(error.value).startswith(f"a.{form.removeprefix('otb-')}: ")
        assert expected in str(error.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[[", b"\xff", b"[" * 100_000, b'[{"res": [[1' + b"0" * 5000 + b", 1, 1, 1]]"],
)
def test_damaged_json_is_refused(content):
    with pytest.raises(UserError, match=r"a\.json: (not valid JSON|not a text file)"):
        read("otb-json", content)


def test_numbers_with_many_digits_are_infinite():
    [run] = read("otb-json", b'[{"res": [[1' + b"0" * 5000 + b', 1, 1, 1]], "startFrame": 1e999}]')
    assert np.isinf(run.boxes[0, 0])
    assert run.offset is None


@given(st.binary(), st.data())
@settings(max_examples=60, deadline=None)
def test_any_bytes_give_runs_or_a_user_error(noise, data):
    record = {"res": BOXES, "type": "rect", "len": 2}
    for form, content in (("otb-mat", mat(cells(record))), ("otb-json", json.dumps([record]).encode())):
        place = data.draw(st.integers(0, len(content)))
        try:
            runs = read(form, content[:place] + noise + content[place + len(noise) :])
        except UserError as error:
            assert len(str(error).splitlines()) == 1
        else:
            assert all(run.boxes.ndim == 2 for run in runs)


def test_written_files_have_the_toolkits_fields(tmp_path):
    runs = [
        Trajectory(np.array(BOXES), np.array([0.5, 0.5])),
        Trajectory(np.array(BOXES[1:]), np.ones(1), start=1),
    ]
    label = ResultLabel("mine", "Dog", "tre")
    [(path, content)] = FORMATS.load("otb-mat")().write(label, runs).items()
    assert path == "Dog_mine.mat"
    results = loadmat(io.BytesIO(content))["results"]
    # Struct fields come back as in MATLAB: cells of 1 x 1 structs of matrices.
    assert results.shape == (1, 2)
    second = results[0, 1][0, 0]
    assert second["res"].tolist() == BOXES[1:]
    assert second["type"][0] == "rect"
    assert [int(second[name][0, 0]) for name in ("startFrame", "annoBegin", "len")] == [2, 1, 1]

    [(path, content)] = FORMATS.load("otb-json")().write(label, runs).items()
    assert path == "TRE/mine/Dog.json"
    first, second = json.loads(content)
    assert (second["startFrame"], second["endFrame"], second["res"]) == (2, 2, BOXES[1:])
    assert (first["fps"], first["evalType"], first["resType"], first["seqName"]) == (2, "TRE", "rect", "Dog")


def test_files_are_found_by_suffix(write):
    root = write({"OPE/T/Dog.json": "", "OPE/T/scores/ALL.json": "", "Dog_T.mat": "", "README.txt": ""})
    with open_members(root) as members:
        assert [f.stem for f in FORMATS.load("otb-json")().find(members.names, "ope")] == ["Dog", "ALL"]
        assert [f.stem for f in FORMATS.load("otb-mat")().find(members.names, "ope")] == ["Dog_T"]
