from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.store.formats.matching import match, spelling
from trackers.errors import UserError

NAMES = ("Basketball", "Basketball_ce1", "Dog", "Dog1", "Human4", "Jogging.1", "Jogging.2", "Skating2.1")


def matched(*stems: str) -> dict[str, str]:
    return {name: stems[index] for name, index in match(stems, stems, NAMES).items()}


def test_case_and_punctuation_are_ignored():
    assert matched("human4-2", "basketBall", "jogging_1", "Jogging(2)", "SKATING2-1", "README") == {
        "Basketball": "basketBall",
        "Human4": "human4-2",
        "Jogging.1": "jogging_1",
        "Jogging.2": "Jogging(2)",
        "Skating2.1": "SKATING2-1",
    }


@pytest.mark.parametrize("form", ["{}_Struck_HSV", "KCF-{}", "x_{}_001", "{}"])
def test_common_affixes_are_dropped(form):
    stems = [form.format(name) for name in NAMES]
    assert matched(*stems, "summary") == dict(zip(NAMES, stems, strict=True))


def test_longest_matching_name_wins():
    assert matched("Basketball_ce1_KCF") == {"Basketball_ce1": "Basketball_ce1_KCF"}
    assert matched("Dog1") == {"Dog1": "Dog1"}


def test_tracker_name_may_contain_a_sequence_name():
    assert matched("Basketball_Dog", "Dog1_Dog", "Jogging-1_Dog") == {
        "Basketball": "Basketball_Dog",
        "Dog1": "Dog1_Dog",
        "Jogging.1": "Jogging-1_Dog",
    }


@pytest.mark.parametrize(
    "stems",
    [
        ["Human4", "Human4_2"],
        ["a/Dog", "b/Dog"],
        ["Dog_A", "Dog1_A", "Dog_B", "Dog1_B"],
        ["Dog_A", "Dog1_A", "Jogging-1_A", "Dog_B", "Dog1_B"],
    ],
)
def test_two_files_of_one_sequence_are_refused(stems):
    with pytest.raises(UserError, match=r"both .* and .* look like results of sequence (Human4|Dog)"):
        match([stem.rpartition("/")[2] for stem in stems], stems, NAMES)


def test_unrelated_files_match_nothing():
    assert matched("readme", "") == {}


@given(st.sets(st.sampled_from(NAMES), min_size=3), st.text(max_size=8), st.text(max_size=8))
def test_any_affixes_are_found(chosen, before, after):
    stems = [f"{before}{name}{after}" for name in chosen]
    assert set(matched(*stems)) == chosen


def test_spelling_is_undone_by_matching():
    spelled = [spelling(name, "-", "otb2015") for name in NAMES]
    assert spelled[4:] == ["Human4-2", "Jogging-1", "Jogging-2", "Skating2-1"]
    assert matched(*spelled) == dict(zip(NAMES, spelled, strict=True))
    assert spelling("Human4", "-", "tc128") == "Human4"
    assert spelling("Jogging.1", ".", "otb2015") == "Jogging.1"


UAV = ("car1", "car11", "car1_1", "person2_1", "person21")


def test_exact_name_wins_over_loose_match():
    for form in ("{}", "{}_SiamFC", "x-{}"):
        stems = [form.format(name) for name in UAV]
        assert match(stems, stems, UAV) == {name: index for index, name in enumerate(UAV)}


def test_exact_name_but_for_case_wins_over_loose_match():
    stems = ["CAR1_1", "Car11"]
    assert match(stems, stems, UAV) == {"car1_1": 0, "car11": 1}


def test_loose_match_of_two_sequences_is_refused():
    with pytest.raises(UserError, match=r"car1-1\.txt may be results of sequence car11 or car1_1"):
        match(["car1", "car1-1"], ["car1.txt", "car1-1.txt"], UAV)
