"""The fuzz targets by name."""

from __future__ import annotations

from collections.abc import Sequence

from tests.fuzz.target import Target
from trackers.registry import Entry, Registry

_MODULES = {
    "boxes": {
        "rows": "boxes as text, one per line",
        "regions": "ground truth of boxes or polygons",
        "flags": "a 0 or 1 per frame",
        "settings": "sotbench.toml of a folder of videos",
        "properties": "VOT's file `sequence`",
    },
    "annotations": {
        "tracks": "tables of boxes with frame numbers, and MOT's",
        "coco": "COCO's files of videos",
        "cvat": "CVAT's files of videos",
        "labelme": "LabelMe's files of images",
    },
    "stored": {
        "trajectory": "regions and times of a run of ours",
        "manifest": "run.json",
        "speed-record": "records of speed",
        "published": "published.csv",
        "shown-trackers": "[trackers] of sotbench.toml",
    },
    "results": {
        "boxes-text": "boxes in other tools' text files",
        "times": "times in other tools' text files",
        "vot-text": "VOT's regions as text",
        "vot-binary": "VOT's regions as .bin",
        "otb-json": "results of OTB's Python toolkit",
        "otb-mat": "results of OTB's MATLAB toolkit",
    },
    "imports": {"import": "whole folders of results, in every format, written again and read again"},
    "archives": {
        "vot-listing": "the listing of VOT's downloads",
        "zip-results": "zip files of results",
        "tar-results": "tar files of results",
        "zip-dataset": "zip files of data sets, unpacked",
    },
    "messages": {
        "trax-line": "lines of TraX",
        "trax-client": "a TraX tracker's answers",
        "trax-server": "a TraX client's requests",
        "json-client": "a JSON-lines tracker's answers",
    },
    "checkpoints": {
        "pth": "PyTorch checkpoints",
        "safetensors": "our files of weights",
    },
    "words": {
        "setting": "values of --set",
        "tracker": "values of --tracker",
        "trackers-ini": "vot-toolkit's trackers.ini",
    },
}

TARGETS = Registry(
    "fuzz target",
    {
        name: Entry(f"tests.fuzz.targets.{module}:{name.replace('-', '_').upper()}", summary)
        for module, targets in _MODULES.items()
        for name, summary in targets.items()
    },
    hint="see `python -m tests.fuzz --list`",
)


def load_targets(names: Sequence[str] | None) -> list[Target]:
    """Returns the targets with these names, or all.

    Raises:
        UserError: a name is unknown.
    """
    return [TARGETS.load(name) for name in names or TARGETS]
