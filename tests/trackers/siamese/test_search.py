import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trackers.errors import UserError
from trackers.siamese.crops import context_side, crop
from trackers.siamese.frame_upload import upload
from trackers.siamese.response import Peak
from trackers.siamese.search import Search, Targets
from trackers.siamese.settings import SearchSettings

CPU = torch.device("cpu")


def targets(*boxes: list[float]) -> Targets:
    return Targets.from_boxes(torch.tensor(boxes, dtype=torch.float64), torch.zeros(len(boxes), 3))


def peak(scale: int, x: float, y: float) -> Peak:
    offset = torch.tensor([[x, y]], dtype=torch.float64)
    return Peak(torch.tensor([scale]), offset, torch.zeros(1))


@given(x=st.floats(-1e4, 1e4), y=st.floats(-1e4, 1e4), w=st.floats(1e-3, 1e4), h=st.floats(1e-3, 1e4))
def test_boxes_invert_from_boxes(x: float, y: float, w: float, h: float) -> None:
    found = targets([x, y, w, h]).boxes()[0].numpy()
    np.testing.assert_allclose(found, [x, y, w, h], rtol=1e-12, atol=1e-10)


def test_centered_peak_at_middle_scale_changes_nothing() -> None:
    search, start = Search(SearchSettings(), CPU), targets([10.3, 20.7, 31.1, 40.9])
    moved = start
    for _ in range(1000):
        moved = search.moved(moved, peak(1, 0.0, 0.0))
    assert torch.equal(moved.boxes(), start.boxes())


def test_move_follows_the_specification() -> None:
    # w = 60, h = 20 has an exemplar region of side sqrt(6000) and a search region of 255/127 of it.
    moved = Search(SearchSettings(), CPU).moved(targets([0.0, 0.0, 60.0, 20.0]), peak(2, 10.0, -4.0))
    side = 6000**0.5 * 255 / 127
    x, y, w, h = moved.boxes()[0].tolist()
    assert x + w / 2 == pytest.approx(30 + 10 * 8 / 16 * side * 1.0375 / 255)
    assert y + h / 2 == pytest.approx(10 - 4 * 8 / 16 * side * 1.0375 / 255)
    assert (w, h) == pytest.approx((60 * (0.41 + 0.59 * 1.0375), 20 * (0.41 + 0.59 * 1.0375)))


def test_where_takes_chosen_targets() -> None:
    mine, others = (
        Targets.from_boxes(
            torch.tensor([[k, k, 2.0, 4], [k + 1, k, 6, 8]], dtype=torch.float64), torch.full((2, 3), k)
        )
        for k in (10.0, 20.0)
    )
    others.scale[:] = 2.0
    found = mine.where(torch.tensor([False, True]), others)
    assert found.boxes().tolist() == [mine.boxes()[0].tolist(), others.boxes()[1].tolist()]
    assert found.fill.tolist() == [[10] * 3, [20] * 3]
    assert found.scale.tolist() == [1, 2]


def test_crops_have_the_specified_sides_and_sizes() -> None:
    # Bertinetto et al.: the exemplar's square has side A = sqrt((w + p)(h + p)), p = (w + h) / 2, and becomes
    # 127 pixels; a search region has 255/127 of it, times the scale, and becomes 255 pixels.
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, shape, dtype=np.uint8) for shape in ((90, 120, 3), (70, 80, 3))]
    pixels, sizes = upload(frames, CPU)
    boxes = torch.tensor([[30.0, 20, 24, 12], [41.0, 30, 9, 20]], dtype=torch.float64)
    search = Search(SearchSettings(), CPU)
    held = search.start(pixels, sizes, boxes)
    assert held.boxes().tolist() == boxes.tolist()
    assert held.fill.tolist() == [np.rint(frame.mean((0, 1))).tolist() for frame in frames]

    sides = np.array([((24 + 18) * (12 + 18)) ** 0.5, ((9 + 14.5) * (20 + 14.5)) ** 0.5])
    assert context_side(boxes[:, 2:], 0.5).tolist() == pytest.approx(sides)
    centers = torch.tensor([[42.0, 26], [45.5, 40]], dtype=torch.float64)

    def squares(side: np.ndarray, size: int) -> torch.Tensor:
        return crop(pixels, sizes, centers, torch.from_numpy(side), size, held.fill)

    assert torch.equal(search.exemplars(pixels, sizes, held), squares(sides[:, None], 127)[:, 0])
    region = sides[:, None] * 255 / 127
    assert torch.equal(search.centered(pixels, sizes, held), squares(region, 255)[:, 0])
    at_scales = squares(region * 1.0375 ** np.array([-1, 0, 1]), 255)
    assert torch.equal(search.regions(pixels, sizes, held), at_scales)


