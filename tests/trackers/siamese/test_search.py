import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trackers.errors import UserError
from trackers.siamese.response import Peak
from trackers.siamese.search import Search, SearchSettings, Targets

CPU = torch.device("cpu")


def targets(*boxes: list[float]) -> Targets:
    return Targets.from_boxes(torch.tensor(boxes, dtype=torch.float64), torch.zeros(len(boxes), 3))


def peak(scale: int, x: float, y: float) -> Peak:
    offset = torch.tensor([[x, y]], dtype=torch.float64)
    return Peak(torch.tensor([scale]), offset, torch.zeros(1))


@given(x=st.floats(-1e4, 1e4), y=st.floats(-1e4, 1e4), w=st.floats(1e-3, 1e4), h=st.floats(1e-3, 1e4))
def test_boxes_are_the_inverse_of_from_boxes(x: float, y: float, w: float, h: float) -> None:
    found = targets([x, y, w, h]).boxes()[0].numpy()
    np.testing.assert_allclose(found, [x, y, w, h], rtol=1e-12, atol=1e-10)


def test_middle_scale_at_the_centre_changes_nothing() -> None:
    search, start = Search(SearchSettings(), CPU), targets([10.3, 20.7, 31.1, 40.9])
    moved = start
    for _ in range(1000):
        moved = search.moved(moved, peak(1, 0.0, 0.0))
    assert torch.equal(moved.boxes(), start.boxes())


def test_displacement_and_size_follow_the_specification() -> None:
    # w = 60, h = 20 has an exemplar region of side sqrt(6000) and a search region of 255/127 of it.
    moved = Search(SearchSettings(), CPU).moved(targets([0.0, 0.0, 60.0, 20.0]), peak(2, 10.0, -4.0))
    side = 6000**0.5 * 255 / 127
    x, y, w, h = moved.boxes()[0].tolist()
    assert x + w / 2 == pytest.approx(30 + 10 * 8 / 16 * side * 1.0375 / 255)
    assert y + h / 2 == pytest.approx(10 - 4 * 8 / 16 * side * 1.0375 / 255)
    assert (w, h) == pytest.approx((60 * (0.41 + 0.59 * 1.0375), 20 * (0.41 + 0.59 * 1.0375)))


@pytest.mark.parametrize(("scale", "limit"), [(0, 0.2), (2, 5.0)])
def test_size_is_clamped(scale: int, limit: float) -> None:
    search, moved = Search(SearchSettings(), CPU), targets([0.0, 0.0, 10.0, 20.0])
    for _ in range(200):
        moved = search.moved(moved, peak(scale, 0.0, 0.0))
    assert moved.size()[0].tolist() == pytest.approx([10 * limit, 20 * limit])


def test_find_sees_a_shifted_match() -> None:
    scores = torch.zeros(1, 3, 17, 17)
    scores[0, 1, 8, 8] = 0.5
    scores[0, 2, 10, 5] = 1.0
    found = Search(SearchSettings(), CPU).find(scores)
    assert found.scale.tolist() == [2]
    # Three cells to the left and two down, 16 up-sampled cells each; the window pulls a little.
    assert found.offset[0].tolist() == pytest.approx([-48, 32], abs=2)


def test_put_changes_only_its_slots() -> None:
    three = targets([1.0, 1, 2, 2], [3.0, 3, 4, 4], [5.0, 5, 6, 6])
    three.put(torch.tensor([1]), targets([9.0, 9, 9, 9]))
    assert three.boxes().tolist() == [[1, 1, 2, 2], [9, 9, 9, 9], [5, 5, 6, 6]]
    assert three.at(torch.tensor([2, 0])).boxes().tolist() == [[5, 5, 6, 6], [1, 1, 2, 2]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("context", -0.1),
        ("scales", 2),
        ("scales", 0),
        ("scales", 2.5),
        ("scale_step", 1.0),
        ("scale_penalty", 0.0),
        ("scale_rate", 1.5),
        ("window_weight", -0.2),
        ("scale_min", 2.0),
        ("scale_max", 0.5),
        ("window_weight", float("nan")),
        ("scale_step", "wide"),
    ],
)
def test_settings_out_of_range_are_named(name: str, value: object) -> None:
    with pytest.raises(UserError, match=f"{name} is .*; give a"):
        SearchSettings(**{name: value})
