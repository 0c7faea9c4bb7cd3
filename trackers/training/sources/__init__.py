"""Sources of training images: one reader per module, chosen by name."""

from trackers.registry import Entry, Registry
from trackers.training.sources.clip import Clip

SOURCES = Registry(
    "source of training data",
    {
        "folder": Entry("trackers.training.sources.folder:read", "videos and images in a folder"),
        "ilsvrc-vid": Entry("trackers.training.sources.ilsvrc_vid:read", "ILSVRC2015-VID"),
        "got10k": Entry("trackers.training.sources.got10k:read", "GOT-10k"),
        "coco": Entry("trackers.training.sources.coco:read", "COCO 2017"),
    },
    hint="see `sotbench train --help`",
)

__all__ = ["SOURCES", "Clip"]
