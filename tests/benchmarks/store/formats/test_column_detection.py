"""Tables whose rows are not plain x, y, w, h."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.box_columns import Columns
from benchmarks.datasets import SequenceError
from benchmarks.store.formats import FORMATS, ImportOptions, read_results
from trackers.errors import UserError

TRUTH = {
    "Car1": np.array([[100.0 + 3 * i, 50, 30, 40] for i in range(6)]),
    "Dog": np.array([[50.0, 160 + 2 * i, 15, 25] for i in range(4)]),
    "Woman": np.array([[70.0, 60 + 2 * i, 22, 64] for i in range(5)]),
}
SIZE = np.array([320, 240])


@pytest.fixture
def dataset(truths):
    class Sized(truths):
        def __getitem__(self, name):
            return replace(super().__getitem__(name), size=tuple(SIZE.tolist()))

    return Sized(TRUTH, "otb2015")


def tables(form) -> dict[str, str]:
    """Returns files of 1-based ground truth with every row converted by `form`."""
    return {
        f"{name}.txt": "\n".join(
            ",".join(map(str, form(number, x + 1, y + 1, w, h))) for number, (x, y, w, h) in enumerate(boxes)
        )
        for name, boxes in TRUTH.items()
    }


def corners(number, x, y, w, h):
    return x, y, x + w, y + h


def inner_corners(number, x, y, w, h):
    return x, y, x + w - 1, y + h - 1


def centered(number, x, y, w, h):
    return x + w / 2, y + h / 2, w, h


def normalized(number, x, y, w, h):
    return x / 320, y / 240, w / 320, h / 240


def yolo(number, x, y, w, h):
    return centered(0, *normalized(0, x, y, w, h))


def mot(number, x, y, w, h):
    return number + 1, 1, x, y, w, h, 1, -1, -1, -1


FORMS = {
    "--columns xyxy": (corners, Columns("xyxy")),
    "--columns xyxy ": (inner_corners, Columns("xyxy")),
    "--columns cxcywh": (centered, Columns("cxcywh")),
    "--columns xywh --normalized": (normalized, Columns(normalized=True)),
    "--columns cxcywh --normalized": (yolo, Columns("cxcywh", normalized=True)),
    "--columns xyxy --skip-columns 1": (lambda n, *box: (n, *corners(n, *box)), Columns("xyxy", 1)),
}


def read(root, dataset, columns=None):
    return read_results(root, FORMATS.load("txt")(), dataset, "ope", ImportOptions(columns=columns))


def assert_truth(imported):
    assert list(imported.trajectories) == list(TRUTH)
    for name, [run] in imported.trajectories.items():
        np.testing.assert_allclose(run.boxes, TRUTH[name], atol=1e-9)


@pytest.mark.parametrize("options", FORMS)
def test_other_forms_are_refused_with_the_option_needed(dataset, write, options):
    form, columns = FORMS[options]
    root = write(tables(form))
    with pytest.raises(UserError) as error:
        read(root, dataset)
    assert str(error.value).endswith(f"if so, give {options.strip()}")
    assert len(str(error.value).splitlines()) == 1
    assert columns.options == options.strip()
    assert_truth(read(root, dataset, columns))


@pytest.mark.parametrize(
    ("form", "note"),
    [
        (lambda n, *box: (*box, 0.9), "columns 1 to 4 .* left out: 5 \\(a confidence"),
        (lambda n, *box: (n, *box), "columns 2 to 5 .* left out: 1 \\(frame numbers"),
        (mot, "columns 3 to 6 .* left out: 1, 2, 7, 8, 9, 10$"),
        (lambda n, x, y, w, h: (x, y, x + w, y, x + w, y + h, x, y + h), "polygons; their upright bounds"),
    ],
)
def test_columns_shown_by_first_boxes_are_read_and_noted(dataset, write, form, note):
    imported = read(write(tables(form)), dataset)
    assert_truth(imported)
    assert re.search(note, imported.notes[0])


def test_rows_of_two_targets_are_refused(dataset, write):
    rows = tables(lambda n, *box: (1 + n // 2, *box))
    with pytest.raises(UserError, match=r"Car1\.txt: column 1 does not count the frames one by one"):
        read(write(rows), dataset)


def test_header_declares_the_columns(dataset, write):
    numbered, _ = FORMS["--columns xyxy --skip-columns 1"]
    content = {name: "frame,x1,y1,x2,y2\n" + text for name, text in tables(numbered).items()}
    assert_truth(read(write(content), dataset))


def test_distant_plain_boxes_suggest_no_other_form(dataset, write):
    with pytest.raises(UserError, match="does not tell how pixels count"):
        read(write(tables(lambda n, x, y, w, h: (x + 90, y + 7, w, h))), dataset)


def test_normalized_boxes_need_the_image_size(truths, write):
    class Bare(truths):
        def __getitem__(self, name):
            def none():
                raise SequenceError("no frames there")

            return replace(super().__getitem__(name), open_frames=none)

    with pytest.raises(UserError, match="need the size of Car1's images: no frames there"):
        read(write(tables(normalized)), Bare(TRUTH, "otb2015"), Columns(normalized=True))
