"""Colors of trackers: distinct, and the same whatever else is shown."""

from __future__ import annotations

import itertools

from reports.style import COLORS, LINE_STYLES, assign_styles
from trackers.catalog import TRACKERS

PEERS = ("SiamFC", "SiamRPN++", "ATOM", "DiMP", "Ocean", "TransT", "OSTrack", "KCF", "ECO", "mine")


def colors(names):
    return {name: style.color for name, style in assign_styles(names).items()}


def test_order_of_names_does_not_matter():
    assert assign_styles(PEERS) == assign_styles(reversed(PEERS))


def test_sixty_trackers_have_different_colors():
    styles = assign_styles(f"tracker {number}" for number in range(60))
    assert len({style.color for style in styles.values()}) == 60
    assert len({(style.color, style.dashes) for style in assign_styles(map(str, range(200))).values()}) >= 60


def test_twenty_trackers_differ_in_dashes_and_markers_too():
    styles = assign_styles(f"tracker {number}" for number in range(20)).values()
    assert {style.color for style in styles} == set(COLORS)
    assert {style.dashes for style in styles} == set(LINE_STYLES)
    assert len({(style.dashes, style.marker) for style in styles}) == 20


def test_added_tracker_changes_no_other_color_unless_they_collide():
    changed = []
    for added in PEERS:
        before = colors(name for name in PEERS if name != added)
        after = colors(PEERS)
        changed += [name for name, color in before.items() if after[name] != color]
    assert len(changed) <= 3  # of 90: only those whose first choice the added one takes before them
    # A name after all others never changes them.
    assert colors((*PEERS, "zzz")).items() >= colors(PEERS).items()


def test_removed_color_is_taken_by_nobody():
    taken = set(COLORS[:15])
    assert not taken & {style.color for style in assign_styles(PEERS[:5], taken).values()}


def test_built_in_trackers_have_their_own_colors():
    built_in = list(TRACKERS)
    assert len(set(colors(built_in).values())) == len(built_in)
    # They have them whoever else is there.
    for one, other in itertools.permutations(("siamfc", "gradnet", "ncc", "still"), 2):
        assert colors([one, other, *PEERS])[one] == colors([one])[one]
