"""The choice of profiles for results."""

from __future__ import annotations

import pytest

from benchmarks.scoring import PROFILES, choose_profile, choose_profiles
from benchmarks.scoring.profiles import GOT10K, LASOT, OTB, PYSOT, PYTRACKING, TC128
from trackers.errors import UserError


def test_profiles_are_found_by_name():
    assert [name for name in PROFILES if not name.startswith("vot")] == [
        *("otb", "uav", "tc128", "lasot", "trackingnet", "got10k", "pysot", "pytracking"),
    ]
    assert PROFILES.load("otb") is OTB
    assert PROFILES.load("pytracking") is PYTRACKING
    with pytest.raises(UserError, match=r"there is no scoring profile 'otv' \(did you mean 'otb'\?\)"):
        PROFILES.load("otv")


@pytest.mark.parametrize(
    ("dataset", "standard", "others"),
    [
        ("otb2015", OTB, [GOT10K, PYSOT, PYTRACKING]),
        ("folder-mine", OTB, [GOT10K, PYSOT, PYTRACKING]),
        ("tc128", TC128, [OTB, GOT10K, PYSOT, PYTRACKING]),
        ("lasot", LASOT, [OTB, GOT10K, PYSOT, PYTRACKING]),
    ],
)
def test_default_profile_of_a_data_set_comes_first(dataset, standard, others):
    assert choose_profiles(None, dataset, "ope") == [standard]
    assert choose_profiles("all", dataset, "ope") == [standard, *others]
    assert choose_profiles("pysot", dataset, "ope") == [PYSOT]
    assert choose_profile(None, dataset, "ope") is standard
    assert choose_profile("pysot", dataset, "ope") is PYSOT


@pytest.mark.parametrize(
    ("name", "datasets"),
    [
        ("uav", "uav123 uav20l uav123_10fps dtb70 uavdt"),
        ("lasot", "lasot lasot-ext tnl2k vasttrack"),
        ("trackingnet", "trackingnet"),
        ("got10k", "got10k"),
        ("pytracking", "nfs nfs-240 avist"),
    ],
)
def test_default_profiles_of_the_one_pass_data_sets(name, datasets):
    for dataset in datasets.split():
        assert choose_profile(None, dataset, "ope") is PROFILES.load(name).on(dataset)


def test_toolkits_own_rules_for_a_data_set_are_chosen():
    assert [metric.name for metric in choose_profile("got10k", "got10k", "ope").metrics] == [
        *("ao", "sr50", "sr75"),
    ]
    assert choose_profile("got10k", "otb2015", "ope") is GOT10K
    assert choose_profile("pytracking", "uav123", "ope") is not PYTRACKING
    assert choose_profile("pytracking", "uav123", "ope").name == "pytracking"


def test_profiles_of_other_protocols_are_not_chosen():
    assert choose_profiles("all", "otb2015", "tre") == [OTB]
    with pytest.raises(UserError, match=r"protocol 'nope' on otb2015; see .* and name another --protocol$"):
        choose_profiles(None, "otb2015", "nope")
    with pytest.raises(UserError, match=r"^only `score` takes --profile all; name one profile$"):
        choose_profile("all", "otb2015", "ope")
