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


def test_last_five_reliable_frames_are_stored() -> None:
    trust = UpdatePolicy(interval=0)
    places = [decision.store for decision in fed(trust, *[4.0] * 7)]
    assert places == [1, 2, 3, 4, 5, 1, 2]
    assert set(trust.peaks) == {FIRST, *range(1, STORED_FRAMES + 1)}


def test_current_crop_has_a_separate_index() -> None:
    """An update on the current frame must not use a stored crop: the first or a reliable one."""
    assert (FIRST, STORED_FRAMES, CURRENT) == (0, 5, 6)


def test_window_is_skipped_without_any_reliable_frame() -> None:
    spent = [decision.skip_window for decision in fed(UpdatePolicy(interval=0), *[-1.0] * 12)]
    assert spent == [False] * 8 + [True] + [False] * 3


def test_weak_frame_is_not_stored() -> None:
    trust = UpdatePolicy(interval=0)
    fed(trust, *[4.0] * 5)
    assert fed(trust, 1.9)[0].store is None
    assert fed(trust, 2.0)[0].store == 1


def test_peak_above_stored_mean_is_reliable() -> None:
    trust = UpdatePolicy(interval=0)
    fed(trust, *[4.0] * 5)
    trust.threshold = 100.0
    # The mean of six stored peaks, the first of which counts 0, is 20 / 6.
    assert fed(trust, 3.3)[0].store is None
    assert fed(trust, 3.4)[0].store == 1


def test_every_fifth_frame_learns_from_the_highest_peak() -> None:
    trust = UpdatePolicy(interval=5)
    decisions = fed(trust, 3, 7, 5, 4, 4, 4, 4, 4, 4, 4)
    assert [decision.learn for decision in decisions] == [None] * 4 + [2] + [None] * 4 + [1]


def test_first_frame_is_used_until_another_is_reliable() -> None:
    trust = UpdatePolicy(interval=2)
    assert [decision.learn for decision in fed(trust, -1, -2, -3, -4)] == [CURRENT, FIRST, CURRENT, FIRST]


def test_early_weak_peak_triggers_an_update() -> None:
    trust = UpdatePolicy(interval=5)
    fed(trust, *[4.0] * 5)
    assert [decision.learn for decision in fed(trust, 1.7, 1.5, 4, 4)] == [None, CURRENT, None, None]
    fed(trust, 4)
    assert fed(trust, 0.1)[0].learn is None


def test_weak_peak_is_ignored_from_frame_ten() -> None:
    for frames, learned in ((8, CURRENT), (9, None)):
        trust = UpdatePolicy(interval=100)
        fed(trust, *[4.0] * frames)
        assert fed(trust, 1.5)[0].learn == learned


def test_peak_at_a_limit_is_not_below_it() -> None:
    trust = UpdatePolicy(interval=100)
    fed(trust, *[5.0] * 5)
    assert fed(trust, 2.0)[0].learn is None  # 0.4 of the threshold
    assert trust.observe(2.5, crosses_right_border=True).search_center is False  # half of it


def test_interval_zero_never_learns() -> None:
    assert all(decision.learn is None for decision in fed(UpdatePolicy(interval=0), *[4.0] * 6, *[0.1] * 10))


def test_window_is_skipped_once_after_nine_lost_frames() -> None:
    trust = UpdatePolicy(interval=5)
    assert not any(decision.skip_window for decision in fed(trust, *[4.0] * 5))
    lost = [decision.skip_window for decision in fed(trust, *[0.1] * 30)]
    assert lost.index(True) == 8
    assert sum(lost) == 1


@pytest.mark.parametrize(
    ("peak", "over", "expected"), [(1.9, True, True), (2.1, True, False), (1.9, False, False)]
)
def test_center_is_searched_if_target_may_have_left(peak: float, over: bool, expected: bool) -> None:
    trust = UpdatePolicy(interval=5)
    fed(trust, *[4.0] * 5)
    assert trust.observe(peak, over).search_center is expected
