from __future__ import annotations

import pytest

from benchmarks.datasets.names import key, select
from trackers.errors import UserError

KNOWN = ["Basketball", "FaceOcc1", "Jogging.1", "Jogging.2", "Skating1", "Skating2.1", "Skating2.2"]


@pytest.mark.parametrize("spelling", ["Jogging.1", "Jogging-1", "jogging_1", "Jogging(1)", "JOGGING 1"])
def test_spellings_of_other_tools(spelling: str) -> None:
    assert key(spelling) == key("Jogging.1")
    assert select([spelling], KNOWN, "otb2015") == ["Jogging.1"]


def test_a_folder_stands_for_its_targets_and_the_order_is_the_data_sets() -> None:
    assert select(["Skating2", "faceocc1", "Jogging"], KNOWN, "otb2015") == [
        "FaceOcc1",
        "Jogging.1",
        "Jogging.2",
        "Skating2.1",
        "Skating2.2",
    ]


@pytest.mark.parametrize("name", ["Jogging.3", "Baskettball", "", "."])
def test_an_unknown_name(name: str) -> None:
    with pytest.raises(UserError, match="data set 'otb2015' has no sequence"):
        select([name], KNOWN, "otb2015")