def test_five_scales_are_symmetric() -> None:
    search = Search(SearchSettings(scales=5, scale_step=2.0), CPU)
    assert search.factors.tolist() == [0.25, 0.5, 1, 2, 4]
    assert search.factors.dtype == torch.float64
    assert search.penalties.tolist() == pytest.approx([0.9745, 0.9745, 1, 0.9745, 0.9745])


def test_size_is_kept_if_all_scales_tie() -> None:
    found = Search(SearchSettings(), CPU).find(torch.ones(1, 3, 17, 17))
    assert found.scale.tolist() == [1]


def test_move_keeps_the_fill() -> None:
    start = Targets.from_boxes(torch.tensor([[0.0, 0, 5, 5]], dtype=torch.float64), torch.full((1, 3), 7.0))
    assert Search(SearchSettings(), CPU).moved(start, peak(1, 1.0, 1.0)).fill.tolist() == [[7, 7, 7]]


@pytest.mark.parametrize(("scale", "limit"), [(0, 0.2), (2, 5.0)])
def test_size_is_clamped(scale: int, limit: float) -> None:
    search, moved = Search(SearchSettings(), CPU), targets([0.0, 0.0, 10.0, 20.0])
    for _ in range(200):
        moved = search.moved(moved, peak(scale, 0.0, 0.0))
    assert moved.size()[0].tolist() == pytest.approx([10 * limit, 20 * limit])


def test_find_locates_a_shifted_match() -> None:
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
    ("name", "value", "wanted"),
    [
        ("context", -0.1, "a number 0 or more"),
        ("scales", 2, "an odd number of scales, 1 or more"),
        ("scales", 0, "an odd number of scales, 1 or more"),
        ("scales", -1, "an odd number of scales, 1 or more"),
        ("scales", 2.5, "an odd number of scales, 1 or more"),
        ("scale_step", 1.0, "a number above 1"),
        ("scale_penalty", 0.0, "a number above 0 and at most 1"),
        ("scale_penalty", 1.01, "a number above 0 and at most 1"),
        ("scale_rate", 1.5, "a number from 0 to 1"),
        ("scale_rate", -0.5, "a number from 0 to 1"),
        ("window_weight", -0.2, "a number from 0 to 1"),
        ("window_weight", 1.2, "a number from 0 to 1"),
        ("scale_min", 2.0, "a number above 0 and at most 1"),
        ("scale_min", 0.0, "a number above 0 and at most 1"),
        ("scale_max", 0.5, "a number 1 or more"),
        ("window_weight", float("nan"), "a finite number"),
        ("scale_step", "wide", "a finite number"),
        ("scale_rate", True, "a finite number"),
    ],
)
def test_settings_out_of_range_are_named(name: str, value: object, wanted: str) -> None:
    with pytest.raises(UserError, match=f"^{name} is {value!r}; give {wanted}$"):
        SearchSettings(**{name: value})


def test_limits_of_ranges_are_accepted() -> None:
    SearchSettings(
        context=0, scales=1, scale_penalty=1, scale_rate=0, window_weight=0, scale_min=1, scale_max=1
    )
    SearchSettings(scale_rate=1, window_weight=1, scales=3.0)  # type: ignore[arg-type]
