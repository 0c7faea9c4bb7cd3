import pytest

from trackers.siamese.update_policy import CURRENT, FIRST, STORED_FRAMES, UpdatePolicy


def fed(trust: UpdatePolicy, *peaks: float) -> list:
    return [trust.observe(peak, crosses_right_border=False) for peak in peaks]


def test_threshold_is_the_mean_of_the_first_five_peaks() -> None:
    trust = UpdatePolicy(interval=5)
    fed(trust, 1, 2, 3, 4)
    assert trust.threshold == 0
    fed(trust, 5, 100)
    assert trust.threshold == 3


def test_last_five_reliable_frames_are_kept_in_turn() -> None:
    trust = UpdatePolicy(interval=0)
    places = [decision.store for decision in fed(trust, *[4.0] * 7)]
    assert places == [1, 2, 3, 4, 5, 1, 2]
    assert set(trust.peaks) == {FIRST, *range(1, STORED_FRAMES + 1)}


def test_the_present_frames_crop_has_a_place_of_its_own() -> None:
    """What learns from it must not learn from a remembered one: the first and five reliable frames."""
    assert (FIRST, STORED_FRAMES, CURRENT) == (0, 5, 6)


def test_the_window_is_left_out_after_nine_frames_even_if_none_was_ever_reliable() -> None:
    spent = [decision.skip_window for decision in fed(UpdatePolicy(interval=0), *[-1.0] * 12)]
    assert spent == [False] * 8 + [True] + [False] * 3


def test_a_frame_below_half_the_threshold_and_the_kept_peaks_is_not_stored() -> None:
    trust = UpdatePolicy(interval=0)
    fed(trust, *[4.0] * 5)
    assert fed(trust, 1.9)[0].store is None
    assert fed(trust, 2.0)[0].store == 1


def test_a_peak_above_the_kept_ones_is_reliable_however_high_the_threshold() -> None:
    trust = UpdatePolicy(interval=0)
    fed(trust, *[4.0] * 5)
    trust.threshold = 100.0
    # The mean of six remembered peaks, the first of which counts 0, is 20 / 6.
    assert fed(trust, 3.3)[0].store is None
    assert fed(trust, 3.4)[0].store == 1


def test_learns_every_fifth_frame_from_the_highest_peak() -> None:
    trust = UpdatePolicy(interval=5)
    decisions = fed(trust, 3, 7, 5, 4, 4, 4, 4, 4, 4, 4)
    assert [decision.learn for decision in decisions] == [None] * 4 + [2] + [None] * 4 + [1]


def test_first_frame_is_learnt_from_while_nothing_else_is_reliable() -> None:
    trust = UpdatePolicy(interval=2)
    assert [decision.learn for decision in fed(trust, -1, -2, -3, -4)] == [CURRENT, FIRST, CURRENT, FIRST]


def test_a_weak_peak_in_a_young_video_is_learnt_from_at_once() -> None:
    trust = UpdatePolicy(interval=5)
    fed(trust, *[4.0] * 5)
    assert [decision.learn for decision in fed(trust, 1.7, 1.5, 4, 4)] == [None, CURRENT, None, None]
    fed(trust, 4)
    assert fed(trust, 0.1)[0].learn is None


def test_from_the_tenth_frame_on_a_video_is_young_no_more() -> None:
    for frames, learnt in ((8, CURRENT), (9, None)):
        trust = UpdatePolicy(interval=100)
        fed(trust, *[4.0] * frames)
        assert fed(trust, 1.5)[0].learn == learnt


def test_peaks_at_a_limit_are_not_below_it() -> None:
    trust = UpdatePolicy(interval=100)
    fed(trust, *[5.0] * 5)
    assert fed(trust, 2.0)[0].learn is None  # 0.4 of the threshold
    assert trust.observe(2.5, crosses_right_border=True).search_centre is False  # half of it


def test_interval_zero_never_learns() -> None:
    assert all(decision.learn is None for decision in fed(UpdatePolicy(interval=0), *[4.0] * 6, *[0.1] * 10))


def test_window_is_left_out_once_after_nine_lost_frames() -> None:
    trust = UpdatePolicy(interval=5)
    assert not any(decision.skip_window for decision in fed(trust, *[4.0] * 5))
    lost = [decision.skip_window for decision in fed(trust, *[0.1] * 30)]
    assert lost.index(True) == 8
    assert sum(lost) == 1


@pytest.mark.parametrize(
    ("peak", "over", "expected"), [(1.9, True, True), (2.1, True, False), (1.9, False, False)]
)
def test_centre_is_searched_when_the_target_may_have_left(peak: float, over: bool, expected: bool) -> None:
    trust = UpdatePolicy(interval=5)
    fed(trust, *[4.0] * 5)
    assert trust.observe(peak, over).search_centre is expected
