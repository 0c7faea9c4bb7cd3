import pytest

from trackers.training.sources import SOURCES


@pytest.mark.parametrize("name", ["folder", "ilsvrc-vid", "got10k", "coco"])
def test_every_source_has_a_reader(name: str) -> None:
    assert callable(SOURCES.load(name))
