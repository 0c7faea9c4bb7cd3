"""Sequence names as users write them."""

from __future__ import annotations

import pytest

from benchmarks.datasets.sequence_names import normalize_name, select_sequences
from trackers.errors import UserError

KNOWN = ["Basketball", "FaceOcc1", "Jogging.1", "Jogging.2", "Skating1", "Skating2.1", "Skating2.2"]


@pytest.mark.parametrize("spelling", ["Jogging.1", "Jogging-1", "jogging_1", "Jogging(1)", "JOGGING 1"])
def test_spellings_of_other_tools_match(spelling: str) -> None:
    assert normalize_name(spelling) == normalize_name("Jogging.1")
    assert select_sequences([spelling], KNOWN, "otb2015") == ["Jogging.1"]


def test_folder_name_selects_all_its_targets_in_order() -> None:
    assert select_sequences(["Skating2", "faceocc1", "Jogging"], KNOWN, "otb2015") == [
        "FaceOcc1",
        "Jogging.1",
        "Jogging.2",
        "Skating2.1",
        "Skating2.2",
    ]


@pytest.mark.parametrize("name", ["Jogging.3", "Baskettball", "", "."])
def test_unknown_name_is_refused_with_a_suggestion(name: str) -> None:
    with pytest.raises(UserError, match="data set 'otb2015' has no sequence"):
        select_sequences([name], KNOWN, "otb2015")


UAV = ["car1", "car11", "car1_1"]


@pytest.mark.parametrize(
    ("requested", "found"), [("car11", "car11"), ("car1_1", "car1_1"), ("CAR1_1", "car1_1")]
)
def test_exact_name_wins_over_loose_match(requested: str, found: str) -> None:
    assert select_sequences([requested], UAV, "uav123") == [found]


def test_ambiguous_loose_name_is_refused() -> None:
    with pytest.raises(UserError, match="'car1-1' may be sequence car11 or car1_1 of data set 'uav123'"):
        select_sequences(["car1-1"], UAV, "uav123")
