from pathlib import Path

import numpy as np
import pytest
from training_images import write_images

from trackers.errors import UserError
from trackers.ncc import NCC
from trackers.still import Still
from trackers.training.sources.folder import read
from trackers.training.sources.reading import hold_back, read_sources
from trackers.training.validation import average_overlap


def test_videos_are_held_back_by_name(tmp_path: Path) -> None:
    clips = read(write_images(tmp_path), print)
    kept, held = hold_back(clips, 0.5)
    assert len(held) == 1
    assert len(held[0].files) > 1
    assert len(kept) == len(clips) - 1
    assert [c.name for c in hold_back(clips[::-1], 0.5)[1]] == [held[0].name]
    assert hold_back(clips, 0.0) == (clips, [])


def test_overlap_of_good_and_bad_trackers(tmp_path: Path) -> None:
    videos = [clip for clip in read(write_images(tmp_path), print) if len(clip.files) > 1]
    # A still box against targets that move a pixel per frame, along sides of 16 and 14.
    still = np.mean([[(s - i) / (s + i) if i < s else 0 for i in range(1, 14)] for s in (16, 14)])
    assert average_overlap(Still(), videos, print) == pytest.approx(still)
    assert average_overlap(NCC(), videos, print) < 1


def test_damaged_clip_is_skipped(tmp_path: Path) -> None:
    videos = [clip for clip in read(write_images(tmp_path), print) if len(clip.files) > 1]
    videos[0].files[3].write_bytes(b"")
    said: list[str] = []
    assert np.isfinite(average_overlap(Still(), videos, said.append))
    assert len(said) == 1
    videos[1].files[3].write_bytes(b"")
    assert np.isnan(average_overlap(Still(), videos, said.append))


def test_holding_back_everything_is_refused(tmp_path: Path) -> None:
    write_images(tmp_path / "all")
    source = f"folder:{tmp_path / 'all' / 'text'}"
    clips, weights, held = read_sources([f"{source}=2"], 0.0, print)
    assert (len(clips), weights, held) == (1, [2.0], [])
    with pytest.raises(UserError, match=r"--hold-back 0\.9 leaves nothing of folder:.* to train on"):
        read_sources([source], 0.9, print)
